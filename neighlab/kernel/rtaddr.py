"""An IPv6 address is announced when duplicate address detection begins with it and when it ends, either way."""

from __future__ import annotations

import socket
import struct
from typing import Final

from neighlab.kernel import nlattr
from neighlab.kernel.links import RTM_DELADDR, RTM_NEWADDR
from neighlab.model.ifaddr import IFA, IfAddr
from neighlab.model.reception.situation import OwnAddr

__all__ = ["RTM_DELADDR", "RTM_GETADDR", "RTM_NEWADDR", "decode_addr", "decode_own", "encode_dump", "encode_get"]

RTM_GETADDR: Final = 22
_IFA_ADDRESS, _IFA_LOCAL, _IFA_FLAGS = 1, 2, 8
_ifaddr = struct.Struct("=BBBBI")
_FLAGS: Final = 0xFF


def encode_get(ifindex: int, addr: str) -> bytes:
    """Encode the body of an RTM_GETADDR for one IPv6 address of one interface; IPv4 has only dumps."""
    return _ifaddr.pack(socket.AF_INET6, 128, 0, 0, ifindex) + nlattr.attr(
        _IFA_ADDRESS, socket.inet_pton(socket.AF_INET6, addr)
    )


def encode_dump() -> bytes:
    """Encode the body of an RTM_GETADDR for all addresses of both families."""
    return _ifaddr.pack(0, 0, 0, 0, 0)


def decode_own(buffer: bytes, names: dict[int, str], out: list[OwnAddr]) -> None:
    """Append the addresses of a buffer, with their scope; `names` tells interfaces by their index."""
    for kind, _flags, _seq, _pid, start, end in nlattr.iter_messages(buffer):
        if kind == RTM_NEWADDR:
            found = decode_addr(buffer, start, end)
            _family, _length, _bits, scope, _ifindex = _ifaddr.unpack_from(buffer, start)
            out.append(OwnAddr(found.addr, found.prefixlen, names.get(found.ifindex, ""), scope, found.flags))


def decode_addr(buffer: bytes, start: int, end: int) -> IfAddr:
    """Read the body of an RTM_NEWADDR or RTM_DELADDR that lies between two offsets.

    The header's flags have eight bits; where there is IFA_FLAGS it has them all. The address is IFA_LOCAL where there
    is one: IFA_ADDRESS is then the peer's. Raises ValueError for a body that is cut off.
    """
    if end - start < _ifaddr.size:
        raise ValueError(f"address message cut off at offset {start}")
    family, prefixlen, flags, _scope, ifindex = _ifaddr.unpack_from(buffer, start)
    attrs = nlattr.parse_attrs(buffer, start + _ifaddr.size, end)
    packed = attrs.get(_IFA_LOCAL) or attrs.get(_IFA_ADDRESS)
    if packed is None:
        raise ValueError(f"address message at offset {start} names no address")
    if _IFA_FLAGS in attrs:
        (flags,) = struct.unpack("=I", attrs[_IFA_FLAGS])
    return IfAddr(socket.inet_ntop(family, packed), prefixlen, ifindex, IFA(flags & _FLAGS))

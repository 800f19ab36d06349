"""The routes of a namespace, of all its tables, are read in one dump: they say where the kernel sends an address."""

from __future__ import annotations

import socket
import struct
from typing import Final

from neighlab.kernel import nlattr
from neighlab.model.reception.situation import Route

RTM_GETROUTE: Final = 26
_RTA_DST, _RTA_OIF, _RTA_PRIORITY, _RTA_MULTIPATH, _RTA_TABLE = 1, 4, 6, 9, 15
_rtmsg = struct.Struct("=BBBBBBBBI")
_rtnexthop = struct.Struct("=HBBi")
_KINDS: Final = {
    1: "unicast", 2: "local", 3: "broadcast", 4: "anycast", 5: "multicast", 6: "blackhole", 7: "unreachable",
    8: "prohibit", 9: "throw",
}  # fmt: skip
_UNUSABLE: Final = 0x01 | 0x10
"""RTNH_F_DEAD and RTNH_F_LINKDOWN."""
_CACHED: Final = 0x200
"""RTM_F_CLONED."""


def encode_dump(family: int) -> bytes:
    """The body of an RTM_GETROUTE for all routes of a family."""
    return _rtmsg.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)


def decode_routes(buffer: bytes, names: dict[int, str], out: list[Route]) -> None:
    """Append the usable routes of a buffer; `names` tells interfaces by their index. Of several next hops the first
    counts.
    """
    for kind, _flags, _seq, _pid, start, end in nlattr.iter_messages(buffer):
        if kind != RTM_GETROUTE - 2:
            continue
        family, length, _src, _tos, table, _proto, scope, rtype, flags = _rtmsg.unpack_from(buffer, start)
        attrs = nlattr.parse_attrs(buffer, start + _rtmsg.size, end)
        if flags & (_UNUSABLE | _CACHED):
            continue
        packed = attrs.get(_RTA_DST) or bytes(16 if family == socket.AF_INET6 else 4)
        out.append(
            Route(
                f"{socket.inet_ntop(family, packed)}/{length}", _KINDS.get(rtype, str(rtype)),
                _number(attrs.get(_RTA_TABLE)) or table, names.get(_device(attrs), ""),
                _number(attrs.get(_RTA_PRIORITY)), scope,
            )
        )  # fmt: skip


def _device(attrs: dict[int, bytes]) -> int:
    if (hops := attrs.get(_RTA_MULTIPATH)) is not None:
        return int(_rtnexthop.unpack_from(hops)[3])
    return _number(attrs.get(_RTA_OIF))


def _number(payload: bytes | None) -> int:
    return int(struct.unpack("=I", payload)[0]) if payload else 0

"""The routes of a namespace, of all its tables, are read in one dump: they say where the kernel sends an address."""

from __future__ import annotations

import socket
import struct
from typing import Final, NamedTuple

from neighlab.kernel import nlattr
from neighlab.model.reception.situation import Route

RTM_GETROUTE: Final = 26
_RTA_DST, _RTA_OIF, _RTA_GATEWAY, _RTA_PRIORITY, _RTA_MULTIPATH, _RTA_TABLE = 1, 4, 5, 6, 9, 15
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
    counts. What redirects have made of IPv6 routes is there, too.
    """
    for kind, _flags, _seq, _pid, start, end in nlattr.iter_messages(buffer):
        if kind != RTM_GETROUTE - 2:
            continue
        family, length, _src, _tos, table, _proto, scope, rtype, flags = _rtmsg.unpack_from(buffer, start)
        attrs = nlattr.parse_attrs(buffer, start + _rtmsg.size, end)
        if flags & _UNUSABLE or (flags & _CACHED and family != socket.AF_INET6):
            continue
        hop = _first_hop(attrs)
        packed = attrs.get(_RTA_DST) or bytes(16 if family == socket.AF_INET6 else 4)
        out.append(
            Route(
                f"{socket.inet_ntop(family, packed)}/{length}", _KINDS.get(rtype, str(rtype)),
                _number(attrs.get(_RTA_TABLE)) or table, names.get(hop.ifindex, ""),
                _number(attrs.get(_RTA_PRIORITY)), scope, hop.gateway,
            )
        )  # fmt: skip


class _Hop(NamedTuple):
    """Where a route leads: `gateway` is "" on the link."""

    ifindex: int
    gateway: str


def _first_hop(attrs: dict[int, bytes]) -> _Hop:
    ifindex = _number(attrs.get(_RTA_OIF))
    if (hops := attrs.get(_RTA_MULTIPATH)) is not None:
        length, _flags, _weight, ifindex = _rtnexthop.unpack_from(hops)
        attrs = nlattr.parse_attrs(hops, _rtnexthop.size, length)
    gateway = attrs.get(_RTA_GATEWAY)
    if gateway is None:
        return _Hop(ifindex, "")
    return _Hop(ifindex, socket.inet_ntop(socket.AF_INET6 if len(gateway) == 16 else socket.AF_INET, gateway))


def _number(payload: bytes | None) -> int:
    return int(struct.unpack("=I", payload)[0]) if payload else 0

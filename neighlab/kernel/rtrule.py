"""Which routing table is asked is said by rules, and a namespace's rules are read in one dump."""

from __future__ import annotations

import socket
import struct
from typing import Final

from neighlab.kernel import nlattr
from neighlab.model.reception.situation import Rule

RTM_GETRULE: Final = 34
_FRA_DST, _FRA_SRC, _FRA_IIFNAME, _FRA_PRIORITY, _FRA_FWMARK, _FRA_TABLE, _FRA_OIFNAME = 1, 2, 3, 6, 10, 15, 17
_FRA_L3MDEV, _FRA_IP_PROTO, _FRA_SPORT_RANGE, _FRA_DPORT_RANGE = 19, 22, 23, 24
_NEVER_ARPS: Final = (_FRA_FWMARK, _FRA_OIFNAME, _FRA_L3MDEV, _FRA_IP_PROTO, _FRA_SPORT_RANGE, _FRA_DPORT_RANGE)
"""A question has no mark, no protocol and no ports, and no VRF is modelled."""
_INVERT: Final = 0x02
_header = struct.Struct("=BBBBBBBBI")
_ACTIONS: Final = {1: "table", 3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}


def encode_dump(family: int) -> bytes:
    """The body of an RTM_GETRULE for all rules of a family."""
    return _header.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)


def decode_rules(buffer: bytes, out: list[Rule]) -> None:
    """Append the rules of a buffer that may fit the lookups which ARP makes."""
    for kind, _flags, _seq, _pid, start, end in nlattr.iter_messages(buffer):
        if kind != RTM_GETRULE - 2:
            continue
        family, dst_len, src_len, tos, table, _res1, _res2, action, flags = _header.unpack_from(buffer, start)
        attrs = nlattr.parse_attrs(buffer, start + _header.size, end)
        if tos or any(one in attrs for one in _NEVER_ARPS) or action not in _ACTIONS:
            continue
        out.append(
            Rule(
                _number(attrs.get(_FRA_PRIORITY)), _prefix(family, attrs.get(_FRA_SRC), src_len),
                _prefix(family, attrs.get(_FRA_DST), dst_len),
                (attrs.get(_FRA_IIFNAME) or b"").rstrip(b"\0").decode(),
                _number(attrs.get(_FRA_TABLE)) or table, _ACTIONS[action], bool(flags & _INVERT),
            )
        )  # fmt: skip


def _prefix(family: int, packed: bytes | None, length: int) -> str:
    return f"{socket.inet_ntop(family, packed)}/{length}" if packed else ""


def _number(payload: bytes | None) -> int:
    return int(struct.unpack("=I", payload)[0]) if payload else 0

"""A record is what a program wrote at one tracepoint: fixed fields, then the return addresses of the kernel's stack."""

from __future__ import annotations

import functools
import struct
from collections.abc import Sequence
from enum import IntEnum
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final, NamedTuple, TypeAlias

from neighlab.model.nud import NTF, NUD, VALID


class Kind(IntEnum):
    """At which tracepoint a record was written; also which program's scratch room is used."""

    CREATED = 0
    UPDATE = 1
    UPDATED = 2
    TIMER = 3
    SENT = 4
    CLEANED = 5
    DROPPED = 6


class Field(NamedTuple):
    """Where a record has something, and in how many bytes."""

    at: int
    size: int


AT_NS, KIND, INUM = Field(0, 8), Field(8, 4), Field(12, 4)
IFINDEX, TID, PID, STACK_BYTES = Field(16, 4), Field(20, 4), Field(24, 4), Field(28, 4)
COMM, IFNAME = Field(32, 16), Field(48, 16)
_COMMON: Final = struct.Struct("=QIIIIII16s16s")

STATE, WANTED, LLADDR_BYTES, GIVEN = Field(64, 1), Field(65, 1), Field(66, 1), Field(67, 1)
FLAGS, FAMILY, UPDATE_FLAGS, ERROR = Field(68, 4), Field(72, 4), Field(76, 4), Field(80, 4)
ADDR, LLADDR, NEW_LLADDR = Field(84, 16), Field(100, 16), Field(116, 16)
NEIGH_HEAD: Final = 136
_NEIGH: Final = struct.Struct("=BBBBIIIi16s16s16s")

REASON, LENGTH, LOCATION = Field(64, 4), Field(68, 4), Field(72, 8)
PROTOCOL, NETWORK_AT, LINK_AT, TAIL_AT = Field(80, 2), Field(82, 2), Field(84, 2), Field(88, 4)
LINK_HEADER, PACKET = Field(96, 16), Field(112, 96)
DROP_HEAD: Final = 208
_DROP: Final = struct.Struct("=IIQ2sHHxxIxxxx16s96s")

DEPTH: Final = 40
"""How many functions of the kernel's stack are kept: enough to reach from a driver's depths to the system call."""
RECORD_BYTES: Final = DROP_HEAD + 8 * DEPTH
_ETHERNET_BYTES: Final = 14

# enumerations cost more than everything else that is done to a record: their members are looked up, not made
_KINDS: Final = tuple(Kind)
_DROPPED: Final = int(Kind.DROPPED)
_STATES: Final = tuple(NUD(number) for number in range(256))
_VALID: Final = int(VALID)
_flags: Final = functools.cache(NTF)


class Origin(NamedTuple):
    """Where a record comes from: when (monotonic clock, seconds), in which namespace, on which device, and in whose
    time (a softirq runs on anybody's).
    """

    at: float
    inum: int
    ifindex: int
    ifname: str
    tid: int
    pid: int
    comm: str
    stack: bytes
    """Return addresses as they are in memory, innermost first."""


class NeighRecord(NamedTuple):
    """An entry at one moment. `wanted`, `given` and `update_flags` are what an UPDATE asks for, and `error` how one
    that is done (UPDATED) ended, or why none was CREATED.
    """

    kind: Kind
    origin: Origin
    addr: str
    family: int
    state: NUD
    lladdr: str | None
    flags: NTF
    wanted: NUD
    given: str | None
    update_flags: int
    error: int


class DropRecord(NamedTuple):
    """A packet's end: `reason` is the kernel's number, `location` the address of the code that gave it up.

    `packet` is its beginning, from the network header on, `link_header` what is before that if it is known.
    """

    origin: Origin
    reason: int
    location: int
    ethertype: int
    length: int
    link_header: bytes
    packet: bytes


Record: TypeAlias = NeighRecord | DropRecord


def decode(data: bytes) -> Record:
    """Read what a program wrote."""
    at_ns, kind, inum, ifindex, tid, pid, stack_bytes, comm, ifname = _COMMON.unpack_from(data)
    head = DROP_HEAD if kind == _DROPPED else NEIGH_HEAD
    stack = data[head : head + stack_bytes]
    origin = Origin(at_ns / 1e9, inum, ifindex, _text(ifname), tid, pid, _text(comm), stack)
    return _decode_drop(data, origin) if kind == _DROPPED else _decode_neigh(data, _KINDS[kind], origin)


def addresses(stack: bytes) -> Sequence[int]:
    """The return addresses of a record's stack."""
    return struct.unpack(f"={len(stack) // 8}Q", stack)


def _decode_neigh(data: bytes, kind: Kind, origin: Origin) -> NeighRecord:
    (
        state, wanted, lladdr_bytes, given, flags, family, update_flags, error, addr, lladdr, new_lladdr,
    ) = _NEIGH.unpack_from(data, _COMMON.size)  # fmt: skip
    return NeighRecord(
        kind, origin,
        inet_ntop(AF_INET6, addr) if family == AF_INET6 else inet_ntop(AF_INET, addr[:4]),
        family, _STATES[state], _lladdr(lladdr, lladdr_bytes) if state & _VALID else None, _flags(flags),
        _STATES[wanted], _lladdr(new_lladdr, lladdr_bytes) if given else None, update_flags, error,
    )  # fmt: skip


def _decode_drop(data: bytes, origin: Origin) -> DropRecord:
    reason, length, location, protocol, network_at, link_at, tail_at, link, packet = _DROP.unpack_from(
        data, _COMMON.size
    )
    header = link[:_ETHERNET_BYTES] if link_at + _ETHERNET_BYTES == network_at else b""
    kept = packet[: max(0, min(len(packet), tail_at - network_at))]
    return DropRecord(origin, reason, location, int.from_bytes(protocol), length, header, kept)


def _lladdr(data: bytes, count: int) -> str | None:
    return data[:count].hex(":") or None


def _text(data: bytes) -> str:
    return data.partition(b"\0")[0].decode(errors="replace")

"""Every namespace sees the limits and counters of the kernel's neighbour tables, but only the initial one may set them.

A table (arp_cache, ndisc_cache) comes as one RTM_NEWNEIGHTBL with the table's own values and the default parameters,
followed by one per interface of the asking namespace, which has a name and parameters only (neightbl_dump_info).
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

from neighlab.kernel import nlattr
from neighlab.kernel.nlattr import RTM_NEWNEIGHTBL

ARP_CACHE: Final = "arp_cache"
NDISC_CACHE: Final = "ndisc_cache"

_NDTA_NAME, _NDTA_THRESH1, _NDTA_THRESH2, _NDTA_THRESH3 = 1, 2, 3, 4
_NDTA_CONFIG, _NDTA_PARMS, _NDTA_STATS, _NDTA_GC_INTERVAL = 5, 6, 7, 8

_ndtmsg = struct.Struct("=Bxxx")
_ndt_config = struct.Struct("=HH7I")


class NDTPA(IntEnum):
    """Parameters of an interface, or the default ones of a table, with the kernel's numbers (linux/neighbour.h)."""

    IFINDEX = 1
    REFCNT = 2
    REACHABLE_TIME = 3
    BASE_REACHABLE_TIME = 4
    RETRANS_TIME = 5
    GC_STALETIME = 6
    DELAY_PROBE_TIME = 7
    QUEUE_LEN = 8
    APP_PROBES = 9
    UCAST_PROBES = 10
    MCAST_PROBES = 11
    ANYCAST_DELAY = 12
    PROXY_DELAY = 13
    PROXY_QLEN = 14
    LOCKTIME = 15
    QUEUE_LENBYTES = 16
    MCAST_REPROBES = 17
    INTERVAL_PROBE_TIME_MS = 19


_TIMES: Final = frozenset(
    {
        NDTPA.BASE_REACHABLE_TIME, NDTPA.RETRANS_TIME, NDTPA.GC_STALETIME, NDTPA.DELAY_PROBE_TIME, NDTPA.ANYCAST_DELAY,
        NDTPA.PROXY_DELAY, NDTPA.LOCKTIME, NDTPA.INTERVAL_PROBE_TIME_MS,
    }
)  # fmt: skip
_READ_ONLY: Final = frozenset({NDTPA.IFINDEX, NDTPA.REFCNT, NDTPA.REACHABLE_TIME})


class NeighStats(NamedTuple):
    """A table's counters since boot, of the whole kernel; `after - before` is what happened in between.

    `entries` is not a counter but how many there are. `unresolved_discards` is None where it comes from netlink, which
    does not carry it.
    """

    entries: int = 0
    allocs: int = 0
    destroys: int = 0
    hash_grows: int = 0
    res_failed: int = 0
    lookups: int = 0
    hits: int = 0
    rcv_probes_mcast: int = 0
    rcv_probes_ucast: int = 0
    periodic_gc_runs: int = 0
    forced_gc_runs: int = 0
    table_fulls: int = 0
    unresolved_discards: int | None = None

    def __sub__(self, before: NeighStats) -> NeighStats:
        discards = None
        if self.unresolved_discards is not None and before.unresolved_discards is not None:
            discards = self.unresolved_discards - before.unresolved_discards
        counted = [now - then for now, then in zip(self[:-1], before[:-1], strict=True)]
        return NeighStats._make([*counted, discards])


_COUNTERS: Final = NeighStats._fields[1:-1]
"""In the order of the kernel's struct ndt_stats."""


class TableConfig(NamedTuple):
    """What the kernel tells about the hash table of a neighbour table (struct ndt_config)."""

    key_len: int
    entry_size: int
    entries: int
    last_flush_ms: int
    last_rand_ms: int
    hash_rnd: int
    hash_mask: int
    hash_chain_gc: int
    proxy_qlen: int


@dataclass(frozen=True, slots=True)
class NeighTable:
    """One RTM_NEWNEIGHTBL; thresholds, gc_interval_ms, config and stats are None in those of a single interface.

    `parms` maps NDTPA numbers to milliseconds or counts, those that this file has no name for included.
    """

    name: str
    family: int
    parms: dict[int, int]
    thresh1: int | None = None
    thresh2: int | None = None
    thresh3: int | None = None
    gc_interval_ms: int | None = None
    config: TableConfig | None = None
    stats: NeighStats | None = None

    @property
    def ifindex(self) -> int:
        """The interface that the parameters belong to; 0 for the default ones, which new interfaces copy."""
        return self.parms.get(NDTPA.IFINDEX, 0)


def decode_tables(buffer: bytes, out: list[NeighTable]) -> None:
    """Append the table of every RTM_NEWNEIGHTBL of a buffer to `out`; messages of other types are passed over.

    Raises ValueError where the buffer is cut off or malformed; the tables before that place have been appended.
    """
    for kind, _flags, _seq, _pid, start, end in nlattr.iter_messages(buffer):
        if kind == RTM_NEWNEIGHTBL:
            out.append(_decode(buffer, start, end))


def encode_dump(family: int = 0) -> bytes:
    """Encode the body of an RTM_GETNEIGHTBL dump request; family 0 stands for both tables."""
    return _ndtmsg.pack(family)


def encode_set_parms(table: str, ifindex: int, parms: Mapping[int, int]) -> bytes:
    """Encode the body of an RTM_SETNEIGHTBL that sets parameters of an interface, or with 0 the default ones.

    `parms` maps NDTPA numbers to milliseconds or counts. Raises ValueError for one that the kernel would silently leave
    as it is (neightbl_set).
    """
    encoded = [nlattr.u32(NDTPA.IFINDEX, ifindex)] if ifindex else []
    for number, value in parms.items():
        if number in _READ_ONLY:
            raise ValueError(f"the kernel ignores a new value for NDTPA_{NDTPA(number).name}")
        encoded.append(nlattr.u64(number, value) if number in _TIMES else nlattr.u32(number, value))
    return _ndtmsg.pack(0) + nlattr.string(_NDTA_NAME, table) + nlattr.nested(_NDTA_PARMS, *encoded)


def encode_set_thresholds(
    table: str,
    *,
    thresh1: int | None = None,
    thresh2: int | None = None,
    thresh3: int | None = None,
    gc_interval_ms: int | None = None,
) -> bytes:
    """Encode the body of an RTM_SETNEIGHTBL that sets a table's limits: ENOENT outside the initial namespace."""
    body = _ndtmsg.pack(0) + nlattr.string(_NDTA_NAME, table)
    for number, limit in ((_NDTA_THRESH1, thresh1), (_NDTA_THRESH2, thresh2), (_NDTA_THRESH3, thresh3)):
        if limit is not None:
            body += nlattr.u32(number, limit)
    if gc_interval_ms is not None:
        body += nlattr.u64(_NDTA_GC_INTERVAL, gc_interval_ms)
    return body


def _decode(buffer: bytes, start: int, end: int) -> NeighTable:
    if end - start < _ndtmsg.size:
        raise ValueError(f"neighbour table message cut off at offset {start}")
    (family,) = _ndtmsg.unpack_from(buffer, start)
    attrs = nlattr.parse_attrs(buffer, start + _ndtmsg.size, end)
    numbers = {number: int.from_bytes(attrs[number], sys.byteorder) for number in attrs}
    parms = attrs.get(_NDTA_PARMS, b"")
    config = _config(attrs[_NDTA_CONFIG]) if _NDTA_CONFIG in attrs else None
    return NeighTable(
        name=attrs.get(_NDTA_NAME, b"").rstrip(b"\0").decode(),
        family=family,
        parms={
            number: int.from_bytes(payload, sys.byteorder)
            for number, payload in nlattr.parse_attrs(parms, 0, len(parms)).items()
            if payload  # NDTPA_PAD, which aligns the u64 behind it, has none
        },
        thresh1=numbers.get(_NDTA_THRESH1),
        thresh2=numbers.get(_NDTA_THRESH2),
        thresh3=numbers.get(_NDTA_THRESH3),
        gc_interval_ms=numbers.get(_NDTA_GC_INTERVAL),
        config=config,
        stats=_stats(attrs[_NDTA_STATS], config.entries if config else 0) if _NDTA_STATS in attrs else None,
    )


def _config(payload: bytes) -> TableConfig:
    if len(payload) < _ndt_config.size:
        raise ValueError(f"NDTA_CONFIG of {len(payload)} bytes")
    return TableConfig._make(_ndt_config.unpack_from(payload))


def _stats(payload: bytes, entries: int) -> NeighStats:
    # A kernel may append counters, and has done so: take those that both sides know.
    counters = struct.unpack_from(f"={min(len(payload) // 8, len(_COUNTERS))}Q", payload)
    return NeighStats(entries, *counters)

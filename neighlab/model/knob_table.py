"""A neighbour parameter has one number on netlink, however many sysctl files show it in however many units."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, NamedTuple, TypeAlias

Combine: TypeAlias = Literal["max", "or", "and", "device", "all-only"]
Unit: TypeAlias = Literal["bool", "count", "packets", "bytes", "ms", "s", "ticks", "jiffies", "entries", "enum"]

INT_MAX: Final = 2**31 - 1
_MS: Final = {"ms": 1, "s": 1000, "ticks": 10}


class Scope(Enum):
    """Where a knob lives: conf/DEV, neigh/DEV, or once per kernel in the initial namespace's neigh/default."""

    CONF = "conf"
    NEIGH = "neigh"
    HOST = "host"


class Ndtpa(NamedTuple):
    """How a neighbour parameter travels in RTM_SETNEIGHTBL: its NDTPA_* number and the width of the integer.

    64-bit parameters are times in milliseconds, 32-bit ones are counts and bytes (neightbl_set, nl_ntbl_parm_policy).
    """

    number: int
    bits: Literal[32, 64]


@dataclass(frozen=True, slots=True)
class Knob:
    """One setting; all values, the range and the default included, are in `unit`.

    `combine` tells how conf/all and conf/DEV make one value. `since` is the first kernel that has the knob, None for
    5.10 and older; `until` is the first that has it no longer. `baseline` is what a lab writes before its story begins.
    The file `sysctl` counts in units `factor` times as big as this knob's. `same_as` names the preferred knob for the
    same parameter.
    """

    name: str
    families: tuple[int, ...]
    scope: Scope
    unit: Unit
    minimum: int
    maximum: int
    default: int
    baseline: int
    doc: str
    sysctl: str
    combine: Combine = "device"
    factor: int = 1
    since: str | None = None
    until: str | None = None
    ndta: Ndtpa | None = None
    same_as: str | None = None

    def wire(self, value: int) -> int:
        """Convert a value to what RTM_SETNEIGHTBL carries: milliseconds for times, the number itself for the rest."""
        return value * _MS.get(self.unit, 1)

    def from_sysctl(self, raw: int) -> int:
        """Convert what the file `sysctl` shows to this knob's unit; the kernel may have rounded it down before."""
        return raw * self.factor


def _time(
    name: str, number: int, default_ms: int, file_unit: Unit, doc: str, families: tuple[int, ...] = (4, 6)
) -> tuple[Knob, Knob]:
    """Two rows for one time: in milliseconds as `NAME_ms`, and in the file's unit under the file's own name."""
    scale, ms = _MS[file_unit], f"{name}_ms"
    said = "whole seconds" if file_unit == "s" else "hundredths of a second (USER_HZ)"
    # These two have a file in milliseconds as well; the others show their time only in the coarse unit.
    fine = name in ("base_reachable_time", "retrans_time")
    wire = Ndtpa(number, 64)
    return (
        Knob(
            ms, families, Scope.NEIGH, "ms", 0, INT_MAX, default_ms, default_ms, doc,
            sysctl=ms if fine else name, factor=1 if fine else scale, ndta=wire,
        ),
        Knob(
            name, families, Scope.NEIGH, file_unit, 0, INT_MAX // scale, default_ms // scale, default_ms // scale,
            f"The sysctl spelling of {ms}, in {said}: the same parameter of the kernel, only shown in a coarser unit.",
            sysctl=name, ndta=wire, same_as=ms,
        ),
    )  # fmt: skip


def _count(name: str, number: int, default: int, unit: Unit, doc: str) -> Knob:
    wire = Ndtpa(number, 32)
    return Knob(name, (4, 6), Scope.NEIGH, unit, 0, INT_MAX, default, default, doc, sysctl=name, ndta=wire)


_RETRANS: Final = (
    "The pause between two solicitations in INCOMPLETE and PROBE (neigh_timer_handler) and between the solicitations "
    "of DAD (addrconf_dad_work); less than 10 ms acts as 10 ms."
)
_LOCKTIME: Final = (
    "How long after an update ARP may not change the lladdr again; gratuitous ARP and requests for an own address "
    "ignore it (arp_process)."
)

NEIGH: Final = (
    *_time(
        "base_reachable_time", 4, 30000, "s",
        "An entry stays REACHABLE for a random 0.5 to 1.5 times this after a confirmation; the factor is drawn per "
        "device, not per entry (neigh_rand_reach_time), and running timers keep the old one.",
    ),
    *_time("retrans_time", 5, 1000, "ticks", _RETRANS, families=(4,)),
    _time("retrans_time", 5, 1000, "ticks", _RETRANS, families=(6,))[0],
    Knob(
        "retrans_time", (6,), Scope.NEIGH, "jiffies", 0, INT_MAX, 250, 250,
        "The deprecated sysctl spelling of retrans_time_ms: raw jiffies in IPv6 (ndisc_ifinfo_sysctl_change), so that "
        "the default of one second reads as CONFIG_HZ; netlink has no such unit, it is written through sysctl only.",
        sysctl="retrans_time", same_as="retrans_time_ms",
    ),
    *_time(
        "gc_stale_time", 6, 60000, "s",
        "How long an entry must be unused before the periodic collection may remove it (neigh_periodic_work); "
        "it makes no entry STALE and re-resolves nothing.",
    ),
    *_time(
        "delay_first_probe_time", 7, 5000, "s",
        "How long an entry stays in DELAY after the first use of a STALE one, before the first unicast probe "
        "(__neigh_event_send, neigh_timer_handler).",
    ),
    Knob(
        "unres_qlen", (4, 6), Scope.NEIGH, "packets", 0, 1027504, 101, 101,
        "A view of unres_qlen_bytes in packets of SKB_TRUESIZE(1514) bytes, 2090 on x86-64 (proc_unres_qlen): "
        "small packets are cheaper, so more of them fit.",
        sysctl="unres_qlen", ndta=Ndtpa(8, 32), same_as="unres_qlen_bytes",
    ),
    _count(
        "app_solicit", 9, 0, "count",
        "How many solicitations go to a user space daemon as RTM_GETNEIGH messages, after the unicast and before the "
        "multicast ones (neigh_app_ns).",
    ),
    _count(
        "ucast_solicit", 10, 3, "count",
        "How many unicast probes an entry in PROBE sends to its old lladdr (arp_solicit, ndisc_solicit).",
    ),
    _count(
        "mcast_solicit", 11, 3, "count",
        "How many broadcast or multicast solicitations an INCOMPLETE entry sends before it fails (neigh_max_probes); "
        "0, with app_solicit 0, fails at once and sends nothing.",
    ),
    *_time(
        "anycast_delay", 12, 1000, "ticks",
        "Nothing reads it: the answer for an anycast address is delayed by proxy_delay (ndisc_recv_ns).",
    ),
    *_time(
        "proxy_delay", 13, 800, "ticks",
        "A proxy's answer to a broadcast or multicast solicitation waits a random time below this; 0 answers at once "
        "(arp_process, ndisc_recv_ns, pneigh_enqueue).",
    ),
    _count(
        "proxy_qlen", 14, 64, "packets",
        "How many solicitations may wait for proxy_delay; those beyond are dropped (pneigh_enqueue). "
        "Counted per device, on 5.10 for the whole table.",
    ),
    *_time("locktime", 15, 1000, "ticks", _LOCKTIME, families=(4,)),
    *_time("locktime", 15, 0, "ticks", "Nothing reads it in IPv6: only arp_process does.", families=(6,)),
    _count(
        "unres_qlen_bytes", 16, 212992, "bytes",
        "How much memory (skb->truesize) may wait for one unresolved neighbour; the oldest packets go first, and the "
        "newest is queued even at 0 (__neigh_event_send).",
    ),
    _count(
        "mcast_resolicit", 17, 0, "count",
        "How many broadcast or multicast solicitations follow the unicast and user space ones in PROBE before the "
        "entry fails (neigh_max_probes).",
    ),
    Knob(
        "interval_probe_time_ms", (4, 6), Scope.NEIGH, "ms", 1, INT_MAX, 5000, 5000,
        "How often the kernel refreshes entries with NTF_EXT_MANAGED (neigh_managed_work).",
        sysctl="interval_probe_time_ms", since="6.0", ndta=Ndtpa(19, 64),
    ),
)  # fmt: skip


def _host(name: str, unit: Unit, default: int, maximum: int, doc: str) -> Knob:
    return Knob(name, (4, 6), Scope.HOST, unit, 0, maximum, default, default, doc, combine="all-only", sysctl=name)


HOST: Final = (
    _host(
        "gc_thresh1", "entries", 128, INT_MAX,
        "With fewer entries than this, those of all namespaces and permanent ones included, the periodic collection "
        "removes nothing (neigh_periodic_work).",
    ),
    _host(
        "gc_thresh2", "entries", 512, INT_MAX,
        "From this many collectable entries on, creating one collects first if the last forced collection is more "
        "than 5 s ago (neigh_alloc, neigh_forced_gc).",
    ),
    _host(
        "gc_thresh3", "entries", 1024, INT_MAX,
        "From this many collectable entries on, every creation collects first, and fails if that freed nothing "
        "(neigh_alloc).",
    ),
    _host(
        "gc_interval", "s", 30, INT_MAX // 1000,
        "Nothing reads it: the periodic collection runs every half base_reachable_time of neigh/default "
        "(neigh_periodic_work).",
    ),
)  # fmt: skip

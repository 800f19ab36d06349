"""When a neighbour entry's next timer runs, and what it leads to, follows from its ages and the parameters in force.

What is computed here is what neigh_timer_handler and neigh_periodic_work will do if nobody uses, confirms or changes
the entry before.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from neighlab.model.neigh import Neigh
from neighlab.model.nud import ABSENT, NTF, NUD, State

_LEAST_MS: Final = 10
"""neigh_timer_handler waits a hundredth of a second at least."""
_TICK_MS: Final = 10
"""Ages come in hundredths of a second."""
_KEPT: Final = NTF.EXT_LEARNED | NTF.EXT_VALIDATED


class Timer(NamedTuple):
    """The next thing that time alone does to an entry.

    `leads_to` is the state behind it: the same one when it is only another probe (number `probe`) that is sent.
    It comes in `due_ms` at the earliest (0: it is due; ages have ticks of 10 ms and the kernel has its own, so it may
    be 20 ms less) and in `at_most_ms` at the latest, which is None where nothing says so.
    """

    leads_to: State
    due_ms: float
    at_most_ms: float | None
    probe: int = 0


def next_timer(neigh: Neigh, parms: Mapping[str, int], *, collected_every_ms: float | None = None) -> Timer | None:
    """The next timer of an entry; None where there is none.

    `parms` are the parameters of its interface by knob name, and `reachable_time_ms`, the one that the kernel has drawn
    (NDTPA_REACHABLE_TIME); without it only bounds are known. `collected_every_ms` is how often the garbage collector
    looks; None when it leaves the table alone, as it does below gc_thresh1.
    """
    match neigh.state:
        case NUD.REACHABLE:
            return _reachable(neigh, parms)
        case NUD.DELAY:
            delay = parms["delay_first_probe_time_ms"]
            due = max(0, delay - neigh.updated_ms)
            confirmed = neigh.confirmed_ms + due <= delay
            return Timer(NUD.REACHABLE if confirmed else NUD.PROBE, due, due + _late(delay))
        case NUD.PROBE:
            most = parms["ucast_solicit"] + parms["app_solicit"] + parms["mcast_resolicit"]
            return _probing(neigh, neigh.probes, most, parms)
        case NUD.INCOMPLETE:  # counts from ucast_solicit on (__neigh_event_send)
            sent = max(0, neigh.probes - parms["ucast_solicit"])
            return _probing(neigh, sent, parms["app_solicit"] + parms["mcast_solicit"], parms)
        case NUD.PERMANENT:
            return None
        case _:
            return _collected(neigh, parms, collected_every_ms)


def _reachable(neigh: Neigh, parms: Mapping[str, int]) -> Timer:
    base = parms["base_reachable_time_ms"]
    drawn = parms.get("reachable_time_ms")
    least, most = (base / 2, base * 1.5) if drawn is None else (drawn, drawn)
    due = max(0.0, least - neigh.confirmed_ms)
    in_use = neigh.used_ms + due <= parms["delay_first_probe_time_ms"]
    return Timer(NUD.DELAY if in_use else NUD.STALE, due, max(0.0, most - neigh.confirmed_ms) + _late(most))


def _probing(neigh: Neigh, sent: int, most: int, parms: Mapping[str, int]) -> Timer:
    """The first probe leaves when the state is entered, and the timer runs again after each."""
    pause = max(_LEAST_MS, parms["retrans_time_ms"])
    due = max(0, sent * pause - neigh.updated_ms)
    latest = due + max(1, sent) * _late(pause)  # each one starts when the one before has come
    if sent >= most:
        return Timer(NUD.FAILED, due, latest)
    return Timer(neigh.state, due, latest, sent + 1)


def _collected(neigh: Neigh, parms: Mapping[str, int], every_ms: float | None) -> Timer | None:
    if every_ms is None or neigh.refcnt or neigh.flags & _KEPT:
        return None
    unused = min(neigh.used_ms, neigh.confirmed_ms)
    due = 0 if neigh.state == NUD.FAILED else max(0, parms["gc_stale_time_ms"] - unused)
    return Timer(ABSENT, due, due + every_ms + _late(every_ms))


def _late(timeout_ms: float) -> float:
    """By how much a timer may come late: its wheel has 63 steps to a level (calc_wheel_index), our ages have ticks."""
    return timeout_ms * 8 / 63 + 2 * _TICK_MS

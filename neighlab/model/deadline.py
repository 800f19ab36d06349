"""How long the kernel may take to bring an entry into a state follows from the knobs in force, not from a guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from neighlab.model.nud import ABSENT, NUD, Absent, State

SLACK_MS: Final = 1000.0
"""For everything that is not a timer: scheduling, softirqs, a machine under load."""


def deadline_ms(current: State, targets: tuple[State, ...], parms: Mapping[str, int]) -> float:
    """The longest time that the entry's timers can take on the way from `current` through `targets`, plus slack.

    `parms` are neighbour parameters by knob name (base_reachable_time_ms, retrans_time_ms, ...). A step that no
    timer makes (somebody must use, change or delete the entry) counts nothing: what is to cause it has happened
    already (neigh_timer_handler).
    """
    total = SLACK_MS
    for target in targets:
        total += _longest(current, target, parms)
        current = target
    return total


def _longest(current: State, target: State, parms: Mapping[str, int]) -> float:
    if isinstance(target, Absent) or (isinstance(current, NUD) and current and current in target):
        return 0.0
    # neigh_timer_handler treats a shorter retrans_time as 10 ms
    retrans = max(10, parms["retrans_time_ms"])
    asked = parms["app_solicit"]
    resolve = (parms["mcast_solicit"] + asked) * retrans
    probe = (parms["ucast_solicit"] + asked + parms["mcast_resolicit"]) * retrans
    # a confirmation just before the timer runs lets it run once more
    reachable = 2 * 1.5 * parms["base_reachable_time_ms"]
    delay = parms["delay_first_probe_time_ms"]
    ways: dict[NUD, float] = {
        NUD.STALE: reachable,
        NUD.DELAY: reachable,
        NUD.PROBE: delay,
        NUD.FAILED: max(resolve, delay + probe),
        NUD.REACHABLE: max(resolve, delay + probe),
    }
    if current is ABSENT or current in (NUD.NONE, NUD.FAILED, NUD.INCOMPLETE):
        ways |= {NUD.FAILED: resolve, NUD.REACHABLE: resolve}
    elif current == NUD.REACHABLE:
        ways |= {NUD.PROBE: reachable + delay, NUD.FAILED: reachable + delay + probe}
    elif current == NUD.PROBE:
        ways |= {NUD.FAILED: probe, NUD.REACHABLE: probe}
    return max((time for state, time in ways.items() if state in target), default=0.0)

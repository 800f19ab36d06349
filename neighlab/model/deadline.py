"""How long the kernel may take to bring an entry into a state follows from the knobs in force, not from a guess."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from neighlab.model.nud import NUD, Absent, State

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
    """The longest way from `current` to the first state that is in `target`; 0 if no timer leads there."""
    if isinstance(target, Absent) or (isinstance(current, NUD) and current and current in target):
        return 0.0
    if isinstance(current, Absent) or current in (NUD.NONE, NUD.FAILED):
        current = NUD.INCOMPLETE  # if somebody uses it
    if len(current) > 1:
        return max(_longest(one, target, parms) for one in current)
    # neigh_timer_handler treats a shorter retrans_time as 10 ms
    retrans = max(10, parms["retrans_time_ms"])
    resolve = (parms["mcast_solicit"] + parms["app_solicit"]) * retrans
    probe = (parms["ucast_solicit"] + parms["app_solicit"] + parms["mcast_resolicit"]) * retrans
    steps: dict[NUD, tuple[float, tuple[NUD, ...]]] = {
        NUD.INCOMPLETE: (resolve, (NUD.REACHABLE, NUD.FAILED)),
        NUD.STALE: (0, (NUD.DELAY,)),
        NUD.DELAY: (parms["delay_first_probe_time_ms"], (NUD.PROBE, NUD.REACHABLE)),
        NUD.PROBE: (probe, (NUD.REACHABLE, NUD.FAILED)),
    }
    if current == NUD.REACHABLE:  # elsewhere it ends a way, as FAILED does: a story that goes on from there says so
        # a confirmation just before the timer runs lets it run once more
        steps[NUD.REACHABLE] = (2 * 1.5 * parms["base_reachable_time_ms"], (NUD.STALE, NUD.DELAY))
    return max(0.0, _way(current, target, steps))


def _way(state: NUD, target: NUD, steps: dict[NUD, tuple[float, tuple[NUD, ...]]]) -> float:
    """The time that `steps` take from `state` to `target`, each used once; minus infinity if they never arrive."""
    if state in target:
        return 0.0
    takes, following = steps.get(state, (0.0, ()))
    rest = {one: step for one, step in steps.items() if one != state}
    return takes + max((_way(one, target, rest) for one in following), default=float("-inf"))

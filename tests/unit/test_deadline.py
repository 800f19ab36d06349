"""An expectation waits as long as the entry's timers can take, and hardly longer."""

from __future__ import annotations

import pytest

from neighlab.model.deadline import SLACK_MS, deadline_ms
from neighlab.model.nud import ABSENT, LEARNED, NUD, State

PARMS = {
    "retrans_time_ms": 100,
    "mcast_solicit": 3,
    "ucast_solicit": 2,
    "app_solicit": 1,
    "mcast_resolicit": 4,
    "base_reachable_time_ms": 10_000,
    "delay_first_probe_time_ms": 5_000,
}
RESOLVE, PROBING, REACHABLE, DELAY = 400, 700, 30_000, 5_000
"""3 + 1 and 2 + 1 + 4 requests of 100 ms; twice the longest random reachable time (1.5 times the base)."""


@pytest.mark.parametrize(
    ("current", "targets", "timers"),
    [
        (ABSENT, (NUD.REACHABLE,), RESOLVE),
        (ABSENT, (NUD.FAILED,), RESOLVE),
        (NUD.FAILED, (NUD.REACHABLE,), RESOLVE),
        (NUD.INCOMPLETE, (NUD.FAILED,), RESOLVE),
        (NUD.INCOMPLETE, (NUD.REACHABLE | NUD.FAILED,), RESOLVE),
        (ABSENT, (LEARNED,), RESOLVE),
        (NUD.REACHABLE, (NUD.STALE,), REACHABLE),
        (NUD.REACHABLE, (NUD.STALE | NUD.DELAY,), REACHABLE),
        (NUD.REACHABLE, (NUD.PROBE,), REACHABLE + DELAY),
        (NUD.REACHABLE, (NUD.FAILED,), REACHABLE + DELAY + PROBING),
        (NUD.STALE, (NUD.PROBE,), DELAY),
        (NUD.STALE, (NUD.REACHABLE,), DELAY + PROBING),
        (NUD.DELAY, (NUD.FAILED,), DELAY + PROBING),
        (NUD.PROBE, (NUD.REACHABLE,), PROBING),
        (NUD.PROBE, (NUD.FAILED | NUD.REACHABLE,), PROBING),
    ],
)
def test_timers_on_the_way_are_waited_for(current: State, targets: tuple[State, ...], timers: float) -> None:
    assert deadline_ms(current, targets, PARMS) == SLACK_MS + timers


@pytest.mark.parametrize("current", [ABSENT, NUD.NONE, NUD.FAILED, NUD.PERMANENT, NUD.NOARP, NUD.INCOMPLETE])
def test_what_no_timer_does_is_not_waited_for(current: State) -> None:
    """Baseline timers are long: a claim that is wrong would take minutes to fail."""
    assert deadline_ms(current, (NUD.STALE,), PARMS) == SLACK_MS


def test_what_is_already_so_needs_no_timer() -> None:
    for state in NUD:
        assert deadline_ms(state, (state,), PARMS) == SLACK_MS
        assert deadline_ms(state, (ABSENT,), PARMS) == SLACK_MS


def test_a_path_takes_the_sum_of_its_steps() -> None:
    path = (NUD.REACHABLE, NUD.STALE, NUD.DELAY, NUD.PROBE, NUD.FAILED)

    assert deadline_ms(ABSENT, path, PARMS) == SLACK_MS + RESOLVE + REACHABLE + 0 + DELAY + PROBING


def test_a_mask_on_a_path_takes_as_long_as_its_slowest_state() -> None:
    assert deadline_ms(ABSENT, (LEARNED, NUD.FAILED), PARMS) == SLACK_MS + RESOLVE + REACHABLE + DELAY + PROBING


def test_retransmissions_are_never_faster_than_10_ms() -> None:
    assert deadline_ms(ABSENT, (NUD.FAILED,), PARMS | {"retrans_time_ms": 1}) == SLACK_MS + 4 * 10

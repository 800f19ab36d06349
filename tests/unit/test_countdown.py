"""What time alone will do to an entry is what neigh_timer_handler and neigh_periodic_work would do to it."""

from __future__ import annotations

from typing import Any

import pytest

from neighlab.model.countdown import Timer, next_timer
from neighlab.model.neigh import Neigh
from neighlab.model.nud import ABSENT, NTF, NUD

PARMS = {
    "base_reachable_time_ms": 30_000, "reachable_time_ms": 20_000, "delay_first_probe_time_ms": 5_000,
    "retrans_time_ms": 1_000, "ucast_solicit": 3, "mcast_solicit": 3, "app_solicit": 0, "mcast_resolicit": 0,
    "gc_stale_time_ms": 60_000,
}  # fmt: skip


def neigh(state: NUD, **more: Any) -> Neigh:
    return Neigh("192.0.2.1", state, "00:00:5e:00:53:01", 2, 2, **more)


def timer(state: NUD, *, every: float | None = None, parms: dict[str, int] | None = None, **more: Any) -> Timer | None:
    return next_timer(neigh(state, **more), PARMS | (parms or {}), collected_every_ms=every)


@pytest.mark.parametrize(
    ("entry", "leads_to", "due_ms"),
    [
        ({"confirmed_ms": 0, "used_ms": 0}, NUD.STALE, 20_000),
        ({"confirmed_ms": 12_340, "used_ms": 12_340}, NUD.STALE, 7_660),
        ({"confirmed_ms": 18_000, "used_ms": 100}, NUD.DELAY, 2_000),
        ({"confirmed_ms": 18_000, "used_ms": 3_000}, NUD.DELAY, 2_000),
        ({"confirmed_ms": 18_000, "used_ms": 3_010}, NUD.STALE, 2_000),
        ({"confirmed_ms": 21_000, "used_ms": 21_000}, NUD.STALE, 0),
    ],
)
def test_a_reachable_entry_goes_stale_unless_it_was_used_lately(
    entry: dict[str, int], leads_to: NUD, due_ms: float
) -> None:
    found = timer(NUD.REACHABLE, **entry)
    assert found is not None
    assert found[:2] == (leads_to, due_ms)
    assert found.probe == 0


def test_where_the_drawn_time_is_unknown_there_are_bounds() -> None:
    parms = {name: value for name, value in PARMS.items() if name != "reachable_time_ms"}
    found = next_timer(neigh(NUD.REACHABLE, confirmed_ms=5_000, used_ms=60_000), parms)
    assert found is not None
    assert found.due_ms == 10_000
    assert found.at_most_ms == pytest.approx(40_000 + 45_000 * 8 / 63 + 20)


def test_delay_ends_in_probe_or_if_confirmed_meanwhile_in_reachable() -> None:
    assert timer(NUD.DELAY, updated_ms=1_500, confirmed_ms=30_000) == Timer(
        NUD.PROBE, 3_500, pytest.approx(3_500 + 5_000 * 8 / 63 + 20)
    )
    found = timer(NUD.DELAY, updated_ms=1_500, confirmed_ms=200)
    assert found is not None
    assert found[:2] == (NUD.REACHABLE, 3_500)
    found = timer(NUD.DELAY, updated_ms=1_500, confirmed_ms=1_510)
    assert found is not None
    assert found.leads_to == NUD.PROBE, "the confirmation is too old by then"


@pytest.mark.parametrize(
    ("state", "probes", "parms", "expected"),
    [
        (NUD.PROBE, 0, {}, (NUD.PROBE, 0, 1)),
        (NUD.PROBE, 1, {}, (NUD.PROBE, 600, 2)),
        (NUD.PROBE, 2, {}, (NUD.PROBE, 1_600, 3)),
        (NUD.PROBE, 3, {}, (NUD.FAILED, 2_600, 0)),
        (NUD.PROBE, 3, {"mcast_resolicit": 1}, (NUD.PROBE, 2_600, 4)),
        (NUD.PROBE, 3, {"app_solicit": 2}, (NUD.PROBE, 2_600, 4)),
        (NUD.INCOMPLETE, 4, {}, (NUD.INCOMPLETE, 600, 2)),
        (NUD.INCOMPLETE, 6, {}, (NUD.FAILED, 2_600, 0)),
        (NUD.INCOMPLETE, 4, {"mcast_solicit": 1}, (NUD.FAILED, 600, 0)),
        (NUD.INCOMPLETE, 2, {"ucast_solicit": 5}, (NUD.INCOMPLETE, 0, 1)),
    ],
)
def test_probes_are_counted_until_there_are_no_more(
    state: NUD, probes: int, parms: dict[str, int], expected: tuple[NUD, float, int]
) -> None:
    found = timer(state, probes=probes, updated_ms=400, parms=parms)
    assert found is not None
    assert (found.leads_to, found.due_ms, found.probe) == expected
    assert found.at_most_ms is not None
    assert found.at_most_ms > found.due_ms


def test_a_pause_of_less_than_ten_milliseconds_is_ten() -> None:
    found = timer(NUD.PROBE, probes=3, parms={"retrans_time_ms": 1})
    assert found is not None
    assert found.due_ms == 30


def test_what_has_no_timer_is_left_to_the_collector_if_that_looks() -> None:
    for state in (NUD.STALE, NUD.NOARP, NUD.NONE):
        assert timer(state, used_ms=50_000, confirmed_ms=90_000) is None
        assert timer(state, used_ms=50_000, confirmed_ms=90_000, every=15_000) == Timer(
            ABSENT, 10_000, pytest.approx(25_000 + 15_000 * 8 / 63 + 20)
        )
        younger = timer(state, used_ms=50_000, confirmed_ms=20_000, every=15_000)
        assert younger is not None
        assert younger.due_ms == 40_000, "a confirmation counts as a use (neigh_periodic_work)"
    failed = timer(NUD.FAILED, used_ms=10, confirmed_ms=10, every=15_000)
    assert failed is not None
    assert failed.due_ms == 0


def test_what_is_held_or_exempt_or_permanent_stays() -> None:
    assert timer(NUD.PERMANENT, every=15_000, used_ms=99_999, confirmed_ms=99_999) is None
    for more in ({"refcnt": 1}, {"flags": NTF.EXT_LEARNED}, {"flags": NTF.EXT_VALIDATED | NTF.ROUTER}):
        assert timer(NUD.STALE, every=15_000, used_ms=99_999, confirmed_ms=99_999, **more) is None

"""An expectation is met only by what was so since the story's last act, what is so, or what becomes so in time."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from neighlab.errors import ExpectationFailed, ScenarioError
from neighlab.lab import expect
from neighlab.lab.hearing import Hearing
from neighlab.lab.history import Sighting
from neighlab.lab.lab import Lab
from neighlab.model import knobs
from neighlab.model.neigh import Neigh
from neighlab.model.nud import ABSENT, LEARNED, NTF, NUD, State
from neighlab.model.timeline import Timeline

ADDR, NEAR, EVIL = "192.0.2.99", "00:00:5e:00:53:01", "00:00:5e:00:53:66"
IFINDEX = 2
SILENT_STATES = (NUD.INCOMPLETE, NUD.DELAY)


class Clock:
    """Stands still until somebody waits; begins far from zero, as the real one."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


class FakeLab(Lab):
    """A lab with one entry, whose life is a list of (second, state); what the kernel announces is heard."""

    def __init__(self, clock: Clock, life: list[tuple[float, Neigh | None]], *, silent: bool = False) -> None:
        self.clock = clock
        self.start = clock.now
        self.life = life
        self.silent = silent
        self.time_scale = 1.0
        Hearing.__init__(self, SimpleNamespace(), Timeline(clock.monotonic))  # type: ignore[arg-type]
        self.expectations = []
        self.last_act = clock.now
        self.waits: list[float] = []
        self._announced = 0

    def pump(self) -> None:
        while self._announced < len(self.life) and self.start + self.life[self._announced][0] <= self.clock.now:
            at, neigh = self.life[self._announced]
            self._announced += 1
            if not self.silent and (neigh is None or neigh.state not in SILENT_STATES):
                state: State = ABSENT if neigh is None else neigh.state
                self.history["victim", IFINDEX, ADDR].append(Sighting(self.start + at, state, neigh, True))

    def catch_up(self) -> float:
        self.pump()
        return self.clock.now

    def wait(self, timeout_s: float) -> None:
        assert timeout_s > 0
        self.waits.append(timeout_s)
        self.clock.now += timeout_s
        self.pump()

    def now_is(self) -> Neigh | None:
        past = [neigh for at, neigh in self.life if self.start + at <= self.clock.now]
        return past[-1] if past else None

    def acts(self, *, at: float = 0.0) -> None:
        self.clock.now = self.start + at
        self.act("victim", "sent", "something")


def entry(state: NUD, lladdr: str | None = NEAR, flags: NTF = NTF.NONE) -> Neigh:
    return Neigh(ADDR, state, None if state == NUD.INCOMPLETE else lladdr, IFINDEX, 2, flags)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    one = Clock()
    monkeypatch.setattr(expect, "time", one)
    return one


class Expecting:
    """One host's watcher on a fake lab."""

    def __init__(self, lab: FakeLab, monkeypatch: pytest.MonkeyPatch) -> None:
        host: Any = SimpleNamespace(name="victim", neigh_get=lambda addr, dev: lab.now_is(), ifname_of=lambda _: "eth0")
        lab.hosts["victim"] = host
        self.lab = lab
        self.watcher = expect.Watcher(lab, host)
        monkeypatch.setattr(self.watcher, "_parms", lambda ifindex, addr: dict(knobs.baseline_neigh(4)))

    def __call__(
        self, *states: State, lladdr: str | None = None, flags: NTF | None = None, within_ms: float | None = None
    ) -> str:
        """Expect; return what was observed."""
        self.watcher.expect(IFINDEX, ADDR, states, lladdr, flags, within_ms)
        return self.lab.expectations[-1].observed

    def hold(self, state: State, *, for_ms: float, lladdr: str | None = None) -> None:
        self.watcher.hold(IFINDEX, ADDR, state, lladdr, for_ms)

    def fails(self, *states: State, **how: Any) -> str:
        """Expect in vain; return the message."""
        with pytest.raises(ExpectationFailed) as told:
            self(*states, **how)
        assert not self.lab.expectations[-1].passed
        return str(told.value)


@pytest.fixture
def expecting(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Any:
    def make(*life: tuple[float, Neigh | None], silent: bool = False) -> Expecting:
        return Expecting(FakeLab(clock, list(life), silent=silent), monkeypatch)

    return make


# --- what may answer ------------------------------------------------------------------------------------------------


def test_what_is_so_answers_at_once(expecting: Any) -> None:
    one = expecting((0, entry(NUD.STALE)))

    assert one(NUD.STALE) == f"STALE lladdr {NEAR}"
    assert one(LEARNED) == f"STALE lladdr {NEAR}"
    assert one(NUD.STALE | NUD.DELAY, lladdr=NEAR.upper()) == f"STALE lladdr {NEAR}"
    assert one.lab.waits == []


def test_what_was_announced_since_the_last_act_answers_too(expecting: Any) -> None:
    one = expecting((0, entry(NUD.REACHABLE)), (0.1, entry(NUD.STALE)), (0.2, None))
    one.lab.acts()
    one.lab.wait(1)

    assert one(NUD.REACHABLE) == f"REACHABLE lladdr {NEAR}"
    assert one(NUD.STALE) == f"STALE lladdr {NEAR}"
    assert one(ABSENT) == "ABSENT"


def test_what_was_so_before_the_last_act_does_not_answer(expecting: Any) -> None:
    one = expecting((0, entry(NUD.REACHABLE)), (0.1, entry(NUD.STALE)))
    one.lab.acts(at=0.2)

    assert one.fails(NUD.REACHABLE, within_ms=100) == (
        f"victim eth0 {ADDR}: expected REACHABLE, observed STALE lladdr {NEAR}"
    )


def test_an_answer_is_used_once(expecting: Any) -> None:
    one = expecting((0.1, entry(NUD.REACHABLE)), (0.2, entry(NUD.STALE)))
    one.lab.acts()
    one.lab.wait(1)

    one(NUD.STALE)

    one.fails(NUD.REACHABLE, within_ms=100)  # it came before the STALE that has been used
    one(NUD.STALE)  # this is what is


def test_a_failed_expectation_uses_up_everything_it_saw(expecting: Any) -> None:
    one = expecting((0.1, entry(NUD.REACHABLE)), (0.2, entry(NUD.STALE)))
    one.lab.acts()
    one.lab.wait(1)

    one.fails(ABSENT)

    one.fails(NUD.REACHABLE, within_ms=100)


def test_what_becomes_so_in_time_answers(expecting: Any) -> None:
    one = expecting((0, entry(NUD.PROBE)), (2.5, entry(NUD.FAILED, None)))
    one.lab.acts()

    assert one(NUD.FAILED) == "FAILED"
    assert one.lab.expectations[-1].took_ms == pytest.approx(2500, abs=60)


def test_a_silent_state_is_looked_for_often(expecting: Any) -> None:
    one = expecting((0, entry(NUD.STALE)), (0.5, entry(NUD.DELAY)), (0.503, entry(NUD.REACHABLE)))
    one.lab.acts()

    one(NUD.DELAY)

    assert max(one.lab.waits) <= 0.001


# --- what may not ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "states", "how"),
    [
        ([(0, None)], [LEARNED], {}),
        ([(0, None)], [NUD.NONE], {}),
        ([(0, entry(NUD.NONE))], [ABSENT], {}),
        ([(0, entry(NUD.STALE))], [NUD.NONE], {}),
        ([(0, entry(NUD.FAILED, None))], [ABSENT], {}),
        ([(0, entry(NUD.FAILED, None))], [LEARNED], {}),
        ([(0, entry(NUD.INCOMPLETE))], [LEARNED], {}),
        ([(0, entry(NUD.PERMANENT))], [LEARNED], {}),
        ([(0, entry(NUD.STALE, EVIL))], [NUD.STALE], {"lladdr": NEAR}),
        ([(0, entry(NUD.FAILED, None))], [NUD.FAILED], {"lladdr": NEAR}),
        ([(0, None)], [ABSENT], {"lladdr": NEAR, "flags": NTF.ROUTER, "expected": "passes"}),
        ([(0, entry(NUD.STALE))], [NUD.STALE], {"flags": NTF.ROUTER}),
        ([(0, entry(NUD.STALE, flags=NTF.ROUTER))], [NUD.STALE], {"flags": NTF.ROUTER | NTF.EXT_LEARNED}),
        ([(0, entry(NUD.STALE, flags=NTF.ROUTER))], [NUD.STALE], {"flags": NTF.NONE}),
        ([(0, entry(NUD.STALE))], [NUD.STALE, NUD.STALE], {}),
        ([(0, entry(NUD.STALE))], [NUD.REACHABLE, NUD.STALE], {}),
        ([(0, entry(NUD.REACHABLE)), (0.1, entry(NUD.STALE))], [NUD.STALE, NUD.REACHABLE], {}),
        ([(0, entry(NUD.REACHABLE)), (0.1, entry(NUD.STALE))], [NUD.STALE, NUD.DELAY, NUD.PROBE], {}),
        ([(0, entry(NUD.STALE)), (0.1, entry(NUD.REACHABLE))], [NUD.STALE, NUD.DELAY, NUD.REACHABLE], {}),
        ([(0, entry(NUD.PROBE)), (0.1, entry(NUD.FAILED))], [NUD.DELAY, NUD.FAILED], {}),
        ([(0, entry(NUD.PROBE))], [NUD.DELAY], {}),
        (
            [(0, entry(NUD.STALE, EVIL)), (0.1, entry(NUD.REACHABLE, EVIL))],
            [NUD.STALE, NUD.REACHABLE],
            {"lladdr": NEAR},
        ),
        ([(0, entry(NUD.STALE)), (0.1, None), (0.2, entry(NUD.STALE, EVIL))], [ABSENT, NUD.STALE], {"lladdr": NEAR}),
    ],
)
def test_nothing_else_answers(expecting: Any, life: list[Any], states: list[State], how: dict[str, Any]) -> None:
    one = expecting(*life)
    one.lab.acts()
    if how.pop("expected", "fails") == "passes":
        one(*states, **how)  # an entry that is not there has no link-layer address that could be wrong
    else:
        one.fails(*states, within_ms=500, **how)


def test_what_comes_too_late_does_not_answer(expecting: Any) -> None:
    one = expecting((0, entry(NUD.STALE)), (0.6, None))
    one.lab.acts()

    assert one.fails(ABSENT) == f"victim eth0 {ADDR}: expected ABSENT, observed STALE lladdr {NEAR}"
    assert one.lab.clock.now - one.lab.start == pytest.approx(0.25)


# --- paths ----------------------------------------------------------------------------------------------------------


def test_a_path_is_met_in_its_order_however_much_is_between(expecting: Any) -> None:
    one = expecting(
        (0, entry(NUD.REACHABLE)),
        (1, entry(NUD.STALE)),
        (2, entry(NUD.DELAY)),
        (3, entry(NUD.PROBE)),
        (4, entry(NUD.REACHABLE, EVIL)),
    )
    one.lab.acts()

    assert one(NUD.REACHABLE, NUD.STALE, NUD.REACHABLE, lladdr=EVIL) == (
        f"REACHABLE lladdr {NEAR} > STALE lladdr {NEAR} > REACHABLE lladdr {EVIL}"
    )


def test_delay_is_concluded_from_probe_and_said_to_be(expecting: Any) -> None:
    one = expecting((0.1, entry(NUD.STALE)), (0.2, entry(NUD.DELAY)), (0.3, entry(NUD.PROBE)))
    one.lab.acts()
    one.lab.wait(1)

    assert one(NUD.STALE, NUD.DELAY, NUD.PROBE) == f"STALE lladdr {NEAR} > DELAY > PROBE lladdr {NEAR}"
    assert one.lab.expectations[-1].inferred


def test_a_delay_that_was_seen_is_not_called_concluded(expecting: Any) -> None:
    one = expecting((0, entry(NUD.DELAY)), (2, entry(NUD.PROBE)))
    one.lab.acts()

    assert one(NUD.DELAY, NUD.PROBE) == f"DELAY lladdr {NEAR} > PROBE lladdr {NEAR}"
    assert not one.lab.expectations[-1].inferred


def test_a_path_that_breaks_off_shows_what_was_seen_last(expecting: Any) -> None:
    one = expecting((0, entry(NUD.REACHABLE)), (0.1, entry(NUD.STALE)))
    one.lab.acts()

    assert one.fails(NUD.REACHABLE, NUD.STALE, NUD.FAILED, within_ms=500) == (
        f"victim eth0 {ADDR}: expected REACHABLE > STALE > FAILED, "
        f"observed REACHABLE lladdr {NEAR} > STALE lladdr {NEAR}"
    )


# --- deadlines ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("life", "state", "seconds"),
    [
        ([(0, entry(NUD.PROBE))], NUD.FAILED, 1 + 3),
        ([(0, entry(NUD.INCOMPLETE))], NUD.REACHABLE, 1 + 3),
        ([(0, entry(NUD.STALE))], NUD.PROBE, 1 + 5),
        ([(0, entry(NUD.REACHABLE))], NUD.STALE, 1 + 90),
        ([(0, None)], LEARNED, 1 + 3),
        ([(0, None)], NUD.PERMANENT, 1),
        ([(0, entry(NUD.STALE))], ABSENT, 0.25),
    ],
)
@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_the_deadline_follows_from_the_knobs(
    expecting: Any, life: list[Any], state: State, seconds: float, scale: float
) -> None:
    one = expecting(*life)
    one.lab.time_scale = scale
    one.lab.acts()

    one.fails(state)

    assert one.lab.clock.now - one.lab.start == pytest.approx(seconds * scale)


@pytest.mark.parametrize("scale", [1.0, 2.5])
def test_within_ms_replaces_it(expecting: Any, scale: float) -> None:
    one = expecting((0, entry(NUD.REACHABLE)))
    one.lab.time_scale = scale
    one.lab.acts()

    one.fails(NUD.STALE, within_ms=120)

    assert one.lab.clock.now - one.lab.start == pytest.approx(0.12 * scale)


def test_with_no_time_at_all_only_the_present_answers(expecting: Any) -> None:
    one = expecting((0, entry(NUD.STALE)), (0.001, None))
    one.lab.acts()

    one(NUD.STALE, within_ms=0)
    one.fails(ABSENT, within_ms=0)


# --- hold -----------------------------------------------------------------------------------------------------------


def test_hold_is_met_by_a_state_that_stays(expecting: Any) -> None:
    one = expecting((0, entry(NUD.REACHABLE)), (0.1, entry(NUD.STALE)), (1.0, None))
    one.lab.acts(at=0.2)

    one.hold(NUD.STALE, for_ms=500, lladdr=NEAR)

    assert one.lab.expectations[-1].expected == f"STALE lladdr {NEAR} for 500 ms"
    assert one.lab.clock.now - one.lab.start == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("life", "observed"),
    [
        ([(0, entry(NUD.REACHABLE))], f"REACHABLE lladdr {NEAR}"),
        ([(0, entry(NUD.STALE)), (0.4, entry(NUD.REACHABLE)), (0.401, entry(NUD.STALE))], f"REACHABLE lladdr {NEAR}"),
        ([(0, entry(NUD.STALE)), (0.4, entry(NUD.STALE, EVIL))], f"STALE lladdr {EVIL}"),
        ([(0, entry(NUD.STALE)), (0.4, None)], "ABSENT"),
        ([(0, None)], "ABSENT"),
    ],
)
def test_hold_fails_at_the_first_other_state(expecting: Any, life: list[Any], observed: str) -> None:
    one = expecting(*life)
    one.lab.acts()

    with pytest.raises(ExpectationFailed) as told:
        one.hold(NUD.STALE, for_ms=500, lladdr=NEAR)

    assert str(told.value) == f"victim eth0 {ADDR}: expected STALE lladdr {NEAR} for 500 ms, observed {observed}"


def test_an_absence_can_be_held_and_broken(expecting: Any) -> None:
    expecting((0, None)).hold(ABSENT, for_ms=300)
    with pytest.raises(ExpectationFailed, match="expected ABSENT for 300 ms, observed INCOMPLETE"):
        expecting((0, None), (0.2, entry(NUD.INCOMPLETE))).hold(ABSENT, for_ms=300)


# --- wording --------------------------------------------------------------------------------------------------------


def test_flags_are_part_of_what_is_expected_and_observed(expecting: Any) -> None:
    one = expecting((0, entry(NUD.STALE, flags=NTF.ROUTER)))
    one.lab.acts()

    assert one(NUD.STALE, flags=NTF.ROUTER) == f"STALE lladdr {NEAR} router"
    assert one.fails(NUD.STALE, flags=NTF.EXT_LEARNED, lladdr=EVIL, within_ms=0) == (
        f"victim eth0 {ADDR}: expected STALE lladdr {EVIL} extern_learn, observed STALE lladdr {NEAR} router"
    )
    assert one.fails(NUD.STALE, flags=NTF.NONE, within_ms=0) == (
        f"victim eth0 {ADDR}: expected STALE no flags, observed STALE lladdr {NEAR} router"
    )


def test_verdicts_and_discoveries_are_on_the_timeline(expecting: Any) -> None:
    one = expecting((0, entry(NUD.STALE)), silent=True)
    one.lab.acts()
    one(NUD.STALE)
    one.fails(ABSENT)

    assert [(line.t_ms, line.kind, line.text) for line in one.lab.timeline] == [
        (0, "sent", "something"),
        (0, "poll", f"{ADDR} STALE lladdr {NEAR}"),
        (0, "expect", f"victim eth0 {ADDR}: STALE met"),
        (pytest.approx(250), "expect", f"victim eth0 {ADDR}: ABSENT NOT met"),
    ]


def test_to_expect_nothing_is_a_mistake(expecting: Any) -> None:
    with pytest.raises(ScenarioError, match="at least one state"):
        expecting()()


@pytest.mark.parametrize(
    ("observed", "expected", "holds"),
    [
        (3, 3, True),
        (3, range(3, 4), True),
        (4, range(3, 4), False),
        (2, range(3, 4), False),
        (3.5, range(3, 5), False),
        (None, range(3), False),
        ("EHOSTUNREACH", "EHOSTUNREACH", True),
        ([b"a", b"b"], [b"b", b"a"], False),
        ([], [], True),
    ],
)
def test_other_things_are_compared_as_they_are(expecting: Any, observed: Any, expected: Any, holds: bool) -> None:
    lab = expecting().lab
    if holds:
        lab.expect("this", observed, expected)
    else:
        with pytest.raises(ExpectationFailed, match=r"^this: expected .*, observed "):
            lab.expect("this", observed, expected)
    assert [one.passed for one in lab.expectations] == [holds]

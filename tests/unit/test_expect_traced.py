"""What only the kernel tells is judged by its records; where some may be missing, by what the story concludes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from neighlab.errors import ExpectationFailed, Unsupported
from neighlab.kernel.tracing.causes import Cause
from neighlab.kernel.tracing.chronicle import Change, Entry
from neighlab.lab.dropped import Dropped
from neighlab.lab.expect_traced import Update, expect_drop, expect_hidden, expect_update
from neighlab.lab.history import Sighting
from neighlab.model.nud import NUD
from neighlab.model.result import Expectation

WHICH = Dropped("victim", "NEIGH_FAILED")
KEY = "victim", 2, "192.0.2.99"
ASKED = Update("arp_process", frozenset({"OVERRIDE"}), True)


class Stage:
    """A lab with a witness that has heard what it is told to have heard."""

    def __init__(self) -> None:
        self.sure = True
        self.verdicts: list[Expectation] = []
        self.witness: Any = SimpleNamespace(
            reasons={"NEIGH_FAILED"}, counted=Counter(), dropped=Counter(), updates=defaultdict(list),
            certain=lambda: self.sure, hidden=lambda _key: self.hidden,
            uncounted=lambda which: self.witness.dropped[which] - self.witness.counted[which],
        )  # fmt: skip
        self.hidden: list[str] = []
        self.lab: Any = SimpleNamespace(
            witness=self.witness, pump=lambda: None, wait=lambda _s: None, time_scale=1.0, last_act=0.0,
            timeline=SimpleNamespace(now_ms=lambda: 0.0), history=defaultdict(list), judge=self.judge,
        )  # fmt: skip

    def judge(self, verdict: Expectation) -> None:
        self.verdicts.append(verdict)
        if not verdict.passed:
            raise ExpectationFailed(f"{verdict.observed}")

    def drops(self, count: int | range, inferred: int | Callable[[], int] | None = None) -> Expectation:
        expect_drop(self.lab, WHICH, count, 0, inferred)
        return self.verdicts[-1]

    def updates(self, inferred: bool | None = None) -> Expectation:
        expect_update(self.lab, KEY, "victim", ASKED, 0, inferred)
        return self.verdicts[-1]

    def hides(self, *states: NUD) -> Expectation:
        expect_hidden(self.lab, KEY, "victim", states, 0)
        return self.verdicts[-1]


@pytest.fixture
def stage() -> Stage:
    return Stage()


def test_recorded_drops_are_the_kernels_own_word(stage: Stage) -> None:
    stage.witness.dropped[WHICH] = 3
    assert not stage.drops(3, inferred=7).inferred
    assert stage.drops(0).passed  # they have been counted
    with pytest.raises(ExpectationFailed, match="0"):
        stage.drops(1)


def test_drops_whose_records_are_missing_are_concluded(stage: Stage) -> None:
    stage.sure = False
    stage.witness.dropped[WHICH] = 1
    verdict = stage.drops(3, inferred=lambda: 3)
    assert (verdict.observed, verdict.inferred) == ("3", True)
    with pytest.raises(ExpectationFailed, match="2"):
        stage.drops(3, inferred=2)
    with pytest.raises(ExpectationFailed, match="2"):
        stage.drops(0, inferred=2)  # nothing recorded is no proof


def test_a_conclusion_does_not_use_up_what_is_recorded_later(stage: Stage) -> None:
    stage.sure = False
    stage.drops(3, inferred=3)
    stage.sure, stage.witness.dropped[WHICH] = True, 2
    assert stage.drops(2).observed == "2"


def test_drops_that_nothing_else_tells_are_no_failure_of_the_kernel(stage: Stage) -> None:
    stage.sure = False
    with pytest.raises(Unsupported, match="run it again"):
        stage.drops(3)
    assert stage.verdicts == []
    stage.witness.dropped[WHICH] = 3
    assert stage.drops(range(3, 9)).inferred
    stage.lab.witness = None
    with pytest.raises(Unsupported, match="run as root"):
        stage.drops(3)


def test_an_update_that_was_recorded_is_certain_whatever_else_is_missing(stage: Stage) -> None:
    stage.sure = False
    cause = Cause("arp_process", (), "softirq")
    change = Change((1, 2, KEY[2]), "eth0", 2, 1.0, None, Entry(NUD.STALE), cause, wanted=Entry(NUD.STALE),
                    update_flags=1)  # fmt: skip
    stage.witness.updates[KEY].append(change)
    assert not stage.updates(inferred=False).inferred


def test_an_update_whose_record_may_be_missing_is_concluded(stage: Stage) -> None:
    with pytest.raises(ExpectationFailed, match="none"):
        stage.updates(inferred=True)
    stage.sure = False
    assert stage.updates(inferred=True).inferred
    with pytest.raises(ExpectationFailed, match="none"):
        stage.updates(inferred=False)
    with pytest.raises(Unsupported, match="run it again"):
        stage.updates()


def test_a_hidden_state_whose_record_is_missing_may_have_been_seen(stage: Stage) -> None:
    stage.hidden = ["INCOMPLETE"]
    assert not stage.hides(NUD.INCOMPLETE).inferred
    stage.lab.history[KEY] = [Sighting(1.0, NUD.DELAY, None, False)]
    with pytest.raises(ExpectationFailed, match="INCOMPLETE"):
        stage.hides(NUD.INCOMPLETE, NUD.DELAY)
    stage.sure = False
    verdict = stage.hides(NUD.INCOMPLETE, NUD.DELAY)
    assert (verdict.observed, verdict.inferred) == ("INCOMPLETE, DELAY", True)

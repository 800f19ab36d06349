"""A lab that ran while the kernel's neighbour table was full says so, instead of judging the kernel by it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from neighlab.errors import EnvironmentProblem
from neighlab.kernel.pressure import Pressure
from neighlab.model.result import CaseResult
from neighlab.runner.discovery import select
from neighlab.runner.pool import Runner
from neighlab.teach import live
from neighlab.teach.folder import Folder, load
from neighlab.teach.pool import Graders
from neighlab.teach.predict.questions import questions
from neighlab.teach.predict.verdicts import judge
from neighlab.teach.skeleton import make
from neighlab.teach.submissions import Submission

pytestmark = pytest.mark.usefixtures("nothing_left")

FULL = "the kernel's neighbour table (arp_cache, gc_thresh3=1024) was full meanwhile"
STORY = '''\
    """It does what its cases say."""

    from neighlab.topologies import TwoHosts

    from neighlab import ABSENT, NUD, Case, scenario


    @scenario(
        topology=TwoHosts,
        cases=[Case("holds", state=NUD.STALE), Case("fails", state=ABSENT), Case("breaks", state=None)],
    )
    def entry_is_there(victim, peer, *, state):
        victim.neigh_set("192.0.2.7", peer.lladdr, state=NUD.STALE)
        if state is None:
            raise OSError(105, "No buffer space available")
        victim.expect("192.0.2.7", state, within_ms=0)
'''


@pytest.fixture
def squeezed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks is told that there was no room meanwhile."""
    monkeypatch.setattr(Pressure, "told", lambda self: FULL)


@pytest.fixture
def exercise(tmp_path: Path) -> Folder:
    make(tmp_path / "mine")
    return load(tmp_path / "mine")


def ran(tmp_path: Path) -> dict[str, CaseResult]:
    file = tmp_path / "story.py"
    file.write_text(dedent(STORY))
    return {one.case: one for one in Runner().run(select([str(file)])).cases}


def test_case_that_failed_while_the_table_was_full_is_no_verdict(tmp_path: Path, squeezed: None) -> None:
    found = ran(tmp_path)
    assert {name: (one.outcome, one.reason) for name, one in found.items()} == {
        "holds": ("passed", ""), "fails": ("error", FULL), "breaks": ("error", FULL),
    }  # fmt: skip
    assert not found["breaks"].details


def test_case_that_failed_by_itself_is_judged(tmp_path: Path) -> None:
    found = ran(tmp_path)
    assert {name: one.outcome for name, one in found.items()} == {
        "holds": "passed", "fails": "failed", "breaks": "error",
    }  # fmt: skip
    assert "OSError" in found["breaks"].reason


def test_prediction_is_not_judged_by_a_full_table() -> None:
    selection = select(["garp/arp_accept"])
    results = Runner(jobs=2).run(selection).cases
    asked, _missing = questions(selection[0].scenario, results, seed=0)
    result = next(one for one in results if one.case == asked[0].selected.case.name)
    result.outcome, result.reason = "error", FULL
    verdict = judge(asked[0], asked[0].choices[0], result, asked)
    assert (verdict.right, verdict.reason) == (None, FULL)


def test_exercise_that_cannot_be_prepared_says_why(exercise: Folder, squeezed: None) -> None:
    file = exercise.path / "exercise.py"
    file.write_text(file.read_text().replace("victim.conf(arp_accept=0)", "raise OSError(105, 'No buffer space')"))
    broken = load(exercise.path)
    with pytest.raises(EnvironmentProblem) as refused:
        live.start(broken)
    assert str(refused.value) == FULL
    (attempt,) = Graders({"mine": broken}).grade([Submission("mine", "ada", ".sh", b"true")])
    assert (attempt.earned, attempt.ended) == (0, FULL)

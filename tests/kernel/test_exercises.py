"""Every exercise that comes with neighlab is fit for students, and so is the skeleton of a new one."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from answers import betrayed, secrets

from neighlab.report.feedback import one_attempt, student_html, student_markdown
from neighlab.runner.discovery import bundled
from neighlab.teach.authors import examine
from neighlab.teach.folder import Folder, discover, hosts_of, load
from neighlab.teach.skeleton import make

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.anybody]

FOLDERS = discover()
ORDINARY = [folder for folder in FOLDERS if not folder.exercise.room]
"""The others fill the kernel's neighbour table: test_exercise_room.py."""


@pytest.mark.parametrize("folder", ORDINARY, ids=lambda folder: folder.name)
def test_exercise_gives_every_solution_what_it_deserves_and_no_answer_away(folder: Folder) -> None:
    results = list(examine(folder, jobs=4))  # they wait, most of the time
    assert not [f"{name}: {problem}" for name, _attempt, problem in results if problem]
    for _name, attempt, _problem in results:
        assert betrayed(" ".join(one.said for one in attempt.checks), secrets(folder)) == []
    *_others, (_name, untouched, _problem) = results
    for told in (one_attempt(untouched), student_markdown("x", [untouched], {}), student_html("x", [untouched], {})):
        assert betrayed(told, secrets(folder)) == []


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_exercise_speaks_of_hosts_and_mechanisms_that_there_are(folder: Folder) -> None:
    known = tomllib.loads((bundled() / "mechanisms.toml").read_text())
    assert hosts_of(folder.exercise)
    assert set(folder.exercise.about) <= {f"{subject}/{name}" for subject, names in known.items() for name in names}
    assert folder.exercise.about


def test_skeleton_passes_its_own_tests(tmp_path: Path) -> None:
    make(tmp_path / "brand_new")
    graded = {
        name: (attempt.earned, problem) for name, attempt, problem in examine(load(tmp_path / "brand_new"), jobs=4)
    }
    assert graded == {
        "solution.sh": (4, ""), "another_knob.sh": (0, ""), "by_hand.sh": (2, ""), "new_interface.sh": (1, ""),
        "nothing": (0, ""),
    }  # fmt: skip

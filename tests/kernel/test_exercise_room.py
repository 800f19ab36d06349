"""An exercise about a full neighbour table is held where it was lent the kernel's, and says so where it was not."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from live import COMMAND, ask, listed, neighlab
from terminal import Terminal

from neighlab.kernel import hostjournal
from neighlab.kernel.hostjournal import Host
from neighlab.runner.table_keeper import GuardKeeper
from neighlab.teach.authors import examine
from neighlab.teach.folder import Folder, discover
from neighlab.teach.skeleton import make

pytestmark = pytest.mark.usefixtures("nothing_left")

real = pytest.mark.skipif(
    os.environ.get("NEIGHLAB_HOST_TABLE") != "1" or os.geteuid() != 0 or not Host().is_initial(),
    reason="sets the real machine's thresholds: root in the initial namespaces and NEIGHLAB_HOST_TABLE=1",
)
FOLDERS = [folder for folder in discover() if folder.exercise.room]
NEEDS = "needs the kernel's whole neighbour table: run it as root with --host-table\n"


@pytest.fixture
def full(tmp_path: Path) -> str:
    """The skeleton of an exercise, of a name that nobody else has, with room for ten entries."""
    folder = tmp_path / f"full_{os.getpid()}"
    make(folder)
    file = folder / "exercise.py"
    file.write_text(file.read_text().replace("minutes=10)", "minutes=10, room=10)"))
    return f"{folder}/"


def thresholds() -> dict[str, int]:
    host = Host()
    knobs = [host.knob(family, name) for family in hostjournal.FAMILIES for name in hostjournal.KNOBS]
    return {knob: host.read(knob) for knob in knobs if host.path(knob).exists()}


def test_what_needs_the_table_is_refused_without_it(full: str, tmp_path: Path) -> None:
    name = Path(full).name
    said = f"neighlab: {name} {NEEDS}"
    assert ask("exercise", "start", full, code=4) == said
    (tmp_path / "handed-in").mkdir()
    (tmp_path / "handed-in" / "ada.sh").write_text("true\n")
    assert ask("exercise", "grade", str(tmp_path / "handed-in"), "--exercise", full, code=4) == said
    assert ask("exercise", "walk", full, code=4) == said
    assert "no --detach" in ask("exercise", "start", full, "--detach", code=2)
    done = neighlab("exercise", "test", full)
    assert (done.returncode, done.stdout) == (4, f"SKIP  {name} {NEEDS}")
    assert not [one for one in listed() if one.startswith(f"{name}-")]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may set the thresholds")
def test_ordinary_user_is_told_who_can_lend_the_table(full: str) -> None:
    said = ask("exercise", "start", full, "--host-table", code=3)
    assert "can be set only by root" in said
    assert said.count("\n") == 1


@real
@pytest.mark.alone
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_exercise_in_a_full_table_gives_every_solution_what_it_deserves(folder: Folder) -> None:
    before = thresholds()
    problems = [f"{name}: {problem}" for name, _attempt, problem in examine(folder, table=GuardKeeper) if problem]
    assert not problems
    assert thresholds() == before


@real
@pytest.mark.alone
@pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no program tmux on this machine")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_sheet_of_an_exercise_in_a_full_table_leads_to_its_end(folder: Folder) -> None:
    before = thresholds()
    command = [*COMMAND, "exercise", "walk", folder.name, "--host-table"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stdout) == (0, f"OK  {folder.name}\n"), done.stdout + done.stderr
    assert thresholds() == before


@real
@pytest.mark.alone
@pytest.mark.parametrize("end", ["leave", "stop", "hang up"])
def test_table_is_as_it_was_when_its_shell_has_ended(full: str, end: str) -> None:
    name, before = Path(full).name, thresholds()
    terminal = Terminal(*COMMAND, "exercise", "start", full, "--host-table")
    terminal.read_until(f"{name}> ")
    (lab,) = [one for one in listed() if one.startswith(f"{name}-")]
    assert thresholds() != before
    assert "type `reset` in its own shell" in ask("exercise", "reset", full, code=2)
    terminal.type("reset\n")
    terminal.read_until("Yours: victim")
    terminal.read_until(f"{name}> ")
    (afresh,) = [one for one in listed() if one.startswith(f"{name}-")]
    assert afresh != lab
    if end == "leave":
        terminal.type("exit\n")
        terminal.read_until("is as it was")
        assert terminal.end() == 0
    elif end == "stop":
        ask("stop", afresh)
        terminal.read_until("the lab has ended")
        assert terminal.end() == 0
    else:
        os.close(terminal.fd)
        terminal.wait()
    assert thresholds() == before
    assert afresh not in listed()

"""Every exercise's sheet leads a student who follows it to the letter, in a real terminal, to its end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from live import COMMAND, ask, listed, neighlab

from neighlab.teach.folder import Folder, discover
from neighlab.teach.skeleton import make

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.anybody]

ALONE = (sys.executable, str(Path(__file__).parent.parent / "alone.py"))
TYPED = "$ victim sysctl -w net.ipv4.conf.eth0.arp_accept=1\n"


def walked(name: str | Path) -> subprocess.CompletedProcess[str]:
    """Follow a sheet where no lab of anybody else is in the way; whatever is left running fails."""
    if shutil.which("tmux") is None:
        pytest.skip("there is no program tmux on this machine (Debian: tmux)")
    done = subprocess.run(
        [*ALONE, *COMMAND, "exercise", "walk", f"{name}"], capture_output=True, text=True, timeout=600
    )
    if done.returncode == 4:
        pytest.skip(done.stderr.strip())
    return done


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Path]:
    """The skeleton of an exercise, with something exchanged in one of its files."""

    def go(file: str, old: str, new: str) -> Path:
        folder = tmp_path / f"mine_{os.getpid()}"
        make(folder)
        text = (folder / file).read_text()
        assert old in text
        (folder / file).write_text(text.replace(old, new))
        return folder

    return go


@pytest.mark.parametrize("folder", discover(), ids=lambda folder: folder.name)
def test_sheet_leads_to_its_end(folder: Folder) -> None:
    done = walked(folder.name)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == f"OK  {folder.name}\n"


def test_sheet_of_a_new_exercise_leads_to_its_end(tmp_path: Path) -> None:
    make(tmp_path / "brand_new")
    done = walked(f"{tmp_path}/brand_new/")
    assert (done.returncode, done.stdout) == (0, "OK  brand_new\n"), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("  arp_accept = 1\n", "  arp_accept = 2\n", "`arp_accept = 2` does not appear:"),
        (TYPED, "$ victim sysctl -w no.such.setting=1\n", "does not appear:"),
        ("$ answer knob arp_accept\n", "$ answer knob arp_notify\n", "4 of 4 points, solved` does not appear:"),
        ("  still ignores it\n", "  you have done it\n", "`you have done it` does not appear:"),
        (
            "$ check\n  still ignores it\n",
            f"{TYPED}$ answer knob arp_accept\n$ check\n  4 of 4\n",
            "all is solved before anything has been done",
        ),
    ],
)
def test_walk_that_leads_astray_is_told_and_leaves_nothing(
    changed: Callable[..., Path], old: str, new: str, said: str
) -> None:
    done = walked(f"{changed('walk.txt', old, new)}/")
    assert done.returncode == 1, done.stdout + done.stderr
    assert said in done.stdout
    assert "walk.txt" in done.stdout


def test_command_that_only_the_sheet_knows_is_named(changed: Callable[..., Path]) -> None:
    folder = changed("sheet.md", "## Questions", "    victim ip -d link\n\n## Questions")
    done = neighlab("exercise", "walk", f"{folder}/")
    assert done.returncode == 2
    assert "`victim ip -d link`, and nobody types it" in done.stderr


def test_somebody_who_works_on_it_is_not_disturbed(changed: Callable[..., Path]) -> None:
    folder = changed("walk.txt", "$ check", "$ check")
    lab = ask("exercise", "start", f"{folder}/", "--detach").strip()
    try:
        said = ask("exercise", "walk", f"{folder}/", code=2)
        assert f"`neighlab stop {lab}` would end that" in said
        assert lab in listed()
    finally:
        ask("stop", lab)

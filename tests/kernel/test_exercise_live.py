"""Who works on an exercise can leave and come back, ask from anywhere, and begin again."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import COMMAND, ask, listed, neighlab
from terminal import Terminal

from neighlab.teach.folder import Folder, discover
from neighlab.teach.skeleton import make

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.anybody]


@pytest.fixture
def exercise(tmp_path: Path) -> Iterator[str]:
    """An exercise of a name that nobody else has, as its folder; its labs are ended."""
    folder = tmp_path / f"mine_{os.getpid()}"
    make(folder)
    yield f"{folder}/"
    for name in labs_of(f"{folder}/"):
        ask("stop", name)


def name_of(exercise: str) -> str:
    return Path(exercise).name


def labs_of(exercise: str) -> list[str]:
    return [name for name in listed() if name.startswith(f"{name_of(exercise)}-")]


def started(exercise: str) -> str:
    return ask("exercise", "start", exercise, "--detach").strip()


def checked(exercise: str, code: int) -> dict[str, object]:
    done = neighlab("exercise", "check", name_of(exercise), "--format", "json")
    assert done.returncode == code, done
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_work_is_checked_from_anywhere_and_goes_on(exercise: str) -> None:
    lab = started(exercise)
    assert started(exercise) == lab
    before = checked(exercise, 1)
    assert (before["points"], before["of"], before["solved"]) == (0, 4, False)

    ask("exec", lab, "victim", "sysctl", "-qw", "net.ipv4.conf.eth0.arp_accept=1")
    half = checked(exercise, 1)
    assert half["points"] == 3
    ask("exec", lab, "s1", "/run/neighlab/bin/answer", "knob", "arp_accept")
    assert checked(exercise, 0)["points"] == 4
    assert checked(exercise, 0)["points"] == 4

    text = ask("exercise", "check", name_of(exercise))
    assert text.endswith(f"{name_of(exercise)}: 4 of 4 points, solved\n")


@pytest.mark.parametrize("folder", [one for one in discover() if not one.exercise.room], ids=lambda one: one.name)
def test_nothing_happens_in_a_lab_before_somebody_works_in_it(folder: Folder, tmp_path: Path) -> None:
    """A question that the kernel asks by itself, once DELAY has run out, could take the task away."""
    mine = shutil.copytree(folder.path, tmp_path / f"{folder.name}_{os.getpid()}")
    lab = started(f"{mine}/")
    try:
        entries = json.loads(ask("watch", lab, "--once", "--format", "json"))["entries"]
    finally:
        ask("stop", lab)
    asking = [one for one in entries if one["state"] in ("DELAY", "PROBE", "INCOMPLETE")]
    assert [one for one in asking if one["timer"]["due_ms"] < 600_000] == []


def test_check_says_what_is_wrong(exercise: str) -> None:
    started(exercise)
    done = neighlab("exercise", "check", name_of(exercise))
    assert done.returncode == 1
    assert "still ignores it: a setting of its interface says" in done.stdout
    assert "observed  victim eth0 192.0.2.99: ABSENT" in done.stdout


def test_hints_come_in_their_order_and_cost(exercise: str) -> None:
    lab = started(exercise)
    hints = [json.loads(ask("exercise", "hint", name_of(exercise), "--format", "json")) for _ in range(3)]
    assert [(one["number"], one["of"], one["points"]) for one in hints] == [(1, 2, 0), (2, 2, 1), (2, 2, 1)]
    ask("exec", lab, "victim", "sysctl", "-qw", "net.ipv4.conf.eth0.arp_accept=1")
    assert (checked(exercise, 1)["points"], checked(exercise, 1)["hints_cost"]) == (2, 1)


def test_reset_builds_the_lab_afresh(exercise: str) -> None:
    lab = started(exercise)
    ask("exec", lab, "victim", "ip", "link", "del", "eth0")
    ask("exercise", "hint", name_of(exercise))
    afresh = ask("exercise", "reset", exercise).strip()
    assert afresh != lab
    assert lab not in listed()
    assert "192.0.2.1/24" in ask("exec", afresh, "victim", "ip", "-br", "addr")
    assert checked(exercise, 1)["hints_cost"] == 0


def test_without_a_lab_there_is_nothing_to_ask(exercise: str) -> None:
    for what in ("check", "hint"):
        said = ask("exercise", what, name_of(exercise), code=2)
        assert said.startswith(f"neighlab: no lab of {name_of(exercise)} is running: neighlab exercise start")
        assert said.count("\n") == 1


def test_shell_is_left_and_entered_again(exercise: str) -> None:
    prompt = f"{name_of(exercise)}> "
    for word in ("first", "second"):
        terminal = Terminal(*COMMAND, "exercise", "start", exercise)
        terminal.read_until(prompt)
        terminal.type("victim ip -br addr show eth0\n")
        terminal.read_until("192.0.2.1/24")
        terminal.type(f"ls /run/neighlab/answers | tr a-z A-Z; answer {word} x\n")
        seen = terminal.read_until(prompt) + terminal.read_until(prompt)
        assert ("FIRST" in seen) == (word == "second")
        terminal.type("check | tail -1\n")
        terminal.read_until("0 of 4 points")
        terminal.read_until(prompt)
        terminal.type("\x04")
        terminal.read_until("lives on")
        assert terminal.end() == 0


def test_reset_inside_opens_a_fresh_shell(exercise: str) -> None:
    prompt = f"{name_of(exercise)}> "
    terminal = Terminal(*COMMAND, "exercise", "start", exercise)
    terminal.read_until(prompt)
    (lab,) = labs_of(exercise)
    terminal.type("victim ip link del eth0; reset\n")
    terminal.read_until("Yours: victim")
    terminal.read_until(prompt)
    (afresh,) = labs_of(exercise)
    assert afresh != lab
    terminal.type("victim ip -br addr show eth0\n")
    terminal.read_until("192.0.2.1/24")
    terminal.type("exit\n")
    terminal.read_until("lives on")
    assert terminal.end() == 0


def test_lab_that_is_stopped_takes_its_shell_along(exercise: str) -> None:
    terminal = Terminal(*COMMAND, "exercise", "start", exercise)
    terminal.read_until(f"{name_of(exercise)}> ")
    (lab,) = labs_of(exercise)
    ask("stop", lab)
    terminal.read_until("the lab has ended")
    assert terminal.end() == 0

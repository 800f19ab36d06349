"""Whoever follows a sheet to the letter gets to its end: typed as a student would, in a real terminal, and looked at.

What is the same for all exercises - start, sheet, leave and come back, a hint, begin afresh, the end - is typed here,
around the steps of the exercise's own walk.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from neighlab.errors import ExpectationFailed, ScenarioError, Unsupported
from neighlab.lab import running
from neighlab.lab.programs import package_of, with_sbin
from neighlab.teach import live, room
from neighlab.teach.folder import Folder
from neighlab.teach.tmux import Tmux
from neighlab.teach.walk import Step, Walk, faithful

STUDENT: Final = "student$ "
"""The prompt outside of the exercise."""
WAIT_S: Final = 60.0
"""How long anything may take to appear."""
_SHELL: Final = "exec bash --norc --noprofile"
_COMMAND: Final = "#!/bin/sh\nexec {python} -P -c 'from neighlab.cli import main; main()' \"$@\"\n"
_LAST: Final = 40
"""How many lines of a terminal are shown when it does not show what it should."""
_CTRL: Final = {"C": "\x03", "D": "\x04"}


class Strayed(ExpectationFailed):
    """The walk cannot be followed: what should be on the screen is not."""


def follow(
    folder: Folder, named: str, typed: Callable[[str], object] = lambda text: None, *, host_table: bool = False
) -> None:
    """Follow an exercise's walk; `named` is what a student types behind `start`, `typed` is told of everything typed.

    Raises Strayed when something does not appear, ScenarioError when sheet and walk are not the same (or its lab is
    in use), Unsupported when a program is missing, or `host_table` where the exercise needs it. Whatever happens,
    nothing is left.
    """
    room.demand(folder.exercise, host_table or None)
    walk = faithful(folder)
    path = with_sbin(os.environ)["PATH"]
    for program in walk.needs:
        if shutil.which(program, path=path) is None:
            raise Unsupported(f"there is no program {program} on this machine{package_of(program)}")
    if (lab := live.find(folder.name)) is not None:
        raise ScenarioError(f"somebody works on {folder.name}: `neighlab stop {lab.name}` would end that")
    try:
        with _desk(path) as tmux:
            _Student(folder, named, walk, tmux, typed).walk_through()
    finally:
        if (lab := live.find(folder.name)) is not None:
            running.stop(lab)


@contextmanager
def _desk(path: str) -> Iterator[Tmux]:
    """A terminal with a shell in which `neighlab` is this one."""
    folder = Path(tempfile.mkdtemp(prefix="neighlab-walk-"))
    try:
        (folder / "bin").mkdir()
        command = folder / "bin" / "neighlab"
        command.write_text(_COMMAND.format(python=sys.executable))
        command.chmod(0o755)
        own = {"PATH": f"{folder}/bin:{path}", "PS1": STUDENT, "PROMPT_COMMAND": "", "HISTFILE": os.devnull}
        with Tmux(folder, _SHELL, {**os.environ, **own}) as tmux:
            yield tmux
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _Terminal:
    """One terminal, by what its last command has shown."""

    def __init__(self, tmux: Tmux, name: str, prompts: re.Pattern[str], where: str) -> None:
        self._tmux = tmux
        self._name = name
        self._prompts = prompts
        self._where = where
        self._command = ""
        self._nth = 0
        self._wait(lambda: len(self._parts()) > 1, "a prompt")

    def type(self, command: str, *, end: str = "\r") -> None:
        """Type a command, when the one before has ended."""
        self.ended()
        self._nth, self._command = len(self._parts()) - 1, command
        self._tmux.type(self._name, command.replace("\n", "\r") + end)

    def leave(self) -> None:
        """Press Ctrl-D at the prompt."""
        self.type("", end=_CTRL["D"])

    def press(self, key: str) -> None:
        """Press a key with Ctrl while a command runs."""
        self._tmux.type(self._name, _CTRL[key])

    def shows(self, text: str) -> None:
        """Wait for a text in what the last command has printed; `...` in it is anything."""
        wanted = re.compile(".*?".join(re.escape(part.strip()) for part in text.split("...")))

        def there() -> bool:
            over = self._over()  # asked for first: what is printed before the prompt is there when that is
            found = wanted.search(self.said()) is not None
            if over and not found:
                raise self._strayed(f"`{text}`")
            return found

        self._wait(there, f"`{text}`")

    def ended(self) -> str:
        """Wait until the last command has ended; return what it has printed, in one line."""
        self._wait(self._over, "the next prompt")
        return self.said()

    def said(self) -> str:
        """What the last command has printed so far, in one line, without its echo."""
        part = self._parts()[self._nth]
        return " ".join(" ".join(part.split("\n")[self._command.count("\n") + 1 :]).split())

    def _parts(self) -> list[str]:
        """What is before the first prompt, and what is behind each."""
        return self._prompts.split(self._tmux.screen(self._name))

    def _over(self) -> bool:
        """Has the last command ended, if there was one?"""
        return not self._nth or len(self._parts()) > self._nth + 1

    def _wait(self, what: Callable[[], bool], called: str) -> None:
        deadline = time.monotonic() + WAIT_S
        while not what():
            if not self._tmux.changed(deadline):
                raise self._strayed(called)

    def _strayed(self, called: str) -> Strayed:
        shown = "\n".join(f"  | {line}" for line in self._tmux.screen(self._name).splitlines()[-_LAST:])
        return Strayed(f"{self._where}: {called} does not appear:\n{shown}")


class _Student:
    """Somebody who does what is written, and nothing else."""

    def __init__(self, folder: Folder, named: str, walk: Walk, tmux: Tmux, typed: Callable[[str], object]) -> None:
        self._folder = folder
        self._lasting = not folder.exercise.room  # a lab that was lent the kernel's table ends with its first shell
        self._start = f"neighlab exercise start {named}" + ("" if self._lasting else " --host-table")
        self._walk = walk
        self._tmux = tmux
        self._typed = typed
        # a prompt stands at the beginning of a line
        self._prompts = re.compile(rf"^(?:{re.escape(STUDENT.strip())}|{re.escape(folder.name)}>)(?: |$)", re.MULTILINE)
        self._terminals: dict[int, _Terminal] = {}

    def walk_through(self) -> None:
        """From the first command to the end of the lab."""
        exercise, steps, check = self._folder.exercise, self._walk.steps, self._walk.checks()[0]
        name, points = self._folder.name, exercise.points
        headings = [line.strip("# ") for line in self._folder.sheet.splitlines() if line.startswith("#")]
        self._type(self._start, exercise.title, "Yours: ")
        self._type("sheet", *headings)
        for step in steps[: check + 1]:
            self._take(step)
        if ", solved" in self._terminal(steps[check].terminal).ended():
            raise Strayed(f"{self._walk.where}:{steps[check].line}: all is solved before anything has been done")
        self._type("hint", f"Hint 1 of {len(self._folder.hints())}", terminal=steps[check].terminal)
        for step in steps[check + 1 : -1]:
            self._take(step)
        if self._lasting:
            self._leave("` ends it")
            self._type(self._start, "is as you left it.")
        self._take(steps[-1])
        self._terminal(steps[-1].terminal).shows(f"{name}: {points} of {points} points, solved")
        self._type("reset", exercise.title)
        self._type("check", f"{name}: 0 of {points} points")
        if self._lasting:
            lab = self._leave("` ends it")
            self._type(f"neighlab stop {lab}", f"stopped {lab}")
        else:
            lab = self._leave("neighbour table is as it was")
        self._type("neighlab ps")
        if lab in self._terminal(1).ended():
            raise Strayed(f"{self._walk.where}: {lab} is still there when it has been stopped")

    def _terminal(self, number: int) -> _Terminal:
        """A terminal; in a second one the exercise is entered first, as its lab is already there."""
        if number not in self._terminals:
            name = self._tmux.terminal(first=not self._terminals)
            self._terminals[number] = _Terminal(self._tmux, name, self._prompts, self._walk.where)
            if len(self._terminals) > 1:
                self._type(self._start, "is as you left it.", terminal=number)
        return self._terminals[number]

    def _type(self, command: str, *shown: str, terminal: int = 1) -> None:
        at = self._terminal(terminal)
        self._typed(f"{terminal}$ {command}")
        at.type(command)
        for text in shown:
            at.shows(text)

    def _take(self, step: Step) -> None:
        at = self._terminal(step.terminal)
        if step.key:
            self._typed(f"{step.terminal}  ^{step.key}")
            at.press(step.key)
        elif step.typed:
            self._typed(f"{step.terminal}$ {step.typed}")
            at.type(step.typed)
        for text in step.shown:
            at.shows(text)

    def _leave(self, said: str) -> str:
        """Leave the exercise, and hear what becomes of its lab; the lab's name."""
        at = self._terminal(1)
        self._typed("1  ^D")
        at.leave()
        at.shows(said)
        found = re.search(rf"{re.escape(self._folder.name)}-\d+", at.ended())
        assert found is not None
        return found[0]

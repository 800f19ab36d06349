"""An exercise's lab lives in the background: who works on it may leave, come back, and ask from anywhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from neighlab.errors import ScenarioError
from neighlab.kernel.pressure import Pressure, TableFull
from neighlab.lab import background, commands, running
from neighlab.lab.lab import Lab
from neighlab.lab.running import Running
from neighlab.runner.inflight import TableKeeper
from neighlab.runner.pool import warm_up
from neighlab.teach import room
from neighlab.teach.folder import Folder
from neighlab.teach.grading import frame_command
from neighlab.teach.session import TITLE, Session

HERE: Final = "NEIGHLAB_EXERCISE"
"""Names the exercise to whatever runs in its shell."""
_PATIENCE_S: Final = 600.0
_ASKING: Final = "#!/bin/sh\nexec {python} -P -c 'from neighlab.cli import main; main()' exercise {do} \"$@\"\n"
_RESETTING: Final = _ASKING.replace("exec ", "", 1) + "[ $? = 0 ] && kill -HUP $PPID\n"


class _Desk:
    """What the lab's first process answers."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._hints = folder.hints()
        self._given = 0
        self._resetting = False
        self._session: Session | None = None

    def build(self) -> Lab:
        """Build the lab and its commands; called as the first process of its sandbox."""
        self._session = Session(self._folder.exercise)
        asking = {do: _ASKING.format(python=sys.executable, do=do) for do in ("check", "hint")}
        sheet = _ASKING.format(python=sys.executable, do=f"show {self._folder.path}/")
        resetting = _RESETTING.format(python=sys.executable, do="reset")
        more = {**asking, "sheet": sheet, "reset": resetting, "frame": frame_command()}
        commands.install(self._session.yours, more)
        return self._session.lab

    def check(self, _lab: Lab, _request: Mapping[str, Any]) -> dict[str, Any]:
        """Run the checks on the lab as it is."""
        assert self._session is not None
        table = Pressure()
        found = self._session.check(commands.answers())
        if not self._folder.exercise.room and not all(one.passed for one in found) and (full := table.told()):
            raise TableFull(full)
        cost = sum(one.points for one in self._hints[: self._given])
        told = [asdict(replace(one, expected="")) for one in found]  # a student has to find that out
        return {"exercise": self._folder.name, "checks": told, "hints_cost": cost}

    def hint(self, _lab: Lab, _request: Mapping[str, Any]) -> dict[str, Any]:
        """Give the next hint; when all have been given, the last one again."""
        number = min(self._given, len(self._hints) - 1)
        self._given = max(self._given, number + 1)
        hint = self._hints[number]
        return {"number": number + 1, "of": len(self._hints), "points": hint.points, "text": hint.text}

    def reset(self, _lab: Lab, _request: Mapping[str, Any]) -> bool:
        """Note that who holds the shell should build the lab afresh."""
        self._resetting = True
        return True

    def census(self, lab: Lab, _request: Mapping[str, Any]) -> dict[str, int]:
        """Tell what must be known to make room in the kernel's neighbour table."""
        return room.census(lab)

    def resetting(self, _lab: Lab, _request: Mapping[str, Any]) -> bool:
        """Has somebody inside asked for a fresh lab?"""
        return self._resetting


def start(folder: Folder, keeper: TableKeeper | None = None) -> Running:
    """Start an exercise's lab in the background.

    An exercise that limits the kernel's neighbour table wants its `keeper`, who has to stay: Unsupported without.
    """
    room.demand(folder.exercise, keeper)
    desk = _Desk(folder)
    warm_up([folder.exercise.topology], ipv6=folder.exercise.family != "ipv4")
    handlers = {name: getattr(desk, name) for name in ("check", "hint", "reset", "resetting", "census")}
    lab = background.start(desk.build, handlers)
    if folder.exercise.room and keeper is not None:
        try:
            room.make(folder.exercise, keeper, background.ask(lab, "census"))
        except BaseException:
            running.stop(lab)
            raise
    return lab


def find(name: str | None) -> Running | None:
    """The running lab of an exercise of this user's (the only one, if none is named), or None.

    ScenarioError if it is not clear which.
    """
    own = [one for one in running.find() if one.uid == os.geteuid() and one.title.startswith(TITLE)]
    found = [one for one in own if name is None or one.title == TITLE + name or one.name == name]
    if len(found) > 1:
        raise ScenarioError(f"several exercises are open: say which of {', '.join(one.name for one in found)}")
    return found[0] if found else None


def ask(name: str | None, do: str) -> Any:
    """Ask the lab of an exercise, from inside of it (when none is named) or from anywhere."""
    here = os.environ.get(HERE)
    if here is not None and name in (None, here) and os.path.exists(background.CONTROL):
        return background.ask_at(background.CONTROL, here, do, within_s=_PATIENCE_S)
    lab = find(name)
    if lab is None:
        raise ScenarioError(f"no lab of {name or 'any exercise'} is running: neighlab exercise start {name or 'NAME'}")
    return background.ask(lab, do, within_s=_PATIENCE_S)

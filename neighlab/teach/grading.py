"""A solution is run in a jail inside a lab of its own, and judged when it, and all that it started, is gone."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any, Final, NoReturn

from neighlab.errors import NeighlabError, ScenarioError
from neighlab.kernel import nlattr, rtneightbl
from neighlab.kernel.pressure import TableFull
from neighlab.lab import channel as wire
from neighlab.lab import commands, jailroot, problems
from neighlab.lab.jail import CannotConfine, Jail
from neighlab.lab.jailed import Limits
from neighlab.lab.lab import Lab
from neighlab.lab.owner import Owner
from neighlab.lab.recorder import heard
from neighlab.model.grades import Attempt, CheckResult
from neighlab.model.nud import NUD
from neighlab.model.result import CaseResult
from neighlab.runner.discovery import bundled, one_line
from neighlab.teach import room
from neighlab.teach.folder import Folder, hosts_of
from neighlab.teach.session import Session
from neighlab.teach.submissions import Submission

_SHARE: Final = 4
"""One lab may fill so much of the kernel's neighbour table: a quarter."""
_PUMP_S: Final = 1.0
"""How long taking in what has happened may take, in seconds of processor time."""
_FLOODED: Final = "it caused more frames and neighbour events than a lab writes down"
_TOLD: Final = 2000
"""How many lines of a timeline are kept for the feedback."""


@dataclass(frozen=True, slots=True)
class Options:
    """How submissions are graded."""

    limits: Limits = field(default_factory=Limits)
    """But for the time, which the exercise says."""
    time_scale: float = 3.0
    """Deadlines of checks are generous: a busy machine must not cost a point."""
    twice: bool = False
    """Run the checks again, for an author who wants to know that they say the same."""
    hidden: tuple[Path, ...] = ()
    """Folders that no submission may see: where all submissions lie."""


def work(folder: Folder, submission: Submission, options: Options) -> Callable[[socket.socket], None]:
    """What the first process of the sandbox does: build the lab, run the submission, judge, and tell."""

    def run(channel: socket.socket) -> None:
        def make_room(lab: Lab) -> None:
            wire.send(channel, ("room", room.census(lab)))
            wire.receive(channel)

        try:
            message: tuple[str, Any] = "attempt", attempted(folder, submission, options, make_room).to_plain()
        except NeighlabError as problem:
            message = problems.packed(problem)
        except Exception as problem:  # nothing of a stranger's has run yet
            message = problems.packed(ScenarioError(f"{folder.name} cannot be prepared: {one_line(problem)}"))
        wire.send(channel, message)

    return run


def attempted(folder: Folder, submission: Submission, options: Options, make_room: Callable[[Lab], object]) -> Attempt:
    """Grade one submission; must be called in the first process of a sandbox. `make_room` is called when the lab is
    prepared, if the exercise limits the kernel's neighbour table.

    What is raised is the exercise's or this machine's fault: whatever a stranger makes of his lab, he gets a grade.
    """
    exercise = folder.exercise
    started = time.monotonic()
    hosts = hosts_of(exercise)
    owner = Owner()
    owned = exercise.yours or hosts

    def make_net(name: str) -> int | None:
        return owner.new_net() if name in owned else None

    try:
        session = Session(exercise, time_scale=options.time_scale, make_net=make_net)
    except TableFull as problem:  # by somebody beside it: it is graded again, alone
        return blank(folder, submission, str(problem))
    if exercise.room:
        make_room(session.lab)
    owner.seal()
    commands.install(session.yours, {"frame": frame_command()}, uid=owner.uid)
    limits = replace(options.limits, time_s=exercise.time_s)
    jail = Jail(
        _command(submission), _view(folder, submission, session, owner, options), owner, limits,
        keeps_running=exercise.keeps_running,
    )  # fmt: skip
    attempt = blank(folder, submission)
    try:
        _judge(attempt, session, jail, _LabGuard(session.lab, limits, alone=bool(exercise.room)), twice=options.twice)
    except CannotConfine:
        raise
    except Exception as problem:
        attempt.ended = f"its lab could not be judged: {one_line(problem)}"
    finally:
        jail.end()
    attempt.output, attempt.discarded_bytes = jail.output.decode(errors="replace"), jail.discarded_bytes
    attempt.case = _case(folder, attempt, session)
    attempt.case.duration_ms = (time.monotonic() - started) * 1000
    return attempt


def _judge(attempt: Attempt, session: Session, jail: Jail, guard: _LabGuard, *, twice: bool) -> None:
    """Wait for the program's end and run the checks."""
    ended = jail.run(guard.broken)
    attempt.status, attempt.ended = ended.status, ended.limit
    if ended.limit:
        return
    if not session.exercise.keeps_running:
        jail.end()
    attempt.checks = session.check(commands.answers())
    if twice and (said := _contradiction(attempt.checks, session.check(commands.answers()))):
        attempt.ended = f"its check `{said}` says something else when it is run again"
    elif session.exercise.keeps_running:
        attempt.ended = jail.broken()


def _contradiction(first: list[CheckResult], second: list[CheckResult]) -> str:
    """The name of a check that did not say the same twice, or nothing."""
    return next((one.name for one, other in zip(first, second, strict=True) if one.passed != other.passed), "")


def blank(folder: Folder, submission: Submission, ended: str = "") -> Attempt:
    """The attempt of a submission of which nothing is known yet, or which has `ended` without a result."""
    checks = [CheckResult(one.name, one.claim, one.points, False, one.kept) for one in folder.exercise.checks]
    return Attempt(folder.name, submission.student, checks, ended)


def frame_command() -> str:
    """The command `frame`, as a shell script: sends a frame from the host that it runs on."""
    return f'#!/bin/sh\nexec {sys.executable} -P -m neighlab.cli.frame "$@"\n'


class _TooMuch(Exception):
    """Something has used up its processor time."""


@contextlib.contextmanager
def _computing(limit_s: float) -> Iterator[None]:
    """Raise _TooMuch in the block when it has computed for so long; waiting, and a busy machine, do not count."""

    def ring(_number: int, _frame: FrameType | None) -> NoReturn:
        raise _TooMuch

    signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class _LabGuard:
    """Says when a program has made its lab, or the kernel, hold too much."""

    def __init__(self, lab: Lab, limits: Limits, *, alone: bool) -> None:
        """With `alone` the kernel's neighbour table is the lab's own: nobody else is hurt if it is full."""
        self._lab = lab
        self._alone = alone
        self._most = len(lab.timeline) + len(lab.frames) + limits.happenings

    def broken(self) -> str:
        """The limit that is broken, or nothing."""
        try:
            with _computing(_PUMP_S):  # what comes in faster than it can be written down would never come to an end
                self._lab.pump()
        except _TooMuch:
            return _FLOODED
        if len(self._lab.timeline) + len(self._lab.frames) > self._most:
            return _FLOODED
        return "it filled the kernel's neighbour table" if not self._alone and self._fills_table() else ""

    def _fills_table(self) -> bool:
        tables = self._lab.plumbing.root.collect(
            nlattr.RTM_GETNEIGHTBL, rtneightbl.encode_dump(0), "read the neighbour tables", rtneightbl.decode_tables
        )
        for table in tables:
            if table.config is not None and table.thresh3 is not None and table.config.entries > table.thresh3 // 2:
                mine = sum(self._entries(name, table.family) for name in self._lab.hosts)
                if mine > table.thresh3 // _SHARE:
                    return True
        return False

    def _entries(self, host: str, family: int) -> int:
        found = self._lab.hosts[host].neigh_dump(family=6 if family == socket.AF_INET6 else 4)
        return sum(1 for one in found if one.state not in (NUD.PERMANENT, NUD.NOARP))


def _command(submission: Submission) -> Sequence[str]:
    shell = "/bin/bash" if Path("/bin/bash").exists() else "/bin/sh"
    return (sys.executable if submission.suffix == ".py" else shell, f"/run/neighlab/{_script(submission)}")


def _script(submission: Submission) -> str:
    return f"solution{submission.suffix}"


def _view(folder: Folder, submission: Submission, session: Session, owner: Owner, options: Options) -> jailroot.View:
    names = "127.0.0.1 localhost\n"
    for host in session.lab.hosts.values():
        names += "".join(f"{addr} {host.name}\n" for intf in host.node.intfList()[:1] for addr in intf.addrs)
    nets = [owner.net_fd, *(session.lab.plumbing.namespaces[name][0].fd for name in session.yours)]
    hidden = (bundled(), folder.path, *options.hidden)
    return jailroot.View(
        session.yours, nets, session.lab.plumbing.home, names, hidden, _script(submission), submission.content,
        options.limits.disk_bytes, owner.uid,
    )  # fmt: skip


def _case(folder: Folder, attempt: Attempt, session: Session) -> CaseResult:
    """What happened in the lab while the solution ran, in the form in which reports and drawings take it."""
    lab = session.lab
    case = CaseResult(folder.name, attempt.student, folder.exercise.title, "passed" if attempt.solved else "failed")
    case.reason = attempt.ended or next((one.said for one in attempt.checks if not one.passed), "")
    case.timeline = session.worked()[:_TOLD]
    case.evidence = heard(lab, case.timeline, since_ms=session.begun_ms)
    case.epoch_s = time.time() - lab.timeline.now_ms() / 1000
    return case

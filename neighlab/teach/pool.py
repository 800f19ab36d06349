"""Submissions are graded side by side, and none can cost another a point.

A solution that falls short while somebody else broke a limit, or while the kernel's neighbour table (which all labs of
a machine share) had no room, or whose lab was ended from outside, is graded once more, alone, and only
that counts. Who disturbs all others is thereby left with nobody but itself.
"""

from __future__ import annotations

import contextlib
import gc
import os
import select
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import tableuse
from neighlab.kernel.pressure import Pressure
from neighlab.lab import channel as wire
from neighlab.lab import problems, sandbox
from neighlab.lab.jail import LATE
from neighlab.model.grades import Attempt
from neighlab.runner import interrupts
from neighlab.runner.inflight import TableKeeper
from neighlab.runner.pool import SHARED_PATIENCE_S, how_it_ended, warm_up
from neighlab.teach import room
from neighlab.teach.folder import Folder
from neighlab.teach.grading import Options, blank, work
from neighlab.teach.session import CHECK_S
from neighlab.teach.submissions import Submission

_BUILD_S: Final = 60.0
"""How long building a lab and a jail may take on a busy machine."""
_GRACE_S: Final = 5.0


class Listener(Protocol):
    """Who wants to know how the grading goes on."""

    def finished(self, attempt: Attempt) -> None:
        """One submission has its grade."""


@dataclass(slots=True)
class _Run:
    """One submission's way through its sandbox."""

    index: int
    box: sandbox.Sandbox
    inbox: wire.Inbox
    slot: int
    started: float
    deadline: float
    attempt: Attempt
    make_room: Callable[[Any], None]
    """Called with what its lab has told, if its exercise limits the kernel's neighbour table."""
    ended: float = 0.0
    lost: bool = False
    """Its sandbox ended without a word: somebody outside ended it, as nobody inside can."""

    def heed(self) -> None:
        """Take in what the sandbox says: its attempt, or why there can be none."""
        messages: list[Any] = []
        gone = False
        try:
            messages, gone = self.inbox.read()
            for kind, value in messages:
                if kind in problems.KINDS:
                    raise problems.KINDS[kind](value)
                if kind == "room":
                    self.make_room(value)
                    self._tell("made")
                    return
                self.attempt = Attempt.from_plain(value)
        except (wire.Nonsense, LookupError, TypeError, ValueError):
            self.box.kill()
            self.attempt.ended = "its sandbox reported something else than a grade"
            messages = [()]
        if gone and not messages:
            self.box.reap(_GRACE_S)
            self.lost = True
            self.attempt.ended = how_it_ended(self.box, "solution")
        if gone or messages:
            self.finish()

    def _tell(self, word: str) -> None:
        with contextlib.suppress(OSError):  # it may have ended meanwhile: its end of the channel will say so
            self.box.channel.setblocking(True)
            wire.send(self.box.channel, (word,))
            self.box.channel.setblocking(False)

    def finish(self) -> None:
        """It is over, and its sandbox goes."""
        self.ended = time.monotonic()
        self.box.reap(_GRACE_S)

    def overlaps(self, start: float, end: float) -> bool:
        """Has it been running at some moment between two?"""
        return self.started < end and start < self.ended


@dataclass
class Graders:
    """Grades submissions, `jobs` at a time."""

    folders: dict[str, Folder]
    options: Options = field(default_factory=Options)
    jobs: int = 1
    listener: Listener | None = None
    waiting: Callable[[], object] | None = None
    """Called when somebody else on this machine has the neighbour table to himself, and everybody has to wait."""
    table: room.Keeping | None = None
    """Takes hold of the kernel's neighbour table, for the exercises that need all of it."""
    _keeper: TableKeeper | None = None

    def grade(self, submissions: Sequence[Submission]) -> list[Attempt]:
        """Grade all and return their grades in the same order.

        Raises EnvironmentProblem, Unsupported or ScenarioError when an exercise cannot be held here. What needs the
        kernel's whole neighbour table comes last, one by one: there is nobody whom it could disturb.
        """
        for folder in self.folders.values():
            room.demand(folder.exercise, self.table)
        warm_up(folder.exercise.topology for folder in self.folders.values())
        gc.freeze()
        results: dict[int, Attempt] = {}
        shared = deque((index, one) for index, one in enumerate(submissions) if not self._needs_table(one))
        alone = deque((index, one) for index, one in enumerate(submissions) if self._needs_table(one))
        try:
            with tableuse.held(alone=False, patience_s=SHARED_PATIENCE_S, waiting=self.waiting):
                over, tight = self._drain(shared, self.jobs, results)
                again = deque((one.index, submissions[one.index]) for one in over if self._disturbed(one, over, tight))
                repeated = {index for index, _submission in again}
                self._settle([one for one in over if one.index not in repeated], results)
                last, _tight = self._drain(again, 1, results)
                self._settle(last, results)
                for index in repeated:
                    results[index].disturbed = True
            if alone and self.table is not None:
                with self.table() as self._keeper:
                    last, _tight = self._drain(alone, 1, results)
                    self._settle(last, results)
                    self._keeper = None
        finally:
            gc.unfreeze()
        return [results[index] for index in sorted(results)]

    def _needs_table(self, submission: Submission) -> bool:
        return self.folders[submission.exercise].exercise.room > 0

    @interrupts.held_back()
    def _drain(
        self, queue: deque[tuple[int, Submission]], width: int, results: dict[int, Attempt]
    ) -> tuple[list[_Run], list[tuple[float, float]]]:
        """Run a queue to its end, and finish what needs no second thought: what is solved, and what cannot be run.

        Returns the others, and when the kernel's neighbour table had no room.
        """
        running: list[_Run] = []
        over: list[_Run] = []
        tight: list[tuple[float, float]] = []
        cpus = sorted(os.sched_getaffinity(0))
        looked, table = time.monotonic(), Pressure()
        try:
            while queue or running:
                while queue and len(running) < width:
                    interrupts.hear()
                    index, submission = queue.popleft()
                    if submission.problem:
                        unread = blank(self.folders[submission.exercise], submission, submission.problem)
                        self._finish(index, unread, results)
                        continue
                    slot = min(set(range(width)) - {one.slot for one in running})
                    running.append(self._start(index, submission, slot, cpus[slot % len(cpus)]))
                self._wait(running)
                now = time.monotonic()
                if table.grown():
                    tight.append((looked, now))
                looked = now
                for one in [one for one in running if one.ended]:
                    running.remove(one)
                    if self._keeper is not None:
                        self._keeper.restore()
                    if one.attempt.solved:
                        self._finish(one.index, one.attempt, results)
                    else:
                        over.append(one)
        finally:
            for one in running:
                one.box.kill()
                one.box.reap(_GRACE_S)
        return over, tight

    def _start(self, index: int, submission: Submission, slot: int, cpu: int) -> _Run:
        folder = self.folders[submission.exercise]
        box = sandbox.spawn(work(folder, submission, self.options), cpu=cpu)
        checks_s = len(folder.exercise.checks) * CHECK_S * self.options.time_scale
        now = time.monotonic()
        limit_s = _BUILD_S + folder.exercise.time_s + checks_s

        def make_room(told: Any) -> None:
            if self._keeper is None:
                raise wire.Nonsense("it asks for room that its exercise does not need")
            room.make(folder.exercise, self._keeper, told)

        return _Run(index, box, wire.Inbox(box.channel), slot, now, now + limit_s, blank(folder, submission), make_room)

    def _wait(self, running: list[_Run]) -> None:
        """Wait until a sandbox reports, ends or has used up its time."""
        if not running:
            return
        poll = select.poll()
        for one in running:
            poll.register(one.box.channel, select.POLLIN)
        left = min(one.deadline for one in running) - time.monotonic()
        ready = {fd for fd, _event in interrupts.poll(poll, max(0.0, left) * 1000)}
        for one in running:
            if one.box.channel.fileno() in ready:
                one.heed()
            elif time.monotonic() > one.deadline:
                one.box.kill()
                one.attempt.ended = "the lab that it left behind kept the checks waiting until their time was up"
                one.finish()

    def _disturbed(self, one: _Run, over: Sequence[_Run], tight: Sequence[tuple[float, float]]) -> bool:
        """May somebody else have had a hand in it: who broke a limit meanwhile, who filled the kernel's neighbour
        table, who ended its lab, or merely who ran beside it while its time ran out?
        """
        if one.lost or (self.jobs > 1 and one.attempt.ended.startswith(LATE)):
            return True
        offences = [(other.started, other.ended) for other in over if other is not one and other.attempt.ended]
        return any(one.overlaps(*when) for when in [*offences, *tight])

    def _settle(self, over: Sequence[_Run], results: dict[int, Attempt]) -> None:
        """Take these grades as they are."""
        for one in over:
            if one.box.stopped():
                raise EnvironmentProblem("somebody ends this grading's labs (`neighlab stop`): begin again")
            self._finish(one.index, one.attempt, results)

    def _finish(self, index: int, attempt: Attempt, results: dict[int, Attempt]) -> None:
        results[index] = attempt
        if self.listener is not None:
            self.listener.finished(attempt)

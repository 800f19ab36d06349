"""The checks ask the kernel when the student is not looking: what they send or cause is never taken for his work."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from neighlab.errors import ExpectationFailed
from neighlab.kernel.pressure import Pressure, TableFull
from neighlab.lab.capture import Capture, Direction, fits
from neighlab.lab.lab import Lab
from neighlab.model.grades import CheckResult
from neighlab.model.timeline import Entry
from neighlab.runner.discovery import one_line
from neighlab.runner.execute import alarm
from neighlab.teach.registry import Check, Exercise, Rejected
from neighlab.wire.tap import Seen

TITLE = "exercises/"
"""What the title of an exercise's lab begins with; its name follows."""
CHECK_S = 30.0
"""How long one check may take, times the time scale."""


class Work(Capture):
    """What one host sent and received while the student worked, and not while the checks did."""

    def __init__(self, lab: Lab, host: str, heard: Sequence[Seen]) -> None:
        super().__init__(lab, host)
        self._heard = [one for one in heard if one.host == host]

    def frames(self, direction: Direction = "sent", **fields: Any) -> list[Seen]:
        """The frames whose fields (of model.frames.Parsed) have these values; see Capture.frames."""
        return [one for one in self._heard if one.direction == direction and fits(one, fields)]

    def expect(
        self, count: int | range, direction: Direction = "sent", *, within_ms: float = 0, **fields: Any
    ) -> list[Seen]:
        """Expect `count` such frames and return them; the work is over, so there is nothing to wait for."""
        return super().expect(count, direction, within_ms=within_ms, **fields)


class Answers(Mapping[str, str]):
    """What was handed in, by name; remembers the name that was looked for in vain."""

    def __init__(self, given: Mapping[str, str]) -> None:
        self._given = given
        self.lacking = ""

    def __getitem__(self, name: str) -> str:
        if name not in self._given:
            self.lacking = name
        return self._given[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __len__(self) -> int:
        return len(self._given)


class Session:
    """One exercise's lab, from its preparation to its checks; must live in the first process of a sandbox."""

    def __init__(
        self,
        exercise: Exercise,
        *,
        time_scale: float = 1.0,
        make_net: Callable[[str], int | None] | None = None,
    ) -> None:
        self.exercise = exercise
        self.time_scale = time_scale
        table = Pressure()
        try:
            self.lab = Lab(
                exercise.topology,
                families=exercise.family,
                time_scale=time_scale,
                make_net=make_net,
                title=TITLE + exercise.name,
            )
            exercise.call(exercise.prepare, self.lab, {})
        except Exception:
            if told := table.told():
                raise TableFull(told) from None
            raise
        self._heard: list[Seen] = []
        self._last: Seen | None = None
        self._judged_ms = math.inf
        self._begin()
        self.begun_ms = self.lab.timeline.now_ms()
        """When the student's work began, on the clock of the lab's timeline."""

    @property
    def yours(self) -> list[str]:
        """The hosts that the student administers."""
        return list(self.exercise.yours or self.lab.hosts)

    def check(self, answers: Mapping[str, str]) -> list[CheckResult]:
        """Run all checks, each whatever became of the others, in their order; then the work may go on."""
        self.lab.pump()
        self._judged_ms = min(self._judged_ms, self.lab.timeline.now_ms())
        self._heard += self._new()
        work = {name: Work(self.lab, name, self._heard) for name in self.lab.hosts}
        results = [
            self._run(one, Answers(answers), {"lab": self.lab, "captures": work}) for one in self.exercise.checks
        ]
        self._begin()
        return results

    def worked(self) -> list[Entry]:
        """What happened between the preparation and the first check; what those two did would tell the answers."""
        return [one for one in self.lab.timeline.sorted() if self.begun_ms <= one.t_ms < self._judged_ms]

    def _begin(self) -> None:
        """From now on the student works."""
        self.lab.pump()
        self._last = self.lab.frames[-1] if self.lab.frames else None

    def _new(self) -> list[Seen]:
        """What has been heard since the work began, as far as the lab remembers."""
        found = []
        for one in reversed(self.lab.frames):
            if one is self._last:
                break
            found.append(one)
        return found[::-1]

    def _run(self, check: Check, answers: Answers, given: Mapping[str, Any]) -> CheckResult:
        result = CheckResult(check.name, check.claim, check.points, False, check.kept)
        expected = len(self.lab.expectations)
        self.lab.act("lab", "check", check.claim)  # what was so while the student worked is no answer: the present is
        try:
            with alarm(CHECK_S * self.time_scale):
                self.exercise.call(check.function, self.lab, {**given, "answers": answers})
            result.passed = True
        except Rejected as problem:
            result.said = str(problem)
        except ExpectationFailed:
            result.said = check.otherwise
        except Exception as problem:  # whoever administrates a host can make it unfit for any question
            result.said = check.otherwise
            result.observed = one_line(problem)
        made = self.lab.expectations[expected:]
        if not result.passed and made and not made[-1].passed:
            result.expected = f"{made[-1].subject}: {made[-1].expected}"
            result.observed = f"{made[-1].subject}: {made[-1].observed}"
        if not result.passed and answers.lacking:
            result.said, result.observed = f"Nothing has been handed in for it yet: answer {answers.lacking} ...", ""
        return result

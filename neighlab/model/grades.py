"""A grade is a plain value: what was checked, what it was worth, and in one sentence why it was not earned."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from neighlab.model.result import CaseResult


@dataclass(slots=True)
class CheckResult:
    """What one check of an exercise found."""

    name: str
    claim: str
    """What is checked, as a sentence."""
    points: int
    """What it is worth."""
    passed: bool
    kept: bool = False
    """It held already before the student began: alone it earns nothing."""
    said: str = ""
    """What a student whose work does not pass is told; empty when it passed."""
    expected: str = ""
    """What would have been right, for authors and teachers: no student is shown it."""
    observed: str = ""
    """What was looked at, and what was found: `victim eth0 192.0.2.99: ABSENT`."""

    @property
    def earned(self) -> int:
        """The points that it brought."""
        return self.points if self.passed else 0


@dataclass(slots=True)
class Attempt:
    """What one student's solution of one exercise is worth."""

    exercise: str
    student: str
    checks: list[CheckResult] = field(default_factory=list)
    ended: str = ""
    """Why it is worth nothing whatever it did: the limit that it broke. Empty for one that came to its end."""
    status: int | None = None
    """The script's exit status (-N: signal N ended it); None when it did not end by itself."""
    output: str = ""
    """The beginning of what it printed, as it stands: hostile text."""
    discarded_bytes: int = 0
    """How much more it printed."""
    disturbed: bool = False
    """Somebody else used up what all labs of a machine share, so that a miss may not be its own."""
    case: CaseResult | None = None
    """What happened in its lab: expectations and timeline."""

    @property
    def earned(self) -> int:
        """The points that it brought: none when it broke a limit, or changed nothing for the better."""
        if self.ended or not any(one.passed and not one.kept for one in self.checks):
            return 0
        return sum(one.earned for one in self.checks)

    @property
    def most(self) -> int:
        """The points that could be had."""
        return sum(one.points for one in self.checks)

    @property
    def untouched(self) -> bool:
        """Does only what held before the student began hold, so that nothing is earned for it?"""
        return any(one.passed for one in self.checks) and all(one.kept for one in self.checks if one.passed)

    @property
    def solved(self) -> bool:
        """Has it earned all that there was?"""
        return not self.ended and bool(self.checks) and all(one.passed for one in self.checks)

    def to_plain(self) -> dict[str, Any]:
        """The attempt as dicts and lists, fit for JSON; from_plain makes it whole again."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        plain["checks"] = [asdict(one) for one in self.checks]
        plain["case"] = self.case.to_plain() if self.case is not None else None
        return plain

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Attempt:
        """The inverse of to_plain; LookupError, TypeError or ValueError when `plain` is something else."""
        attempt = cls(**{name: plain[name] for name in _PLAIN})
        attempt.checks = [CheckResult(**one) for one in plain["checks"]]
        if plain["case"] is not None:
            attempt.case = CaseResult.from_plain(plain["case"])
        return attempt


_PLAIN = ("exercise", "student", "ended", "status", "output", "discarded_bytes", "disturbed")

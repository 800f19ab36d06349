"""A score counts what was asked and could be decided, by scenario; it grows in a file only if somebody names one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from neighlab.errors import ScenarioError
from neighlab.teach.predict.verdicts import Verdict

SCORE_SCHEMA: Final = "neighlab.score/1"


@dataclass(slots=True)
class Count:
    """Predictions: how many were asked for, were right, were right only after a hint, were left unanswered."""

    asked: int = 0
    right: int = 0
    hinted: int = 0
    unanswered: int = 0

    def add(self, other: Count) -> None:
        """Count the other's as well."""
        self.asked += other.asked
        self.right += other.right
        self.hinted += other.hinted
        self.unanswered += other.unanswered

    def __str__(self) -> str:
        said = f"{self.right} of {self.asked} right"
        said += f", {self.hinted} of them after a hint" if self.hinted else ""
        return said + (f", {self.unanswered} without an answer" if self.unanswered else "")


@dataclass(slots=True)
class Score:
    """Counts by scenario, in the order in which they were met."""

    scenarios: dict[str, Count] = field(default_factory=dict)
    sessions: int = 0

    @classmethod
    def of(cls, verdicts: Iterable[Verdict]) -> Score:
        """The score of one session; what could not be decided does not count."""
        score = cls(sessions=1)
        for one in verdicts:
            if one.right is not None:
                count = score.scenarios.setdefault(one.question.selected.scenario.name, Count())
                count.add(Count(1, int(one.right), int(one.right and one.hinted), int(one.given is None)))
        return score

    def total(self) -> Count:
        """All scenarios together."""
        total = Count()
        for count in self.scenarios.values():
            total.add(count)
        return total

    def add(self, other: Score) -> None:
        """Add another score to this one."""
        self.sessions += other.sessions
        for name, count in other.scenarios.items():
            self.scenarios.setdefault(name, Count()).add(count)

    def to_plain(self) -> dict[str, Any]:
        """The document that a score file holds."""
        return {
            "schema": SCORE_SCHEMA,
            "sessions": self.sessions,
            "total": asdict(self.total()),
            "scenarios": {name: asdict(count) for name, count in self.scenarios.items()},
        }


def read_score(file: Path) -> Score:
    """The score that a file holds, an empty one if it is not there yet; ScenarioError if it holds something else."""
    try:
        plain = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Score()
    except OSError as problem:
        raise ScenarioError(f"cannot read {file}: {problem.strerror}") from None
    except ValueError:
        plain = None
    if not isinstance(plain, Mapping) or plain.get("schema") != SCORE_SCHEMA:
        raise ScenarioError(f"{file} is no score of neighlab ({SCORE_SCHEMA}): name another file")
    try:
        counts = {
            str(name): Count(**{key: int(n) for key, n in one.items()}) for name, one in plain["scenarios"].items()
        }
        return Score(counts, int(plain["sessions"]))
    except (LookupError, TypeError, ValueError, AttributeError):
        raise ScenarioError(f"{file} is a score that something has changed: name another file, or mend it") from None

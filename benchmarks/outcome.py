"""A row of the table is a figure and the wanted one; whether they agree is for the reader, not an assertion."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import Literal


class NotMeasured(Exception):
    """A row has no figure: what it compares with is not on this machine, or this user may not run it."""


@dataclass
class Outcome:
    """What was measured: the figure, what is wanted of it, and the seconds (or what `note` says) behind it."""

    what: str
    figure: float
    wanted: float
    relation: Literal["<=", ">=", "=="]
    unit: str = "x"
    seconds: dict[str, float] = field(default_factory=dict)
    note: str = ""

    @property
    def met(self) -> bool:
        """Does the figure stand in the wanted relation?"""
        return {
            "<=": self.figure <= self.wanted,
            ">=": self.figure >= self.wanted,
            "==": self.figure == self.wanted,
        }[self.relation]


def interleaved(
    runs: int, *, between: Callable[[], object] = lambda: None, **sides: Callable[[], float]
) -> dict[str, float]:
    """The median of each side's seconds over `runs` rounds; in every other round the sides take turns backwards.

    A disturbance of the machine that lasts longer than a round so falls on all sides. One round before is not
    counted: it pays for caches and imports. `between` is called before each measurement.
    """
    samples: dict[str, list[float]] = {name: [] for name in sides}
    for turn in range(runs + 1):
        for name in sides if turn % 2 else reversed(sides):
            between()
            samples[name].append(sides[name]())
    return {name: median(taken[1:]) for name, taken in samples.items()}


def timed(work: Callable[[], object]) -> Callable[[], float]:
    """The same work as a side for interleaved(): calling it tells how many seconds it took."""

    def side() -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    return side

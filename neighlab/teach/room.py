"""A neighbour table is nearly full only where the kernel's own was lent to the exercise, and it is given back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TypeAlias

from neighlab.errors import Unsupported
from neighlab.lab.lab import Lab
from neighlab.lab.table import Table
from neighlab.runner.inflight import TableKeeper
from neighlab.teach.registry import Exercise

Keeping: TypeAlias = Callable[[], AbstractContextManager[TableKeeper]]
"""Takes hold of the kernel's neighbour table (runner.table_keeper.GuardKeeper)."""


def demand(exercise: Exercise, table: object) -> None:
    """Raise Unsupported if an exercise needs the kernel's whole table, and there is no `table` to be lent."""
    if exercise.room and table is None:
        raise Unsupported(f"{exercise.name} needs the kernel's whole neighbour table: run it as root with --host-table")


def census(lab: Lab) -> dict[str, int]:
    """What a lab must tell, for room to be made in the table of its (first) family."""
    return Table(lab).census()


def make(exercise: Exercise, keeper: TableKeeper, told: Mapping[str, int]) -> None:
    """Let as many more entries fit as the exercise says, beside those that its lab has `told` of; EnvironmentProblem
    where this machine's own would not.
    """
    keeper.answer({"do": "room", "n": exercise.room, "soft": None, **told})

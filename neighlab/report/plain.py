"""Whatever a scenario calls itself, its report stays one line where one line is meant."""

from __future__ import annotations

from collections.abc import Iterable

from neighlab.model.result import CaseResult


def printable(text: str) -> str:
    """Escape what a terminal would obey instead of show: control characters, line ends, lone surrogates."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)


def case_label(case: CaseResult) -> str:
    """The case's name; from the second repetition on with its number."""
    name = printable(case.case)
    return name if case.repetition == 1 else f"{name} ({case.repetition})"


def by_scenario(cases: Iterable[CaseResult]) -> dict[str, list[CaseResult]]:
    """The cases of each scenario together, scenarios in the order of their first case."""
    groups: dict[str, list[CaseResult]] = {}
    for case in cases:
        groups.setdefault(case.scenario, []).append(case)
    return groups

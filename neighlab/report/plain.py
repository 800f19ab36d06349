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


def duration(seconds: float) -> str:
    """`4.2 s`, `3 min`, `2 h 5 min`, `3 d 4 h`."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{seconds:.1f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 24 else f"{hours // 24} d {hours % 24} h"

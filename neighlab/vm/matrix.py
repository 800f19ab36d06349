"""Where two kernels differ, a case says since or until when it holds - or the difference is unexplained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from neighlab.kernel.features import parse_version
from neighlab.model.result import CaseResult, RunResult
from neighlab.runner.discovery import Selected

Verdict = Literal["unexplained", "explained", "unfinished", "same"]
ORDER: Final[tuple[Verdict, ...]] = ("unexplained", "explained", "unfinished", "same")
"""Differences come first, and of these the ones that somebody has to look at."""
_LACKING: Final = "Unsupported: "


@dataclass(frozen=True, slots=True)
class Column:
    """One kernel: what it is called in the matrix, and its run."""

    label: str
    run: RunResult


@dataclass(frozen=True, slots=True)
class Row:
    """One case under every kernel; `cells` has a result for each column, None where the case did not run any more."""

    scenario: str
    case: str
    claim: str
    cells: tuple[CaseResult | None, ...]
    verdict: Verdict
    why: tuple[str, ...]
    """What explains the difference, or what is unexplained, one sentence each."""

    @property
    def name(self) -> str:
        """`SCENARIO:CASE`."""
        return f"{self.scenario}:{self.case}"


@dataclass(frozen=True, slots=True)
class Matrix:
    """All cases under all kernels, differences first."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    def totals(self) -> dict[str, int]:
        """The number of rows by verdict; every verdict is there."""
        return {str(verdict): sum(row.verdict == verdict for row in self.rows) for verdict in ORDER}

    def exit_code(self) -> int:
        """0 when every difference is explained, 1 when one is not, 4 when nothing passed, 130 when interrupted."""
        if any(column.run.interrupted for column in self.columns):
            return 130
        if any(row.verdict == "unexplained" for row in self.rows):
            return 1
        return 0 if any(column.run.totals()["passed"] for column in self.columns) else 4


def matrix(selection: Sequence[Selected], columns: Sequence[Column]) -> Matrix:
    """Put the runs of the selected cases side by side."""
    found = [{one.name: one for one in column.run.cases} for column in columns]
    rows = [_row(one, columns, tuple(results.get(one.name) for results in found)) for one in selection]
    return Matrix(tuple(columns), tuple(sorted(rows, key=lambda row: ORDER.index(row.verdict))))


def _row(selected: Selected, columns: Sequence[Column], cells: tuple[CaseResult | None, ...]) -> Row:
    scenario, case = selected
    broken = [
        f"{column.label}: {_what_happened(cell)}"
        for column, cell in zip(columns, cells, strict=True)
        if cell is not None and cell.outcome in ("failed", "error")
    ]
    bounds, lacks = [], []
    for column, cell in zip(columns, cells, strict=True):
        if cell is not None and cell.outcome == "skipped":
            version = parse_version(column.run.kernel)
            if case.since is not None and version < parse_version(case.since):
                bounds.append(f"since {case.since}")
            elif case.until is not None and version >= parse_version(case.until):
                bounds.append(f"until {case.until}")
            else:
                lacks.append(f"{column.label}: {cell.reason.removeprefix(_LACKING)}")
    outcomes = {cell.outcome for cell in cells if cell is not None}
    verdict: Verdict = "unexplained" if broken else "explained" if len(outcomes) > 1 else "same"
    if not broken and None in cells:
        verdict = "unfinished"
    said = (broken, [*dict.fromkeys(bounds), *lacks], [], lacks[:1])[ORDER.index(verdict)]
    return Row(scenario.name, case.name, scenario.claim, cells, verdict, tuple(said))


def _what_happened(cell: CaseResult) -> str:
    for one in cell.expectations:
        if not one.passed:
            return f"{one.subject}: expected {one.expected}, observed {one.observed}"
    return cell.reason

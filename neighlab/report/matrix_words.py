"""What a matrix says is said in the same words on a terminal and on a page."""

from __future__ import annotations

from typing import Final

from neighlab.model.result import CaseResult
from neighlab.vm.matrix import Matrix, Verdict

WORDS: Final = {"passed": "pass", "failed": "FAIL", "skipped": "skip", "error": "ERROR", None: "-"}
HEADINGS: Final[dict[Verdict, str]] = {
    "unexplained": "Unexplained: a case does not hold, and does not say since or until when it should",
    "explained": "Explained: a case says where it holds, or a kernel lacks what it needs",
    "unfinished": "Unfinished: the run was ended before every kernel had answered",
    "same": "The same under every kernel",
}


def word(cell: CaseResult | None) -> str:
    """A cell in one word."""
    return WORDS[cell.outcome if cell is not None else None]


def conclusion(table: Matrix) -> list[str]:
    """The last lines: each kernel's run, and how many cases differ."""
    lines = []
    for column in table.columns:
        run, counts = column.run, column.run.totals()
        stretched = f", deadlines x{run.time_scale:g}" if run.time_scale != 1 else ""
        lines.append(
            f"{column.label}: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped, "
            f"{counts['error']} errors in {run.duration_ms / 1000:.1f} s  ({run.mode}{stretched})"
        )
    totals = table.totals()
    lines.append(f"{totals['unexplained']} unexplained, {totals['explained']} explained, {totals['same']} the same")
    if totals["unfinished"]:
        lines[-1] += f", {totals['unfinished']} unfinished (interrupted)"
    return lines

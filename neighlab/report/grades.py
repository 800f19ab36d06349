"""Whatever a student calls himself, a table of grades stays a table: no formula, no escape sequence, no second line."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any, Final

from neighlab.model.grades import Attempt
from neighlab.report.json import json_text
from neighlab.report.plain import printable

SCHEMA: Final = "neighlab.grades/1"
_FORMULA: Final = ("=", "+", "-", "@")
_COLUMNS: Final = ("student", "exercise", "points", "of", "solved", "reason")


def grades_csv(attempts: Sequence[Attempt]) -> str:
    """One line for each student and exercise: student, exercise, points, of, solved, reason (of a zero)."""
    rows: list[Sequence[Any]] = [_COLUMNS]
    for one in attempts:
        rows.append((one.student, one.exercise, one.earned, one.most, "yes" if one.solved else "no", one.ended))
    return _csv(rows)


def matrix_csv(attempts: Sequence[Attempt]) -> str:
    """One line for each student, one column for each exercise: points, empty where nothing was handed in; a total."""
    students, exercises, cells = table(attempts)
    rows: list[Sequence[Any]] = [("student", *exercises, "total")]
    for student in students:
        found = [cells.get((student, exercise)) for exercise in exercises]
        points = [one.earned if one is not None else "" for one in found]
        rows.append((student, *points, sum(one.earned for one in found if one is not None)))
    return _csv(rows)


def grades_json(attempts: Sequence[Attempt], kernel: str) -> str:
    """Everything about every attempt but its timeline, as one document of the schema neighlab.grades/1."""
    plain = []
    for one in attempts:
        rest = one.to_plain()
        del rest["case"]
        plain.append({**rest, "points": one.earned, "of": one.most, "solved": one.solved})
    totals = {"attempts": len(attempts), "solved": sum(one.solved for one in attempts)}
    return json_text({"schema": SCHEMA, "kernel": kernel, "totals": totals, "attempts": plain})


def matrix_text(attempts: Sequence[Attempt]) -> str:
    """Who solved what, for a terminal: points of points, `*` where everything was earned, `-` where nothing came."""
    students, exercises, cells = table(attempts)
    rows = [["", *exercises, "total"]]
    for student in students:
        found = [cells.get((student, exercise)) for exercise in exercises]
        total = sum(one.earned for one in found if one is not None)
        rows.append([printable(student), *map(_cell, found), str(total)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells_text = [text.rjust(width) for text, width in zip(row[1:], widths[1:], strict=True)]
        lines.append("  ".join([row[0].ljust(widths[0]), *cells_text]).rstrip())
    return "".join(line + "\n" for line in lines)


def table(attempts: Sequence[Attempt]) -> tuple[list[str], list[str], dict[tuple[str, str], Attempt]]:
    """The students and the exercises by name, and the attempts by both."""
    cells = {(one.student, one.exercise): one for one in attempts}
    return sorted({student for student, _ in cells}), sorted({exercise for _, exercise in cells}), cells


def _cell(attempt: Attempt | None) -> str:
    if attempt is None:
        return "-"
    return f"{attempt.earned}/{attempt.most}{'*' if attempt.solved else ' '}"


def _csv(rows: Sequence[Sequence[Any]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def _harmless(cell: Any) -> Any:
    """A cell as a spreadsheet may have it: what would be a formula is text (OWASP: CSV injection)."""
    if not isinstance(cell, str):
        return cell
    text = printable(cell)
    return f"'{text}" if text.lstrip().startswith(_FORMULA) else text

"""The page of a matrix is one file that needs nothing else: no script, no network, readable on paper."""

from __future__ import annotations

from itertools import groupby

from neighlab.report.html_templates import environment, sheet
from neighlab.report.matrix_words import HEADINGS, conclusion, word
from neighlab.vm.matrix import Matrix


def page(table: Matrix) -> str:
    """The whole document; what needs somebody's eyes is open, what is the same everywhere is folded."""
    return environment().get_template("matrix.html.j2").render(
        title="neighlab: " + ", ".join(column.label for column in table.columns),
        policy="default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        style=sheet(),
        conclusion=conclusion(table),
        columns=table.columns,
        groups=[(verdict, list(rows)) for verdict, rows in groupby(table.rows, key=lambda row: row.verdict)],
        headings=HEADINGS,
        word=word,
    )  # fmt: skip

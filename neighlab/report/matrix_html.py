"""The page of a matrix is one file that needs nothing else: no script, no network, readable on paper."""

from __future__ import annotations

from html import escape
from itertools import groupby
from typing import Final

from neighlab.report.matrix import HEADINGS, conclusion, word
from neighlab.vm.matrix import Matrix, Row

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #c1121f; --none: #777; }
@media (prefers-color-scheme: dark) { :root { --good: #56d364; --bad: #ff7b72; --none: #999; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: 1.5rem; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
td code, th code { font-size: .92em; overflow-wrap: anywhere; }
.passed { color: var(--good); } .failed, .error { color: var(--bad); font-weight: bold; }
.skipped, .none { color: var(--none); }
summary { cursor: pointer; font-size: 1.17em; font-weight: bold; margin: .6rem 0; }
"""


def page(table: Matrix) -> str:
    """The whole document; what needs somebody's eyes is open, what is the same everywhere is folded."""
    title = "neighlab: " + ", ".join(column.label for column in table.columns)
    parts = [
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>",
        f"<h1>{escape(title)}</h1>",
        *(f"<p>{escape(line)}</p>" for line in conclusion(table)),
    ]
    heads = "".join(f'<th scope="col">{escape(column.label)}</th>' for column in table.columns)
    for verdict, group in groupby(table.rows, key=lambda row: row.verdict):
        rows = [_row(row) for row in group]
        parts += [
            f'<details{"" if verdict == "same" else " open"} id="{verdict}">',
            f"<summary>{escape(HEADINGS[verdict])} ({len(rows)})</summary>",
            f'<table><thead><tr><th scope="col">case</th>{heads}<th scope="col">why</th></tr></thead><tbody>',
            *rows,
            "</tbody></table></details>",
        ]
    return "\n".join([*parts, "</body></html>"]) + "\n"


def _row(row: Row) -> str:
    cells = "".join(
        f'<td class="{cell.outcome if cell is not None else "none"}" title="{escape(cell.reason if cell else "")}">'
        f"{escape(word(cell))}</td>"
        for cell in row.cells
    )
    why = "<br>".join(escape(one) for one in row.why)
    name = f'<th scope="row" title="{escape(row.claim)}"><code>{escape(row.name)}</code></th>'
    return f"<tr>{name}{cells}<td>{why}</td></tr>"

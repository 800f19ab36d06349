"""A matrix is read from its top: what is unexplained, then what is explained; what is the same is only counted."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any, Final
from xml.etree import ElementTree as ET

from neighlab.report.json import json_text
from neighlab.report.matrix_words import HEADINGS, conclusion, word
from neighlab.report.plain import printable
from neighlab.vm.matrix import Matrix, Row

MATRIX_SCHEMA: Final = "neighlab.matrix/1"


def text_matrix(table: Matrix, *, verbose: int = 0) -> str:
    """A table for a person; `verbose` also lists what is the same everywhere."""
    labels = [column.label for column in table.columns]
    width = max([len(printable(row.name)) for row in _shown(table, verbose)] + [20])
    cells = [max(len(label), 5) for label in labels]
    lines = [f"{'':<{width}}  " + "  ".join(f"{label:<{size}}" for label, size in zip(labels, cells, strict=True))]
    for verdict, group in groupby(_shown(table, verbose), key=lambda row: row.verdict):
        lines += ["", HEADINGS[verdict]]
        for row in group:
            words = [f"{word(cell):<{size}}" for cell, size in zip(row.cells, cells, strict=True)]
            brief = row.why if verdict == "explained" else ()
            lines.append(f"{printable(row.name):<{width}}  {'  '.join([*words, printable('; '.join(brief))])}".rstrip())
            if verdict == "unexplained":
                lines += [f"    {printable(why)}" for why in row.why]
    return "\n".join(line.rstrip() for line in [*lines, "", *conclusion(table)]) + "\n"


def json_matrix(table: Matrix, *, verbose: int = 0) -> str:
    """One document of the schema neighlab.matrix/1, with every case."""
    del verbose
    kernels = [
        {
            "label": column.label, "kernel": column.run.kernel, "mode": column.run.mode,
            "time_scale": column.run.time_scale, "duration_ms": round(column.run.duration_ms, 3),
            "interrupted": column.run.interrupted, "totals": column.run.totals(),
        }
        for column in table.columns
    ]  # fmt: skip
    labels = [column.label for column in table.columns]
    document = {"schema": MATRIX_SCHEMA, "totals": table.totals(), "kernels": kernels}
    return json_text(document | {"cases": [_plain(row, labels) for row in table.rows]})


def junit_matrix(table: Matrix, *, verbose: int = 0) -> str:
    """JUnit XML: a test for each case, which fails when a kernel's behaviour is unexplained."""
    from neighlab.report.junit import xml_text

    del verbose
    counts = table.totals()
    total = {"tests": str(len(table.rows)), "failures": str(counts["unexplained"])}
    root = ET.Element("testsuites", {"name": "neighlab matrix"} | total)
    suite = ET.SubElement(root, "testsuite", {"name": "matrix"} | total)
    for row in table.rows:
        test = ET.SubElement(
            suite, "testcase", classname=xml_text(row.scenario.replace("/", ".")), name=xml_text(row.case)
        )
        if row.verdict == "unexplained":
            failure = ET.SubElement(test, "failure", message=xml_text("; ".join(row.why)))
            failure.text = xml_text("\n".join(row.why) + "\n")
        elif row.verdict == "unfinished":
            ET.SubElement(test, "skipped", message="unfinished: the run was interrupted")
        elif not any(cell is not None and cell.outcome == "passed" for cell in row.cells):
            ET.SubElement(test, "skipped", message=xml_text("; ".join(row.why)))
        under = [f"{column.label}: {word(cell)}" for column, cell in zip(table.columns, row.cells, strict=True)]
        explained = list(row.why) if row.verdict == "explained" else []
        ET.SubElement(test, "system-out").text = xml_text("\n".join(under + explained) + "\n")
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def html_matrix(table: Matrix, *, verbose: int = 0) -> str:
    """One self-contained page."""
    from neighlab.report.matrix_html import page

    del verbose
    return page(table)


FORMATS: Final[dict[str, Callable[..., str]]] = {
    "text": text_matrix,
    "json": json_matrix,
    "junit": junit_matrix,
    "html": html_matrix,
}
"""The values of `matrix --format`."""


def _shown(table: Matrix, verbose: int) -> list[Row]:
    return [row for row in table.rows if verbose or row.verdict in ("unexplained", "explained")]


def _plain(row: Row, labels: list[str]) -> dict[str, Any]:
    return {
        "scenario": row.scenario,
        "case": row.case,
        "claim": row.claim,
        "verdict": row.verdict,
        "why": list(row.why),
        "outcomes": {
            label: None if cell is None else {"outcome": cell.outcome, "reason": cell.reason}
            for label, cell in zip(labels, row.cells, strict=True)
        },
    }

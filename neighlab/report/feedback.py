"""A student reads what was checked, what he earned, and one sentence for each thing that went wrong."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from html import escape
from typing import Final

from neighlab.model.grades import Attempt, CheckResult
from neighlab.model.result import CaseResult
from neighlab.report.grades import table
from neighlab.report.ladder import definitions, figure_of, legend, stylesheet, svg
from neighlab.report.plain import printable

_STYLE: Final = """
:root { color-scheme: light dark; --line: #8886; --good: #1a7f37; --bad: #c1121f; }
@media (prefers-color-scheme: dark) { :root { --good: #56d364; --bad: #ff7b72; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line); }
.figure { overflow-x: auto; margin: .6rem calc(50% - 50vw + 1rem); }
.figure svg { display: block; margin: 0 auto; }
.key { max-width: 100%; height: auto; }
.good { color: var(--good); } .bad { color: var(--bad); }
"""
_MARKUP: Final = re.compile(r"([\\`*_\[\]<>#|!&~])")
_INDENT: Final = " " * 14
_TIMELINE: Final = 200
"""How many lines of a lab's timeline a page shows."""
_LINE: Final = 400
"""Characters of such a line's text."""


def one_attempt(attempt: Attempt, *, author: bool = False, width: int | None = None) -> str:
    """One attempt as text for a terminal, of so many columns if that is known; what the submission printed cannot steer
    it. Only an author is shown what would have been right.
    """
    lines = []
    if attempt.ended:
        lines.append(f"      ended: {printable(attempt.ended)}")
    for one in attempt.checks:
        lines += _folded(f"      {'ok' if one.passed else '--'} {one.earned}/{one.points}  ", one.claim, width)
        if not one.passed and one.said:
            lines += _folded(_INDENT, one.said, width)
        if author and not one.passed and one.expected:
            lines += _folded(_INDENT, f"expected  {printable(one.expected)}", width)
        if found := _found(one):
            lines += _folded(_INDENT, f"observed  {found}", width)
    lines += [f"      | {line}" for line in _output(attempt)]
    return "".join(line + "\n" for line in lines)


def file_name(student: str) -> str:
    """A student's name as a file's, without ending; two students never share one."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", student).lstrip(".-")[:80]
    if plain == student and plain != "index":
        return plain
    return f"{plain}-{hashlib.sha256(student.encode(errors='surrogateescape')).hexdigest()[:8]}"


def student_markdown(student: str, attempts: Sequence[Attempt], titles: Mapping[str, str]) -> str:
    """All that one student gets to read, as Markdown; `titles` are the exercises'."""
    lines = [f"# {_mark(student)}", ""]
    for attempt in attempts:
        lines += [f"## {_mark(titles.get(attempt.exercise, attempt.exercise))}", ""]
        lines += [f"`{attempt.exercise}`: **{attempt.earned} of {attempt.most} points**", ""]
        lines += [f"{_mark(sentence)}", ""] if (sentence := _verdict(attempt)) else []
        for one in attempt.checks if not attempt.ended else ():
            lines.append(f"- {'[x]' if one.passed else '[ ]'} {_mark(one.claim)} ({one.earned}/{one.points})")
            if not one.passed and one.said:
                lines.append(f"  - {_mark(one.said)}")
            lines += [f"  - observed: {_mark(found)}" for found in [_found(one)] if found]
        if output := _output(attempt):
            lines += ["", "What it printed:", "", *(f"    {line}" for line in output)]
        lines.append("")
    return "\n".join(lines)


def student_html(student: str, attempts: Sequence[Attempt], titles: Mapping[str, str]) -> str:
    """The same as one page that needs nothing else, and with what happened in the lab."""
    parts = [f"<h1>{_text(student)}</h1>"]
    drawn = False
    for number, attempt in enumerate(attempts):
        parts.append(f"<h2>{_text(titles.get(attempt.exercise, attempt.exercise))}</h2>")
        kind = "good" if attempt.solved else "bad"
        points = f'<b class="{kind}">{attempt.earned} of {attempt.most} points</b>'
        parts.append(f"<p><code>{_text(attempt.exercise)}</code>: {points}")
        parts.append(f"<p>{_text(sentence)}" if (sentence := _verdict(attempt)) else "")
        if not attempt.ended:
            rows = "".join(_row(one) for one in attempt.checks)
            parts.append(f"<table><tr><th>Checked<th>Points<th>Why</tr>{rows}</table>")
        if output := _output(attempt):
            parts.append(f"<h3>What it printed</h3><pre>{escape(chr(10).join(output))}</pre>")
        if attempt.case is not None and attempt.case.timeline:
            parts += _happened(attempt.case, f"lab-{number}")
            drawn = True
    if drawn:
        parts.insert(0, f"<style>{stylesheet()}</style>{definitions()}")
    return _page(f"neighlab: {printable(student)}", parts)


def index_html(attempts: Sequence[Attempt]) -> str:
    """Who solved what, for the teacher: one page with a link to each student's."""
    students, exercises, cells = table(attempts)
    head = "".join(f"<th>{_text(one)}" for one in exercises)
    rows = []
    for student in students:
        found = [cells.get((student, exercise)) for exercise in exercises]
        tds = "".join(_points(one) for one in found)
        total = sum(one.earned for one in found if one is not None)
        link = f'<a href="{escape(file_name(student))}.html">{_text(student)}</a>'
        rows.append(f"<tr><th>{link}{tds}<td>{total}</tr>")
    return _page("neighlab: grades", [f"<table><tr><th>{head}<th>total</tr>{''.join(rows)}</table>"])


def _happened(case: CaseResult, ident: str) -> list[str]:
    """The lab's ladder, and the same in words, without what would tell what is right."""
    happened = [one for one in case.timeline if one.kind != "expect"]
    figure = figure_of(replace(case, timeline=happened, expectations=[], reason="", knobs={}))
    lines = (f"{one.t_ms:>+12.3f} ms  {one.host:<10} {one.kind:<8} {one.text[:_LINE]}" for one in happened[:_TIMELINE])
    told = "\n".join(map(printable, lines))
    more = f"\n... and {len(happened) - _TIMELINE} more" if happened[_TIMELINE:] else ""
    return [
        "<details><summary>What happened in the lab</summary>",
        f'<div class="figure">{svg(figure, ident)}</div>',
        *(f"<p>{_text(note)}</p>" for note in figure.notes),
        legend(),
        f"<details><summary>In words</summary><pre>{escape(told + more)}</pre></details></details>",
    ]


def _verdict(attempt: Attempt) -> str:
    if attempt.ended:
        return f"The solution was ended: {attempt.ended}."
    if attempt.solved:
        return "Solved."
    if attempt.untouched:
        return "What holds was so from the beginning: nothing has been earned yet."
    again = " It was run once more by itself, because others disturbed it." if attempt.disturbed else ""
    status = f" The script ended with status {attempt.status}." if attempt.status else ""
    return f"Not solved yet.{status}{again}"


def _found(check: CheckResult) -> str:
    """What a check that was not met has found."""
    return "" if check.passed else printable(check.observed)


def _folded(begin: str, text: str, width: int | None) -> list[str]:
    """A text behind what the first line begins with, folded to the width if there is one."""
    if width is None:
        return [begin + text]
    return textwrap.wrap(
        text, max(len(_INDENT) + 40, width - 1), initial_indent=begin, subsequent_indent=_INDENT,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _output(attempt: Attempt) -> list[str]:
    lines = [printable(line) for line in attempt.output.splitlines()] if attempt.output.strip() else []
    return [*lines, f"... and {attempt.discarded_bytes} bytes more"] if attempt.discarded_bytes else lines


def _mark(text: str) -> str:
    """Text as Markdown shows it unchanged."""
    return _MARKUP.sub(r"\\\1", printable(text))


def _text(text: str) -> str:
    return escape(printable(text))


def _row(check: CheckResult) -> str:
    found = _found(check)
    why = "<br>".join([_text(check.said), *([f"observed: {escape(found)}"] if found else [])])
    kind = "good" if check.passed else "bad"
    return f'<tr class="{kind}"><td>{_text(check.claim)}<td>{check.earned}/{check.points}<td>{why}</tr>'


def _points(attempt: Attempt | None) -> str:
    if attempt is None:
        return "<td>"
    kind = "good" if attempt.solved else "bad"
    return f'<td class="{kind}" title="{_text(_verdict(attempt))}">{attempt.earned}/{attempt.most}'


def _page(title: str, parts: Sequence[str]) -> str:
    head = f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
    return "\n".join([f"{head}<style>{_STYLE}</style></head><body>", *filter(None, parts), "</body></html>"]) + "\n"

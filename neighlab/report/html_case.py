"""All that is known of one case is one piece of HTML, packed so that a page with hundreds of them opens at once."""

from __future__ import annotations

import base64
import shlex
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from neighlab.model.result import CaseResult, Expectation
from neighlab.report.html_templates import environment
from neighlab.report.ladder import Figure, figure_of, svg
from neighlab.report.plain import printable
from neighlab.report.silence import silences
from neighlab.report.text import failure_block


@dataclass(frozen=True, slots=True)
class Claimed:
    """An expectation, its number in the case, and where on the timeline its verdict fell (None: not there)."""

    number: int
    place: int | None
    one: Expectation


@dataclass(frozen=True, slots=True)
class Changed:
    """A transition of an entry and what led to it."""

    place: int
    t_ms: float
    host: str
    entry: str
    old: str
    new: str
    cause: str
    inferred: bool


@dataclass(frozen=True, slots=True)
class Silent:
    """A frame that changed nothing, and a line for each check that stopped it."""

    place: int
    t_ms: float
    frame: str
    lines: tuple[str, ...]


def body(case: CaseResult, *, kernel: str, ident: str, again: Sequence[str] = ()) -> str:
    """What is shown when a case is opened: its ladder and everything in words; `ident` is unique on the page."""
    figure = figure_of(case)
    return environment().get_template("case.html.j2").render(
        case=case,
        kernel=case.kernel or kernel,
        ident=ident,
        figure=figure if case.timeline else None,
        drawing=Markup(svg(figure, ident)) if case.timeline else "",
        command=rerun(case, again),
        expectations=_expectations(case),
        changes=list(_changes(case, figure)),
        silences=list(_silences(case)),
        knobs=_knobs(case),
        failure=failure_block(case, kernel=kernel) if case.outcome in ("failed", "error") else "",
        traceback=case.details.expandtabs(),
    )  # fmt: skip


def packed(text: str) -> str:
    """Text in a form for a script's data block: zlib in base64, nothing in it ends the block."""
    return base64.b64encode(zlib.compress(text.encode(), 9)).decode()


def rerun(case: CaseResult, again: Sequence[str]) -> str:
    """The command that runs the case in the same way once more; `again` are options that the whole run had."""
    under = ["--kernel", printable(case.kernel)] if case.kernel else []
    return shlex.join(["neighlab", "run", printable(case.name), *again, *under, "-v"])


def _expectations(case: CaseResult) -> list[Claimed]:
    places = {
        entry.fields.get("expectation"): place for place, entry in enumerate(case.timeline) if entry.kind == "expect"
    }
    return [Claimed(number, places.get(number), one) for number, one in enumerate(case.expectations)]


def _changes(case: CaseResult, figure: Figure) -> Iterator[Changed]:
    """The transitions that are drawn, each with its cause."""
    for event in figure.events:
        if event.kind != "transition":
            continue
        data, fields = dict(event.data), case.timeline[event.place].fields
        entry = f"{data.get('addr', '')} {data.get('ifname', '')}".strip()
        inferred = bool(fields.get("cause_inferred"))
        old, new, cause = data.get("old", ""), data.get("new", ""), data.get("cause", "")
        yield Changed(event.place, event.t_ms, event.host, entry, old, new, cause, inferred)


def _silences(case: CaseResult) -> Iterator[Silent]:
    """Each frame that had no effect, where the reason was asked for."""
    for place, entry in enumerate(case.timeline):
        lines = tuple(silences(entry.fields.get("why") or ()))
        if lines:
            yield Silent(place, entry.t_ms, entry.text, lines)


def _knobs(case: CaseResult) -> dict[str, list[tuple[str, str]]]:
    """The knobs in force at the end, by host."""
    hosts: dict[str, list[tuple[str, str]]] = {}
    for name, value in case.knobs.items():
        host, _, knob = name.rpartition(" ")
        hosts.setdefault(host, []).append((knob, value))
    return hosts

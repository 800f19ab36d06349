"""Everything on a case's timeline has exactly one place in its figure, or is counted in exactly one fold."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal, cast

from neighlab.model.evidence import CapturedFrame
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.report.ladder import columns, folding, hosts, stage, states, words
from neighlab.report.ladder.arrival import arrived
from neighlab.report.ladder.axis import ROW, Axis
from neighlab.report.ladder.figure import Arrow, Fields, Figure, Fold, Head, Label, Mark, MarkKind
from neighlab.report.ladder.history import Change, Key, history
from neighlab.report.ladder.theme import letters_of
from neighlab.report.plain import case_label

_MARKS: Final[dict[tuple[str, str], MarkKind]] = {
    ("knob", "set"): "knob",
    ("story", "command"): "command",
    ("story", "sent"): "command",
    ("trace", "drop"): "drop",
    ("trace", "no-op"): "no-op",
    ("lab", "lost"): "lost",
    ("trace", "lost"): "lost",
}
_BELOW: Final = 8.0


def figure_of(case: CaseResult) -> Figure:
    """Draw up a case. Its evidence gives arrows their heads and hosts their addresses; without it both are missing."""
    return _Layout(case).figure


class _Layout:
    def __init__(self, case: CaseResult) -> None:
        self._case = case
        self._told = history(case.timeline)
        order = hosts.order(case)
        chosen = columns.choose(case, self._told, order.alone)
        self._stage = stage.Stage(case, order, chosen)
        self._axis = Axis(self._stage.head + _BELOW)
        self._states = states.States(self._told, self._stage.columns, self._stage.head)
        self._received = _receivers(case)
        self._since: dict[Key, float] = {}
        self.figure = Figure(f"{case.scenario}:{case_label(case)}", case.claim, len(case.timeline), "")
        for row in folding.fold(case.timeline):
            if isinstance(row, folding.Folded):
                self._fold(row)
            else:
                self._draw(row, case.timeline[row])
        self._conclude(order, chosen)

    def _fold(self, row: folding.Folded) -> None:
        timeline = self._case.timeline
        begin, end = timeline[row.places[0]].t_ms, timeline[row.places[-1]].t_ms
        middle = self._axis.next(begin, until_ms=end, height=ROW + 6)
        top, bottom = middle - ROW / 2, middle + ROW / 2
        text = folding.said(row, timeline, self._told.changes)
        self.figure.folds.append(Fold(top, bottom, row.places, f"{text} ({words.span(end - begin)})"))
        for place in row.places:
            if (change := self._told.changes.get(place)) is not None:
                self._since[change.key] = timeline[place].t_ms
                self._states.fold(change, top, bottom)

    def _draw(self, place: int, entry: Entry) -> None:
        fields = words.fields_of(entry, self._case, self._received.get(place, []))
        if folding.is_frame(entry):
            self._draw_frame(place, entry, fields)
        elif (change := self._told.changes.get(place)) is not None:
            self._draw_change(place, entry, change, fields)
        elif (key := self._told.repeats.get(place)) is not None:
            self._draw_repeat(place, entry, key, fields)
        else:
            self._draw_mark(place, entry, fields)

    def _draw_frame(self, place: int, entry: Entry, fields: Fields) -> None:
        y = self._axis.next(entry.t_ms)
        x = self._stage.x(entry.host)
        heads: dict[float, Head] = {}
        idle = words.unmoved(entry)
        if (answering := words.answering(entry)) in self._stage.hosts:  # whoever else heard the question
            heads[0.0] = Head(answering, self._stage.x(answering), y, entry.t_ms)
        else:
            for one in self._received.get(place, []):
                if (there := self._stage.x(one.host)) != x:
                    heads.setdefault(there, Head(one.host, there, y, one.t_ms, (one.host, one.ifname) in idle))
        toward = self._stage.toward(entry.host, [one.x for one in heads.values()])
        label = self._label(entry.host, words.of_frame(entry), toward=toward)
        whys = tuple(self._whys(entry, x, list(heads.values())))
        if whys:
            self._axis.widen(ROW / 2)
        kind = cast(Literal["frame", "sent", "fence", "flood"], entry.kind)
        self.figure.events.append(
            Arrow(place, entry.t_ms, entry.host, x, y, label, tuple(heads.values()), kind, toward, whys, fields)
        )

    def _label(self, host: str, text: str, **how: Any) -> Label:
        return self._stage.label(host, text, standing=self._states.standing, **how)

    def _whys(self, entry: Entry, x: float, heads: list[Head]) -> Iterator[Label]:
        reasons = words.reasons_of(entry)
        for side in (-1, 1):
            near = min((one for one in heads if (one.x - x) * side > 0), key=lambda one: abs(one.x - x), default=None)
            if near is not None and (reason := reasons.get(near.host)):
                yield self._label(near.host, reason, toward=-side, until=x)

    def _draw_change(self, place: int, entry: Entry, change: Change, fields: Fields) -> None:
        y = self._axis.next(entry.t_ms)
        since = self._since.get(change.key)
        self._since[change.key] = entry.t_ms
        lasted = "" if since is None else words.span(entry.t_ms - since)
        if lasted:
            fields = (*fields[:3], ("after", lasted), *fields[3:])
        column = self._stage.columns.get(change.key)
        text, cause = words.says(change, lasted)
        if column is None:
            text = f"{change.key[2]} {text}"
        label = self._label(entry.host, cause, strong=text, slanted=change.inferred)
        if column is not None:
            self._states.enter(change, y, fields, place)
        self.figure.events.append(
            Mark(
                place, entry.t_ms, entry.host, "transition", self._stage.x(entry.host), y, label, column,
                change.timer, fields, words.data_of(change),
            )
        )  # fmt: skip

    def _draw_repeat(self, place: int, entry: Entry, key: Key, fields: Fields) -> None:
        y = self._axis.next(entry.t_ms, small=True)
        kind: MarkKind = "announcement" if entry.kind == "event" else "poll"
        column = self._stage.columns.get(key)
        x = self._stage.x(entry.host)
        self.figure.events.append(Mark(place, entry.t_ms, entry.host, kind, x, y, None, column, fields=fields))

    def _draw_mark(self, place: int, entry: Entry, fields: Fields) -> None:
        y = self._axis.next(entry.t_ms)
        kind = _MARKS.get((entry.source, entry.kind), "note")
        data: Fields = ()
        if (verdict := words.expectation_of(entry, self._case)) is not None:
            kind = "met" if verdict.passed else "not-met"
            data = (("expectation", str(entry.fields["expectation"])),)
        column = None
        strong, text = words.of_mark(entry, verdict)
        if (key := self._told.refused.get(place)) is not None and (column := self._stage.columns.get(key)) is not None:
            text = words.without_address(text, key[2])
        label = self._label(entry.host, text, strong=strong)
        x = self._stage.x(entry.host)
        self.figure.events.append(
            Mark(place, entry.t_ms, entry.host, kind, x, y, label, column, fields=fields, data=data)
        )

    def _conclude(self, order: hosts.Order, chosen: columns.Chosen) -> None:
        figure, stage_ = self.figure, self._stage
        # only now every row has its height: arrows learn where they arrive
        figure.events = arrived(figure.events)
        figure.left, figure.head = stage.EDGE, stage_.head
        figure.width, figure.height = stage_.width, self._axis.bottom + ROW / 2
        figure.lifelines, figure.columns = stage_.lifelines, list(stage_.columns.values())
        figure.bands = self._states.conclude(figure.height)
        figure.moments, figure.silences = self._axis.moments, self._axis.silences
        figure.notes = _notes(self._case, order, chosen, figure)
        figure.summary = words.summary(self._case, len(self._told.changes))


def _receivers(case: CaseResult) -> dict[int, list[CapturedFrame]]:
    """Where the frame of each entry of the timeline was received."""
    if case.evidence is None:
        return {}
    frames = case.evidence.frames
    by_frame = {sent: [frames[one] for one in places] for sent, places in case.evidence.deliveries()}
    return {
        place: by_frame[entry.fields["frame"]]
        for place, entry in enumerate(case.timeline)
        if isinstance(entry.fields.get("frame"), int) and entry.fields["frame"] in by_frame
    }


def _notes(case: CaseResult, order: hosts.Order, chosen: columns.Chosen, figure: Figure) -> list[str]:
    notes = []
    if folded := sum(len(one.places) for one in figure.folds):
        notes.append(f"{folded:,} of {figure.length:,} events are folded: the figure says where and what.")
    if chosen.left_out:
        count = sum(chosen.left_out.values())
        entries = "1 neighbour entry has" if count == 1 else f"{count:,} neighbour entries have"
        notes.append(f"{entries} no column ({_some(tuple(chosen.left_out))}): the changes name it.")
    if any(one.label is not None and one.label.slanted for one in figure.events):
        notes.append("What made a transition is inferred where it is slanted.")
    if order.together:
        notes.append(f"{len(order.together)} hosts share one line: {_some(order.together)}.")
    if order.idle:
        notes.append(f"Nothing happened at {_some(order.idle)}.")
    short = (one for one in figure.bands if not (one.column.wide or one.upright or one.mixed))
    if letters := {one.state for one in short}:
        notes.append("In narrow columns: " + ", ".join(f"{letters_of(one)} {one}" for one in sorted(letters)) + ".")
    if case.evidence is None and case.timeline:
        notes.append("Without evidence it is not known who received a frame.")
    return notes


def _some(names: tuple[str, ...]) -> str:
    rest = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return ", ".join(names[:8]) + rest

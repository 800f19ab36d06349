"""A long timeline loses what repeats itself, and if that is not enough its middle; what is lost is counted and said."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Sequence
from typing import Final, NamedTuple, TypeAlias

from neighlab.model.timeline import Entry

SHORT: Final = 120
"""A timeline up to this length is drawn whole, however much it repeats itself."""
MOST: Final = 500
"""Rows that a figure may have."""
_END: Final = 180
"""Rows at each end that stay when the middle has to go."""
_PERIOD: Final = 8
"""The longest sequence whose repetitions are found."""
_WORTH: Final = 8
"""Entries that must be gained by a fold."""
_KEPT: Final = 100
"""Verdicts and losses in the middle that stay."""
_NUMBERS: Final = re.compile(r"\b[0-9a-f]*[0-9:][0-9a-f:.]*\b")


class Folded(NamedTuple):
    """Places that are not drawn; `period` entries above them are what they are like, 0 if they are like nothing."""

    places: tuple[int, ...]
    period: int = 0


Row: TypeAlias = int | Folded


def fold(timeline: Sequence[Entry]) -> list[Row]:
    """Rows for the entries of a timeline, in their order: each is a row of its own or in exactly one fold."""
    rows: list[Row] = list(range(len(timeline)))
    if len(rows) > SHORT:
        rows = _without_repetitions(timeline)
    if len(rows) > MOST:
        rows = _without_middle(timeline, rows)
    return rows


def said(folded: Folded, timeline: Sequence[Entry], changes: Container[int]) -> str:
    """What a fold hides, in a line; `changes` are the places of transitions."""
    places = set(folded.places)
    frames = sum(is_frame(timeline[place]) for place in places)
    transitions = sum(place in changes for place in places)
    counts = Counter(frame=frames, transition=transitions, other=len(places) - frames - transitions)
    parts = [f"{count:,} {what}{'s' * (count != 1)}" for what, count in counts.items() if count]
    like = ""
    if folded.period:
        above = f"the {folded.period} above" if folded.period > 1 else "the one above"
        like = f"{len(places) // folded.period:,} times like {above}: "
    return f"{like}{', '.join(parts)} folded"


def is_frame(entry: Entry) -> bool:
    """Is it drawn as an arrow?"""
    return (entry.source, entry.kind) in (("wire", "frame"), ("story", "fence"), ("story", "flood")) or (
        (entry.source, entry.kind) == ("story", "sent") and ("frame" in entry.fields or "ifname" in entry.fields)
    )


def _without_repetitions(timeline: Sequence[Entry]) -> list[Row]:
    shapes = [_shape(one) for one in timeline]
    rows: list[Row] = []
    start = 0
    while start < len(shapes):
        period, times = max(
            ((period, _times(shapes, start, period)) for period in range(1, _PERIOD + 1)),
            key=lambda one: ((one[1] - 2) * one[0], -one[0]),
        )
        if (times - 2) * period < _WORTH or times < 4:
            rows.append(start)
            start += 1
            continue
        end = start + period * times
        rows += range(start, start + period)
        rows.append(Folded(tuple(range(start + period, end - period)), period))
        rows += range(end - period, end)
        start = end
    return rows


def _times(shapes: Sequence[object], start: int, period: int) -> int:
    """How often what begins at `start` follows itself."""
    at = start + period
    while at < len(shapes) and shapes[at] == shapes[at - period]:
        at += 1
    return (at - start) // period


def _without_middle(timeline: Sequence[Entry], rows: list[Row]) -> list[Row]:
    kept: list[Row] = rows[:_END]
    gone: list[int] = []
    protected = 0
    for row in rows[_END:-_END]:
        if isinstance(row, int) and _matters(timeline[row]) and protected < _KEPT:
            protected += 1
            if gone:
                kept.append(Folded(tuple(gone)))
                gone = []
            kept.append(row)
        else:
            gone += [row] if isinstance(row, int) else row.places
    if gone:
        kept.append(Folded(tuple(gone)))
    return kept + rows[-_END:]


def _matters(entry: Entry) -> bool:
    return entry.kind in ("expect", "lost")


def _shape(entry: Entry) -> tuple[str, ...]:
    """What two entries have in common that differ in numbers and addresses only."""
    return entry.host, entry.source, entry.kind, _NUMBERS.sub("#", entry.text[:300])

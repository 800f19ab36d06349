"""An arrow ends below all that came before it at its receiver, and above all that came after; else it is level."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from neighlab.report.ladder.figure import Arrow, Event, Head

_BELOW: Final = 7.0
"""Pixels between an event and the head of an arrow that arrived after it."""
_NEXT: Final = 3.0
_ALIKE_MS: Final = 0.01
"""Clocks of taps and traces agree to some microseconds: what is nearer than this counts as later than the arrival."""


def arrived(events: Sequence[Event]) -> list[Event]:
    """The same events; their arrows' heads have got their heights.

    Rows are in the order of time over all hosts; an arrow that is level although something has happened elsewhere
    meanwhile is right all the same, and easier to read.
    """
    times: dict[float, list[float]] = defaultdict(list)
    heights: dict[float, list[float]] = defaultdict(list)
    for one in events:
        times[one.x].append(one.t_ms)
        heights[one.x].append(one.y)
    last: dict[float, float] = {}
    placed: dict[tuple[int, float], Head] = {}
    under_way = sorted(
        ((head, one) for one in events if isinstance(one, Arrow) for head in one.heads), key=lambda pair: pair[0].t_ms
    )
    for head, arrow in under_way:
        before = bisect_right(times[head.x], head.t_ms - _ALIKE_MS)
        y = arrow.y
        if before and heights[head.x][before - 1] > y:
            y = heights[head.x][before - 1] + _BELOW
        if y > arrow.y and last.get(head.x, 0.0) >= y:
            y = last[head.x] + _NEXT
        last[head.x] = max(y, last.get(head.x, 0.0))
        placed[arrow.place, head.x] = replace(head, y=y)
    return [
        replace(one, heads=tuple(placed[one.place, head.x] for head in one.heads)) if isinstance(one, Arrow) else one
        for one in events
    ]

"""Time runs downwards in the order of events, each on a row of its own; a long silence is cut, and says how long."""

from __future__ import annotations

import math
from typing import Final

from neighlab.report.ladder.figure import Moment, Silence
from neighlab.report.ladder.words import clock, span

ROW: Final = 24.0
"""The height of a row with words in it."""
SMALL: Final = 9.0
"""The height of one without."""
BREAK: Final = 28.0
SILENT_MS: Final = 5.0
"""A silence from here on is cut."""
_APART_MS: Final = 0.1
"""A gap from here on can be seen."""


class Axis:
    """Hands out heights from top to bottom."""

    def __init__(self, top: float) -> None:
        self.moments: list[Moment] = []
        self.silences: list[Silence] = []
        self.bottom = top
        """Where the last row ends."""
        self._last_ms: float | None = None

    def next(
        self, t_ms: float, *, small: bool = False, until_ms: float | None = None, height: float | None = None
    ) -> float:
        """The middle of the next row, for what happened at `t_ms` (and went on `until_ms`)."""
        gap_ms = t_ms - self._last_ms if self._last_ms is not None else 0.0
        if gap_ms >= SILENT_MS:
            self.silences.append(Silence(self.bottom + BREAK / 2, gap_ms, span(gap_ms)))
            self.bottom += BREAK
        elif gap_ms > _APART_MS:
            self.bottom += 3 * math.log2(gap_ms / _APART_MS)
        if height is None:
            height = SMALL if small else ROW
        middle = self.bottom + height / 2
        if not small:
            self.moments.append(Moment(middle, clock(t_ms)))
        self.bottom += height
        self._last_ms = t_ms if until_ms is None else until_ms
        return middle

    def widen(self, by: float) -> None:
        """Keep the next row farther away from the last one."""
        self.bottom += by

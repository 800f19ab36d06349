"""What happened is told by the shape of its sign as well as by its colour."""

from __future__ import annotations

import math
from typing import Final

_SIGNS: Final[dict[str, str]] = {
    "knob": "m0-5.5l5.5 5.5-5.5 5.5-5.5-5.5z",
    "command": "m-4.5-4.5h9v9h-9z",
    "met": "m-5.5 0l4 4.5 7-9",
    "not-met": "m-6-6h12v12h-12zm2.5 2.5l7 7m0-7l-7 7",
    "drop": "m-5-5l10 10m0-10l-10 10",
    "lost": "m0-6l6.5 11h-13z",
    "no-op": "m-5 0a5 5 0 1 0 10 0a5 5 0 1 0-10 0m1.5 3.5l7-7",
    "note": "m-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0",
    "transition": "m-5-3.5l5 4 5-4m-10 4l5 4 5-4",
    "announcement": "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0",
    "poll": "m-2.5-2.5h5v5h-5z",
}


def sign(kind: str, x: float, y: float) -> str:
    """The sign of a mark, as the data of a path."""
    return f"M{number(x)} {number(y)}{_SIGNS[kind]}"


def clock(x: float, y: float) -> str:
    """A small clock: a timer ran off."""
    return f"M{number(x)} {number(y)}m-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0-11 0m5.5 0v-3.5m0 3.5h2.5"


def tip(x0: float, y0: float, x1: float, y1: float) -> str:
    """The point of an arrow that ends at (x1, y1)."""
    angle = math.atan2(y1 - y0, x1 - x0)
    corners = [
        (x1 - 9 * math.cos(angle + turn) / math.cos(0.42), y1 - 9 * math.sin(angle + turn) / math.cos(0.42))
        for turn in (0.42, -0.42)
    ]
    points = "L".join(f"{number(x)} {number(y)}" for x, y in [(x1, y1), *corners])
    return f"M{points}z"


def zigzag(left: float, right: float, y: float) -> str:
    """A torn edge from one side to the other."""
    steps = max(1, int((right - left) / 16))
    return f"M{number(left)} {number(y)}" + "l8-4 8 4" * steps


def number(value: float) -> str:
    """A length with as many digits as can be seen."""
    return f"{value:.1f}".removesuffix(".0")

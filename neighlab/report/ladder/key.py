"""The key tells what each sign means that a figure uses, and no other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from neighlab.report.ladder.figure import Arrow, Figure
from neighlab.report.ladder.metrics import width
from neighlab.report.ladder.shapes import clock, number, sign, tip

LINE: Final = 19.0
"""The height of a line of the key."""
_SIGN: Final = 30.0
_APART: Final = 22.0
_ARROWS: Final = {
    "frame": "frame of the kernel",
    "sent": "frame of the story",
    "flood": "many frames of the story",
    "fence": "fence: asked and answered, all before is processed",
}
_MARKS: Final = {
    "knob": "setting",
    "command": "act of the story",
    "transition": "transition of an entry without column",
    "announcement": "announced by the kernel, nothing new",
    "poll": "seen in a dump, nothing new",
    "no-op": "update without effect",
    "drop": "packet dropped",
    "met": "expectation met",
    "not-met": "expectation not met",
    "note": "other news",
    "lost": "events lost",
}
_TIMER: Final = "timer ran off"
_IDLE: Final = "frame that changed nothing"

Item = tuple[str, str]


def used(figure: Figure) -> list[Item]:
    """The signs in a figure by their class, and what each means, in the order of the key."""
    arrows = [one for one in figure.events if isinstance(one, Arrow)]
    marks = [one for one in figure.events if not isinstance(one, Arrow)]
    kinds = {one.kind for one in arrows} | {
        one.kind for one in marks if not one.timer and (one.kind != "transition" or one.column is None)
    }
    items = [item for item in [*_ARROWS.items(), *_MARKS.items()] if item[0] in kinds]
    if any(one.timer for one in marks):
        items.append(("timer", _TIMER))
    if any(head.idle for one in arrows for head in one.heads):
        items.append(("idle", _IDLE))
    return items


def everything() -> list[Item]:
    """All signs that there are, for a page with many figures."""
    return [*_ARROWS.items(), *_MARKS.items(), ("timer", _TIMER), ("idle", _IDLE)]


def key(items: Iterable[Item], room: float) -> tuple[list[str], float]:
    """Signs with their meanings in lines that are no longer than `room`, from y 0 on; and the height of all lines."""
    parts: list[str] = []
    x, y = 0.0, LINE / 2
    for kind, text in items:
        needed = _SIGN + width(text, 11)
        if x and x + needed > room:
            x, y = 0.0, y + LINE
        parts.append(f'<g class="event {kind}">{_sign(kind, x, y)}')
        parts.append(f'<text class="meaning" x="{number(x + _SIGN)}" y="{number(y + 4)}">{text}</text></g>')
        x += needed + _APART
    return parts, (y + LINE / 2 if parts else 0.0)


def _sign(kind: str, x: float, y: float) -> str:
    middle = x + _SIGN / 2 - 3
    if kind == "timer":
        return f'<path class="tick" d="{clock(middle, y)}"/>'
    if kind in _MARKS:
        return f'<path class="sign" d="{sign(kind, middle, y)}"/>'
    end = x + _SIGN - 6
    back = f'<path class="tip" d="{tip(end, y, x, y)}"/>' if kind == "fence" else ""
    head = "tip idle" if kind == "idle" else "tip"
    line = f'<path class="line" d="M{number(x)} {number(y)}H{number(end)}"/>'
    return f'{line}{back}<path class="{head}" d="{tip(x, y, end, y)}"/>'

"""Behind and beside the events stand the hosts' names, the entries' states, the silences and what is folded."""

from __future__ import annotations

from html import escape
from itertools import pairwise
from typing import Final

from neighlab.report.ladder.figure import Band, Column, Figure, Fold, Lifeline
from neighlab.report.ladder.metrics import clipped, width
from neighlab.report.ladder.shapes import number, zigzag
from neighlab.report.ladder.theme import STATES
from neighlab.report.ladder.writing import safe, title
from neighlab.report.plain import printable

_REPEAT: Final = 420.0
"""How far below itself a state's name stands again."""
_WIDEST: Final = 170.0
"""A host's box."""


def heads(figure: Figure) -> list[str]:
    """The names of lines in their boxes, none of them wider than there is room."""
    lines = figure.lifelines
    room = min([_WIDEST, *(right.x - left.x - 8 for left, right in pairwise(lines))])
    boxes = [_box(one, room) for one in lines]
    return ['<g class="head">', *boxes, *(_heading(one, figure.head) for one in figure.columns), "</g>"]


def _box(line: Lifeline, room: float) -> str:
    name = clipped(printable(line.title), room - 10, 13, bold=True)
    about = [clipped(printable(one), room - 8, 10.5) for one in line.about]
    wide = min(room, max([78.0, width(name, 13, bold=True) + 16, *(width(one, 10.5) + 12 for one in about)]))
    hosts = safe(" ".join(line.hosts), 2000)
    whose = f'data-host="{hosts}"' if len(line.hosts) == 1 else f'data-hosts="{hosts}"'
    told = safe(", ".join(line.hosts), 2000) if len(line.hosts) > 1 else safe(" ".join((line.title, *line.about)))
    return "".join(
        [
            f'<g class="lifeline" {whose}><title>{told}</title>',
            f'<rect class="host" x="{number(line.x - wide / 2)}" y="4" width="{number(wide)}" '
            f'height="{20 + 13 * len(about)}" rx="4"/>',
            f'<text class="name" x="{number(line.x)}" y="19">{escape(name)}</text>',
            *(
                f'<text class="about" x="{number(line.x)}" y="{32 + 13 * place}">{escape(one)}</text>'
                for place, one in enumerate(about)
            ),
            "</g>",
        ]
    )


def _heading(column: Column, head: float) -> str:
    x, y = column.x + column.width / 2, number(head - 4)
    told = f"<title>{safe(f'{column.host} {column.ifname} {column.addr}')}</title>"
    if column.wide:
        return f'<text class="addr mid" x="{number(x)}" y="{y}">{told}{safe(column.title)}</text>'
    return (
        f'<text class="addr" transform="translate({number(x + 4)} {y}) rotate(-90)">{told}{safe(column.title)}</text>'
    )


def state(band: Band) -> list[str]:
    """An entry's state for as long as it lasted, with its name."""
    height, column = band.bottom - band.top, band.column
    known = band.state if band.state in STATES else "NONE"
    opened = "" if band.opened is None else f' data-from="{band.opened}"'
    rect = (
        f'<rect class="{"mixed" if band.mixed else f"area {known}"}" x="{number(column.x)}" y="{number(band.top)}" '
        f'width="{number(column.width)}" height="{number(height)}"/>'
    )
    return [
        f'<g class="band" data-host="{safe(column.host)}" data-ifname="{safe(column.ifname)}" '
        f'data-addr="{safe(column.addr)}" data-state="{safe(band.state)}"{opened}><title>{title(band.fields)}</title>',
        rect,
        *([] if band.mixed or height < 10 else _names(band, known)),
        "</g>",
    ]


def _names(band: Band, known: str) -> list[str]:
    """The state's name, again and again in a long band; two letters where there is no room for it."""
    height, column = band.bottom - band.top, band.column
    name = printable(band.state)[:12]
    middle = column.x + column.width / 2
    y = band.top + (width(name, 11, bold=True) / 2 + 6 if band.upright else min(16.0, height / 2 + 4))
    parts: list[str] = []
    while not parts or y <= band.bottom - 60:
        if band.upright:
            where, text = f'transform="translate({number(middle + 4)} {number(y)}) rotate(-90)"', name
        else:
            where = f'x="{number(middle)}" y="{number(y)}"'
            text = name if column.wide else STATES[known].letters
        letters = "" if column.wide or band.upright else " letters"
        parts.append(f'<text class="state {known}{letters}" {where}>{escape(text)}</text>')
        y += _REPEAT
    return parts


def silence(figure: Figure, y: float, ms: float, text: str) -> list[str]:
    """A torn edge across the whole figure."""
    left, right = figure.left - 10, figure.width - 4
    return [
        f'<g class="silence" data-ms="{ms:.3f}"><title>nothing happened for {safe(text)}</title>',
        f'<path class="cut" d="{zigzag(left, right, y)}"/><path class="zigzag" d="{zigzag(left, right, y - 4)}"/>',
        f'<path class="zigzag" d="{zigzag(left, right, y + 4)}"/>',
        f'<text class="pause" x="{number(figure.left - 14)}" y="{number(y + 4)}">{safe(text)}</text></g>',
    ]


def crease(fold: Fold, left: float, right: float) -> list[str]:
    """What is folded, and how much it is."""
    return [
        f'<g class="fold" data-places="{_ranges(fold.places)}" data-count="{len(fold.places)}" role="img" '
        f'aria-label="{safe(fold.text)}"><title>{safe(fold.text)}</title>',
        f'<rect class="crease" x="{number(left)}" y="{number(fold.top)}" width="{number(right - left)}" '
        f'height="{number(fold.bottom - fold.top)}"/>',
        f'<text class="label" x="{number(left + 12)}" y="{number((fold.top + fold.bottom) / 2 + 4)}">'
        f"⋯ {safe(clipped(fold.text, right - left - 40))}</text></g>",
    ]


def _ranges(places: tuple[int, ...]) -> str:
    """`3 5-9`: increasing numbers, as short as they can be said."""
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1] = [runs[-1][0], place]
        else:
            runs.append([place])
    return " ".join("-".join(map(str, run)) for run in runs)

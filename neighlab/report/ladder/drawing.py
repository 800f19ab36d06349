"""A figure as SVG is well-formed whatever names it shows, can be read without a script, and fetches nothing.

Everything that stands for an entry of the timeline carries the entry's place as `data-place`, and all that is known of
it as its <title>, a line for each field, which browsers show to a mouse.
"""

from __future__ import annotations

from html import escape
from itertools import pairwise

from neighlab.report.ladder.figure import Arrow, Band, Column, Event, Fields, Figure, Fold, Label, Lifeline, Mark
from neighlab.report.ladder.key import everything, key
from neighlab.report.ladder.metrics import clipped, width
from neighlab.report.ladder.shapes import clock, number, sign, tip, zigzag
from neighlab.report.ladder.theme import STATES, patterns
from neighlab.report.plain import printable

_REPEAT = 420.0
"""How far below itself a state's name stands again."""
_WIDEST = 170.0
"""A host's box."""
_SPOKEN = 300
"""Characters of an event that are read out at once; its fields tell the rest."""


def svg(figure: Figure, ident: str) -> str:
    """The <svg> element of a figure, for a page with the stylesheet and the definitions; `ident` is unique there."""
    ident = safe(ident)
    return "".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="ladder" viewBox="0 0 {number(figure.width)} '
            f'{number(figure.height)}" width="{number(figure.width)}" height="{number(figure.height)}" role="group" '
            f'aria-roledescription="ladder diagram" aria-labelledby="{ident}-t" aria-describedby="{ident}-d" '
            f'data-case="{safe(figure.name)}" data-events="{figure.length}">',
            f'<title id="{ident}-t">{safe(f"{figure.name}: {figure.title}")}</title>',
            f'<desc id="{ident}-d">{safe(figure.summary)}</desc>',
            *contents(figure, ident),
            "</svg>",
        ]
    )


def definitions() -> str:
    """What stylesheets refer to, for a page that embeds figures: an element without size, for one that is not displayed
    would have no patterns.
    """
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0" style="position:absolute" aria-hidden="true">'
        f"<defs>{patterns()}</defs></svg>"
    )


def legend(room: float = 900.0) -> str:
    """All signs and what they mean, for a page that embeds figures: an <svg> that is `room` wide."""
    parts, height = key(everything(), room - 8)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ladder key" viewBox="-4 -4 {number(room)} '
        f'{number(height + 8)}" width="{number(room)}" height="{number(height + 8)}" role="img" '
        f'aria-label="Key to the signs">{"".join(parts)}</svg>'
    )


def contents(figure: Figure, ident: str) -> list[str]:
    """All that a figure shows, from the back to the front."""
    parts = [
        f'<text class="time" x="{number(figure.left - 14)}" y="{number(one.y + 4)}">{safe(one.text)}</text>'
        for one in figure.moments
    ]
    bottom = number(figure.height)
    parts += [
        f'<path class="life" d="M{number(one.x)} {number(figure.head - 14)}V{bottom}"/>' for one in figure.lifelines
    ]
    parts += [part for band in figure.bands for part in _band(band)]
    parts += [part for one in figure.silences for part in _silence(figure, one.y, one.ms, one.text)]
    left, right = _span(figure)
    for one in sorted([*figure.events, *figure.folds], key=_place):
        if isinstance(one, Fold):
            parts += _fold(one, left, right)
            continue
        parts.append(_open(one, ident, left, right))
        parts += _arrow(one) if isinstance(one, Arrow) else _mark(one)
        parts.append("</g>")
    return [*parts, *_heads(figure)]


def safe(text: str, most: int = 400) -> str:
    """The first `most` characters of a text as they can stand anywhere in XML."""
    return escape(printable(text[:most]))


def _place(one: Event | Fold) -> int:
    return one.places[0] if isinstance(one, Fold) else one.place


def _title(fields: Fields) -> str:
    return "\n".join(f"{safe(name)}: {safe(value)}" for name, value in fields)


def _heads(figure: Figure) -> list[str]:
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
    title = f"<title>{safe(f'{column.host} {column.ifname} {column.addr}')}</title>"
    if column.wide:
        return f'<text class="addr mid" x="{number(x)}" y="{y}">{title}{safe(column.title)}</text>'
    return (
        f'<text class="addr" transform="translate({number(x + 4)} {y}) rotate(-90)">{title}{safe(column.title)}</text>'
    )


def _band(band: Band) -> list[str]:
    height, column = band.bottom - band.top, band.column
    known = band.state if band.state in STATES else "NONE"
    opened = "" if band.opened is None else f' data-from="{band.opened}"'
    rect = (
        f'<rect class="{"mixed" if band.mixed else f"area {known}"}" x="{number(column.x)}" y="{number(band.top)}" '
        f'width="{number(column.width)}" height="{number(height)}"/>'
    )
    return [
        f'<g class="band" data-host="{safe(column.host)}" data-ifname="{safe(column.ifname)}" '
        f'data-addr="{safe(column.addr)}" data-state="{safe(band.state)}"{opened}><title>{_title(band.fields)}</title>',
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


def _silence(figure: Figure, y: float, ms: float, text: str) -> list[str]:
    left, right = figure.left - 10, figure.width - 4
    return [
        f'<g class="silence" data-ms="{ms:.3f}"><title>nothing happened for {safe(text)}</title>',
        f'<path class="cut" d="{zigzag(left, right, y)}"/><path class="zigzag" d="{zigzag(left, right, y - 4)}"/>',
        f'<path class="zigzag" d="{zigzag(left, right, y + 4)}"/>',
        f'<text class="pause" x="{number(figure.left - 14)}" y="{number(y + 4)}">{safe(text)}</text></g>',
    ]


def _fold(fold: Fold, left: float, right: float) -> list[str]:
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


def _span(figure: Figure) -> tuple[float, float]:
    """From the first line to the last, or to the figure's edge."""
    lines = figure.lifelines
    if not lines:
        return figure.left, figure.width
    return lines[0].x, lines[-1].x if len(lines) > 1 else figure.width - 20


def _open(event: Event, ident: str, left: float, right: float) -> str:
    kind = event.kind
    y, height = (event.y - 4, 8) if isinstance(event, Mark) and event.label is None else (event.y - 13, 24)
    data = "".join(f' data-{name}="{safe(value)}"' for name, value in event.data)
    told = dict(event.fields)
    spoken = ", ".join([*list(told.values())[:3], *(told[name] for name in ("cause", "why") if name in told)])
    return (
        f'<g class="event {"arrow " if isinstance(event, Arrow) else ""}{kind}" id="{ident}-e{event.place}" '
        f'data-place="{event.place}" data-kind="{kind}" data-t="{event.t_ms:.3f}" data-host="{safe(event.host)}"{data} '
        f'role="img" aria-label="{safe(spoken, _SPOKEN)}"><title>{_title(event.fields)}</title>'
        f'<rect class="hit" x="{number(left)}" y="{number(y)}" width="{number(right - left)}" height="{height}"/>'
    )


def _label(label: Label, y: float, kind: str = "label") -> str:
    kind += " left" if label.leftward else ""
    strong = f'<tspan class="strong">{safe(label.strong)}</tspan>' if label.strong else ""
    slanted = ' class="slanted"' if label.slanted else ""
    # spaces that are not collapsed, for converters do not agree where a shifted text ends
    gap = "\u00a0\u00a0" if strong else ""
    rest = f"<tspan{slanted}>{gap}{safe(label.text)}</tspan>" if label.text else ""
    return f'<text class="{kind}" x="{number(label.x)}" y="{number(y)}">{strong}{rest}</text>'


def _arrow(arrow: Arrow) -> list[str]:
    parts: list[str] = []
    for one in arrow.heads:
        line = f"M{number(arrow.x)} {number(arrow.y)}L{number(one.x)} {number(one.y)}"
        idle = " idle" if one.idle else ""
        parts.append(f'<path class="line" data-to="{safe(one.host)}" d="{line}"/>')
        parts.append(f'<path class="tip{idle}" d="{tip(arrow.x, arrow.y, one.x, one.y)}"/>')
        if arrow.kind == "fence":
            parts.append(f'<path class="tip" d="{tip(one.x, one.y, arrow.x, arrow.y)}"/>')
    if arrow.kind != "fence":
        parts.append(f'<circle class="tip" cx="{number(arrow.x)}" cy="{number(arrow.y)}" r="2.6"/>')
    if not arrow.heads:
        end = arrow.x + 46 * arrow.toward
        parts.append(f'<path class="line" d="M{number(arrow.x)} {number(arrow.y)}H{number(end)}m0-5v10"/>')
    if arrow.why is not None:
        parts.append(_label(arrow.why, arrow.y + 13, "label why"))
    return [*parts, _label(arrow.label, arrow.y - 4)]


def _mark(mark: Mark) -> list[str]:
    parts = []
    x, column = mark.x, mark.column
    if column is not None:
        near = column.x + column.width if column.x < mark.x else column.x
        if mark.label is None:
            x = near
        else:
            parts.append(f'<path class="leader" d="M{number(mark.x)} {number(mark.y)}H{number(near)}"/>')
        if mark.kind == "transition":
            parts.append(f'<path class="edge" d="M{number(column.x)} {number(mark.y)}h{number(column.width)}"/>')
    if mark.timer:
        parts.append(f'<path class="tick" d="{clock(x, mark.y)}"/>')
    elif mark.kind != "transition" or column is None:
        parts.append(f'<path class="sign" d="{sign(mark.kind, x, mark.y)}"/>')
    if mark.label is not None:
        parts.append(_label(mark.label, mark.y + 4))
    return parts

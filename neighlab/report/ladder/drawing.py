"""A figure as SVG is well-formed whatever names it shows, can be read without a script, and fetches nothing.

Everything that stands for an entry of the timeline carries the entry's place as `data-place`, and all that is known of
it as its <title>, a line for each field, which browsers show to a mouse.
"""

from __future__ import annotations

from typing import Final

from neighlab.report.ladder.backdrop import crease, heads, silence, state
from neighlab.report.ladder.figure import Arrow, Event, Figure, Fold, Mark
from neighlab.report.ladder.key import everything, key
from neighlab.report.ladder.shapes import clock, number, sign, tip
from neighlab.report.ladder.theme import patterns
from neighlab.report.ladder.writing import safe, title, words

_SPOKEN: Final = 300
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
    parts += [part for band in figure.bands for part in state(band)]
    parts += [part for one in figure.silences for part in silence(figure, one.y, one.ms, one.text)]
    left, right = _span(figure)
    for one in sorted([*figure.events, *figure.folds], key=_place):
        if isinstance(one, Fold):
            parts += crease(one, left, right)
            continue
        parts.append(_open(one, ident, left, right))
        parts += _arrow(one) if isinstance(one, Arrow) else _mark(one)
        parts.append("</g>")
    return [*parts, *heads(figure)]


def _place(one: Event | Fold) -> int:
    return one.places[0] if isinstance(one, Fold) else one.place


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
        f'role="img" aria-label="{safe(spoken, _SPOKEN)}"><title>{title(event.fields)}</title>'
        f'<rect class="hit" x="{number(left)}" y="{number(y)}" width="{number(right - left)}" height="{height}"/>'
    )


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
    parts += [words(one, arrow.y + 13, "label why") for one in arrow.whys]
    return [*parts, words(arrow.label, arrow.y - 4)]


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
        parts.append(words(mark.label, mark.y + 4))
    return parts

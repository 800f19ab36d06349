"""Text in a figure is text only: no name that it shows can end an attribute, open an element or steer a terminal."""

from __future__ import annotations

from html import escape

from neighlab.report.ladder.figure import Fields, Label
from neighlab.report.ladder.shapes import number
from neighlab.report.plain import printable


def safe(text: str, most: int = 400) -> str:
    """The first `most` characters of a text as they can stand anywhere in XML."""
    return escape(printable(text[:most]))


def title(fields: Fields) -> str:
    """All that is known of something, a line for each field, as browsers show it to a mouse."""
    return "\n".join(f"{safe(name)}: {safe(value)}" for name, value in fields)


def words(label: Label, y: float, kind: str = "label") -> str:
    """A label on the height `y`."""
    kind += " left" if label.leftward else ""
    strong = f'<tspan class="strong">{safe(label.strong)}</tspan>' if label.strong else ""
    slanted = ' class="slanted"' if label.slanted else ""
    # spaces that are not collapsed, for converters do not agree where a shifted text ends
    gap = "\u00a0\u00a0" if strong else ""
    rest = f"<tspan{slanted}>{gap}{safe(label.text)}</tspan>" if label.text else ""
    return f'<text class="{kind}" x="{number(label.x)}" y="{number(y)}">{strong}{rest}</text>'

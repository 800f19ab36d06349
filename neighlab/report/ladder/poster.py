"""A figure that stands alone tells also what is claimed, under which kernel and settings, and how it went."""

from __future__ import annotations

from typing import Final

from neighlab.model.result import CaseResult
from neighlab.report.ladder.drawing import contents
from neighlab.report.ladder.key import key, used
from neighlab.report.ladder.layout import figure_of
from neighlab.report.ladder.metrics import wrapped
from neighlab.report.ladder.shapes import number
from neighlab.report.ladder.theme import COLORS, Theme, patterns, rules
from neighlab.report.ladder.writing import safe
from neighlab.report.plain import printable

_MARGIN: Final = 18.0
_TITLE, _CAPTION = 24.0, 17.0
"""Heights of lines."""
_LEAST: Final = 460.0
_WORDS: Final = {"passed": "passed", "failed": "FAILED", "skipped": "skipped", "error": "ERROR"}


def poster(case: CaseResult, kernel: str, *, theme: Theme = "light", width: int | None = None) -> str:
    """A whole SVG document, `width` pixels wide (as wide as it needs to be, when not said)."""
    figure = figure_of(case)
    natural = max(figure.width, _LEAST) + 2 * _MARGIN
    room = natural - 2 * _MARGIN
    title = wrapped(_line(case.claim), room, 17, bold=True)
    caption = [line for text in [*_caption(case, kernel), *figure.notes] for line in wrapped(_line(text), room)]
    top = _MARGIN + _TITLE * len(title) + 6
    signs, height_of_key = key(used(figure), room)
    below = top + figure.height + 12
    height = below + height_of_key + 8 + _CAPTION * len(caption) + _MARGIN
    shown = width or natural
    lines = [
        f'<text class="title" x="{number(_MARGIN)}" y="{number(_MARGIN + 15 + _TITLE * place)}">{safe(line)}</text>'
        for place, line in enumerate(title)
    ]
    lines += [
        f'<text class="caption" x="{number(_MARGIN)}" y="{number(below + height_of_key + 20 + _CAPTION * place)}">'
        f"{safe(line)}</text>"
        for place, line in enumerate(caption)
    ]
    colors = COLORS[theme]
    return "".join(
        [
            '<?xml version="1.0" encoding="UTF-8"?>\n',
            f'<svg xmlns="http://www.w3.org/2000/svg" class="ladder" viewBox="0 0 {number(natural)} {number(height)}" '
            f'width="{number(shown)}" height="{number(height * shown / natural)}" role="img" '
            'aria-labelledby="title desc">',
            f'<title id="title">{safe(f"{figure.name}: {figure.title}")}</title>',
            f'<desc id="desc">{safe(figure.summary)}</desc>',
            f"<style>{rules(lambda name: colors[name])}</style><defs>{patterns()}</defs>",
            f'<rect class="ground" width="{number(natural)}" height="{number(height)}"/>',
            *lines,
            f'<g transform="translate({number(_MARGIN)} {number(top)})">',
            *contents(figure, "ladder"),
            "</g>",
            f'<g class="key" transform="translate({number(_MARGIN)} {number(below)})">',
            *signs,
            "</g></svg>\n",
        ]
    )


def _caption(case: CaseResult, kernel: str) -> list[str]:
    verdict = _WORDS[case.outcome] + (f": {case.reason}" if case.reason else "")
    knobs = ", ".join(f"{name}={value}" for name, value in case.knobs.items())
    lines = [f"{case.name}, Linux {case.kernel or kernel}: {verdict}"]
    if knobs:
        lines.append(f"Settings: {knobs}")
    return [*lines, "Times in ms, downwards; rows are events in their order, torn edges are silences."]


def _line(text: str) -> str:
    return printable(" ".join(text[:2000].split()))

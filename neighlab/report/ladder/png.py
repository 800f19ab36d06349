"""Pixels are made by a converter that is optional; without it, or without any font, it is said what to install."""

from __future__ import annotations

from typing import Any, Final

from neighlab.errors import EnvironmentProblem
from neighlab.report.ladder.theme import FONT

_SHARP: Final = 2.0
"""Pixels for one of the figure's, if no width is asked for: enough for a projector and for print."""
_LETTER: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="20" height="20"><style>text{{font:12px {font}}}</style>'
    '<text y="15">{letter}</text></svg>'
)


class Converter:
    """Makes PNG of SVG; EnvironmentProblem when what it needs is not installed, as soon as it is made."""

    def __init__(self) -> None:
        try:
            import resvg_py
        except ImportError:
            raise EnvironmentProblem(
                "a PNG needs a converter: pip install resvg_py (or 'neighlab[draw]'); an SVG needs nothing"
            ) from None
        self._resvg: Any = resvg_py
        if self._letter("H") == self._letter(""):
            raise EnvironmentProblem("a PNG needs a font, and there is none: apt install fonts-dejavu-core")

    def png(self, svg: str, *, width: int | None = None) -> bytes:
        """The picture, `width` pixels wide; twice as wide as the figure when not said."""
        return self._converted(svg, zoom=_SHARP) if width is None else self._converted(svg, width=width)

    def _letter(self, letter: str) -> bytes:
        return self._converted(_LETTER.format(font=FONT, letter=letter))

    def _converted(self, svg: str, **how: Any) -> bytes:
        return bytes(self._resvg.svg_to_bytes(svg_string=svg, **how))

"""A text gets at least the room that it takes: widths are those of DejaVu Sans, the widest font that is asked for."""

from __future__ import annotations

import textwrap
from typing import Final

_NARROW: Final = dict.fromkeys("'ijlIJ", 0.29) | dict.fromkeys(" ,./:;\\|f-()[]t!", 0.4)
_BROAD: Final = dict.fromkeys("ABCDGHKNOQRUVXZ&w", 0.8) | dict.fromkeys("#+<=>^~%mMW@→…⋯", 1.0)
_OTHER: Final = 0.64
_FAR: Final = 1.1
"""What is not of the Latin script: ideograms are as wide as they are high."""
_BOLD: Final = 1.12


def width(text: str, size: float = 12.0, *, bold: bool = False) -> float:
    """Pixels that a text takes at a font size, rather too many than too few."""
    ems = sum(_NARROW.get(char) or _BROAD.get(char) or (_OTHER if ord(char) < 0x2000 else _FAR) for char in text)
    return ems * size * (_BOLD if bold else 1.0)


def clipped(text: str, room: float, size: float = 12.0, *, bold: bool = False) -> str:
    """As much of a text as there is room for, and a sign if that is not all; nothing if it would say nothing."""
    text = text[: int(room) + 1]  # no character is narrower than a pixel
    if width(text, size, bold=bold) <= room:
        return text
    room -= width("…", size, bold=bold)
    end = 0
    for char in text:
        room -= width(char, size, bold=bold)
        if room < 0:
            break
        end += 1
    return f"{text[:end].rstrip()}…" if end > 3 else ""


def wrapped(text: str, room: float, size: float = 12.0, *, bold: bool = False, most: int = 6) -> list[str]:
    """Lines of a text that fit, `most` of them at most."""
    chars = max(20, int(room / (0.45 * size)))
    while True:
        lines = textwrap.wrap(text, chars)
        if chars <= 20 or all(width(line, size, bold=bold) <= room for line in lines):
            break
        chars -= 1
    return [*lines[: most - 1], f"{lines[most - 1]} …"] if len(lines) > most else lines


def short(addr: str, room: int) -> str:
    """An address that keeps its beginning and its end if there is no room for all of it."""
    if len(addr) <= room:
        return addr
    tail = max(4, room // 2)
    return f"{addr[: max(1, room - tail - 1)]}…{addr[-tail:]}"

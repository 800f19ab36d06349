"""On a terminal a state has its colour, and its name all the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from rich.text import Text

_STYLES: Final = [
    (re.compile(pattern, re.MULTILINE), style)
    for pattern, style in (
        (r"^\S+(?=  )", "bold"),
        (r"^\S+(?: \S+)?(?:  (?:no entries|\+\d+ NOARP).*)?$", "bold"),
        (r"\bREACHABLE\b", "green"),
        (r"\bSTALE\b", "yellow"),
        (r"\bDELAY\b", "cyan"),
        (r"\b(?:PROBE|probe \d+)\b", "magenta"),
        (r"\bINCOMPLETE\b", "blue"),
        (r"\b(?:FAILED|PAUSED)\b", "bold red"),
        (r"\bPERMANENT\b", "bold"),
        (r"^.*\bNOARP\b.*$", "dim"),
        (r"^(?: ADDRESS|FRAMES|(?:rows .*  )?q quit) .*$", "reverse"),
    )
]


def styled(lines: Sequence[str]) -> Text:
    """The lines of a page as rich understands them; nothing in them is taken for markup."""
    text = Text("\n".join(lines), no_wrap=True, overflow="crop")
    for pattern, style in _STYLES:
        text.highlight_regex(pattern, style)
    return text

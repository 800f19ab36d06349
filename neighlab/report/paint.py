"""Colour never changes a report's words: it is laid over the finished plain text."""

from __future__ import annotations

import re
from io import StringIO
from typing import Final

from rich.console import Console
from rich.text import Text

_STYLES: Final = [
    (re.compile(pattern, re.MULTILINE), style)
    for pattern, style in (
        (r"^\S+(?=: )", "bold"),
        (r"^ *PASS\b", "green"),
        (r"^ *(?:FAIL|ERROR)\b", "bold red"),
        (r"^ *SKIP\b", "yellow"),
        (r"^      (?:expected|observed|reason|details|knobs|kernel|timeline|rerun)(?=  )", "dim"),
        (r"(?<=^      expected  ).*$", "green"),
        (r"(?<=^      observed  ).*$", "red"),
        (r"^[1-9]\d* passed(?=, )", "green"),
        (r"(?<=, )[1-9]\d* (?:failed|errors)(?=,| in )", "bold red"),
        (r"(?<=, )[1-9]\d* skipped(?=, )", "yellow"),
    )
]


def styled(plain: str) -> Text:
    """The text as rich understands it; nothing in it is taken for markup."""
    text = Text(plain)
    for pattern, style in _STYLES:
        text.highlight_regex(pattern, style)
    return text


def paint(plain: str) -> str:
    """The text with ANSI colours, the same on every machine: neither terminal nor environment is asked."""
    console = Console(file=StringIO(), force_terminal=True, color_system="standard", no_color=False, _environ={})
    with console.capture() as capture:
        console.print(styled(plain), end="", soft_wrap=True)
    return capture.get()

"""Keys are heard one by one while a page is shown, and the terminal is afterwards as it was."""

from __future__ import annotations

import contextlib
import os
import re
import termios
from collections.abc import Iterator
from typing import Final

_KEY: Final = re.compile(r"\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])|[^\x1b]", re.DOTALL)
_BEGUN: Final = re.compile(r"\x1b(?:\[[0-9;]*|O)?$")
_NAMES: Final = {
    "\x1b[A": "up", "\x1bOA": "up", "\x1b[B": "down", "\x1bOB": "down", "\x1b[5~": "page-up", "\x1b[6~": "page-down",
    "\x1b[H": "home", "\x1bOH": "home", "\x1b[1~": "home", "\t": "tab", " ": "page-down",
}  # fmt: skip


class Keyboard:
    """What is typed on standard input, key by key; `fd` is None when there is no terminal, or no more."""

    def __init__(self, fd: int | None) -> None:
        self.fd = fd
        self._begun = ""

    def read(self) -> list[str]:
        """The keys that have been pressed, letters as they are and others by name; call it when `fd` is readable."""
        if self.fd is None:
            return []
        try:
            data = os.read(self.fd, 4096)
        except OSError:
            data = b""
        if not data:
            self.fd = None  # hung up
        text = self._begun + data.decode(errors="replace")
        begun = _BEGUN.search(text)
        self._begun = begun[0] if begun else ""
        return [_NAMES.get(key, key) for key in _KEY.findall(text.removesuffix(self._begun))]


@contextlib.contextmanager
def keyboard() -> Iterator[Keyboard]:
    """Hear keys as they are pressed; Ctrl-C interrupts as ever, Ctrl-Z does nothing: it would leave the page behind."""
    try:
        before = termios.tcgetattr(0)
    except (OSError, termios.error):
        yield Keyboard(None)
        return
    mode = termios.tcgetattr(0)
    mode[3] &= ~(termios.ECHO | termios.ICANON)
    mode[6][termios.VMIN], mode[6][termios.VTIME], mode[6][termios.VSUSP] = b"\1", b"\0", b"\0"
    try:
        termios.tcsetattr(0, termios.TCSADRAIN, mode)
        yield Keyboard(0)
    finally:
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(0, termios.TCSADRAIN, before)

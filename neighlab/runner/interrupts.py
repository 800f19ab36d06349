"""Ctrl-C is heard where a run waits and nowhere else: no sandbox gets out of sight, and no result is half taken in.

Python raises KeyboardInterrupt between any two steps of the main thread: also between waitpid(2) and the assignment
of what it returned. Who counts sandboxes, or has just written a report's line, must not lose his place there.
"""

from __future__ import annotations

import contextlib
import select
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any, Final

_Handler = Callable[[int, FrameType | None], Any]


class _HeldBack:
    """A handler of SIGINT that remembers it, and hands it on to the one of before when somebody listens."""

    def __init__(self, before: _Handler) -> None:
        self.before: Final = before
        self.listening = False
        self.pending = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        if self.listening:
            self.before(number, frame)
        else:
            self.pending = True

    def hear(self) -> None:
        """Hand on what has come."""
        if self.pending:
            self.pending = False
            self.before(signal.SIGINT, None)


_current: _HeldBack | None = None


@contextlib.contextmanager
def held_back() -> Iterator[None]:
    """Let SIGINT be heard in poll() and hear() only, and when this ends without an exception; also a decorator.

    Nothing changes where it is ignored, and in other threads than the main one, which never see it.
    """
    global _current
    before = signal.getsignal(signal.SIGINT)
    if _current is not None or not callable(before) or threading.current_thread() is not threading.main_thread():
        yield
        return
    held = _HeldBack(before)
    try:
        _current = held
        signal.signal(signal.SIGINT, held)
        yield
    finally:
        _current = None
        signal.signal(signal.SIGINT, before)
    held.hear()


def hear() -> None:
    """Raise the KeyboardInterrupt that has been held back, if there is one."""
    if _current is not None:
        _current.hear()


def poll(poller: select.poll, timeout_ms: float | None) -> list[tuple[int, int]]:
    """`poller.poll(timeout_ms)`, which Ctrl-C may interrupt."""
    if _current is None:
        return poller.poll(timeout_ms)
    try:
        _current.listening = True
        _current.hear()
        return poller.poll(timeout_ms)
    finally:
        _current.listening = False

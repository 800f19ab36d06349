"""An interrupt that comes where Python can only ignore it (a callback, a destructor) comes again a moment later."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SOON_S: Final = 0.01


def keep() -> None:
    """Let no KeyboardInterrupt be lost from now on (importlib, for one, has callbacks of weak references)."""
    sys.unraisablehook = _again


@contextlib.contextmanager
def heeded() -> Iterator[None]:
    """An interrupt of which Python makes another exception is one all the same (in `__set_name__`, until 3.12)."""
    try:
        yield
    except Exception as problem:
        cause: BaseException | None = problem
        while cause is not None:
            cause = cause.__cause__
            if isinstance(cause, KeyboardInterrupt):
                raise cause from None
        raise


@contextlib.contextmanager
def heeded_once() -> Iterator[None]:
    """The first interrupt is heeded, another changes nothing: what it has ended is still to be reported."""
    before = signal.getsignal(signal.SIGINT)
    if not callable(before):  # it is ignored
        yield
        return
    heeded = False

    def heed(number: int, frame: FrameType | None) -> None:
        nonlocal heeded
        if not heeded:
            heeded = True
            before(number, frame)

    signal.signal(signal.SIGINT, heed)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _again(ignored: UnraisableHookArgs) -> None:
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
        return
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, _SOON_S)

"""An interrupt that comes where Python can only ignore it (a callback, a destructor) comes again a moment later."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_SOON_S: Final = 0.01


def keep() -> None:
    """Let no KeyboardInterrupt be lost from now on (importlib, for one, has callbacks of weak references)."""
    sys.unraisablehook = _again


def _again(ignored: UnraisableHookArgs) -> None:
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
        return
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    signal.setitimer(signal.ITIMER_REAL, _SOON_S)

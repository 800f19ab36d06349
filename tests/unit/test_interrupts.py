"""An interrupt is heeded wherever it comes."""

from __future__ import annotations

import subprocess
import sys

LOST = """
import os, select, signal, weakref
from neighlab.cli import interrupts
interrupts.keep()
class Thing: pass
thing = Thing()
ref = weakref.ref(thing, lambda _: signal.raise_signal(signal.SIGINT))
try:
    del thing  # the callback's exception can only be ignored
    select.poll().poll(10_000)
except KeyboardInterrupt:
    os._exit(42)
"""


def test_an_interrupt_in_a_callback_comes_again() -> None:
    done = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (42, "")

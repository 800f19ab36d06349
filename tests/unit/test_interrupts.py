"""An interrupt is heeded wherever it comes."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from neighlab.cli import interrupts

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


WRAPPED = """
import os, signal
from neighlab.cli import interrupts
class Field:
    def __set_name__(self, owner, name):
        signal.raise_signal(signal.SIGINT)
try:
    with interrupts.heeded():
        class Entry:
            field = Field()
except KeyboardInterrupt:
    os._exit(42)
"""


def test_an_interrupt_while_a_class_is_made_is_one() -> None:
    done = subprocess.run([sys.executable, "-c", WRAPPED], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (42, "")


def test_what_is_no_interrupt_stays_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="something else"), interrupts.heeded():
        raise RuntimeError("something else") from ValueError("and its cause")


def test_an_interrupt_in_a_callback_comes_again() -> None:
    done = subprocess.run([sys.executable, "-c", LOST], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (42, "")


def test_a_second_interrupt_does_not_disturb_what_follows_the_first() -> None:
    done = []
    with interrupts.heeded_once():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append("reported")
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert done == ["reported"]

"""Ctrl-C is heard where a run waits: never between two steps that belong together, and it is never lost."""

from __future__ import annotations

import os
import select
import signal
import threading
from collections.abc import Iterator

import pytest

from neighlab.runner import interrupts


@pytest.fixture(autouse=True)
def an_ordinary_handler() -> Iterator[None]:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    signal.signal(signal.SIGINT, before)


def test_it_waits_until_somebody_listens() -> None:
    done = []

    @interrupts.held_back()
    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        done.append("the next step")
        interrupts.poll(select.poll(), 10_000)
        done.append("not this")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["the next step"]


def test_it_interrupts_the_waiting() -> None:
    ours, theirs = os.pipe()
    poller = select.poll()
    poller.register(ours, select.POLLIN)
    later = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))

    @interrupts.held_back()
    def work() -> None:
        later.start()
        interrupts.poll(poller, 60_000)

    with pytest.raises(KeyboardInterrupt):
        work()
    later.join()
    os.close(ours)
    os.close(theirs)


def test_what_nobody_listened_to_comes_at_the_end() -> None:
    done = []

    def work() -> None:
        with interrupts.held_back():
            signal.raise_signal(signal.SIGINT)
            done.append("all of it")
        done.append("not this")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all of it"]


def test_while_one_is_on_its_way_out_another_changes_nothing() -> None:
    done = []

    @interrupts.held_back()
    def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
            interrupts.hear()
        finally:
            signal.raise_signal(signal.SIGINT)
            done.append("all is put away")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["all is put away"]


def test_another_failure_is_not_hidden_by_it() -> None:
    @interrupts.held_back()
    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        raise LookupError

    with pytest.raises(LookupError):
        work()


@interrupts.held_back()
def a_function() -> str:
    with interrupts.held_back():  # within another one it is the same one
        signal.raise_signal(signal.SIGINT)
    return "returned"


def test_it_decorates_functions_again_and_again() -> None:
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            a_function()


def test_who_does_not_hold_it_back_has_it_at_once() -> None:
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    interrupts.hear()
    assert interrupts.poll(select.poll(), 0) == []


def test_where_it_is_ignored_it_stays_so() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with interrupts.held_back():
        signal.raise_signal(signal.SIGINT)
        interrupts.hear()
    assert signal.signal(signal.SIGINT, signal.default_int_handler) is signal.SIG_IGN


def test_another_thread_cannot_hold_it_back() -> None:
    seen = []

    def work() -> None:
        with interrupts.held_back():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]

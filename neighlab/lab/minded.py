"""A child that works in our place has our terminal and the signals that are meant for us, and we its exit code."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Final, NoReturn

from neighlab.errors import NeighlabError
from neighlab.lab import problems

SIGNALLED: Final = 128
ORPHANED: Final = signal.SIGUSR1
"""What who stands between a caller and a command is sent when the caller has died."""
HEARD: Final = {signal.SIGCHLD, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, ORPHANED}


class CannotRun(NeighlabError):
    """A command cannot be executed; the exit code is the one that shells have for it."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def in_a_child(work: Callable[[int], int]) -> int:
    """Call `work(tell)` in a child of this process and return the exit code that it returns.

    What it raises is raised here: problems travel through the pipe `tell`, also by tell_problem() from a child of the
    child's. Signals sent to this process reach the child, those of the terminal do anyway.
    """
    told, tell = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with _terminal_comes_back(), signals_wait() as before:
        child = os.fork()
        if not child:
            os.close(told)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            _be_the_child(work, tell)
        os.close(tell)
        status = mind(child)
        with os.fdopen(told, "rb") as pipe:
            said = pipe.read()
    if said:
        kind, text, code = json.loads(said)
        raise problems.KINDS[kind](text) if kind in problems.KINDS else CannotRun(text, code)
    return status


def _be_the_child(work: Callable[[int], int], tell: int) -> NoReturn:
    status = 1
    try:
        status = work(tell)
    except KeyboardInterrupt:
        status = SIGNALLED + signal.SIGINT
    except BrokenPipeError:  # who was told has seen enough
        status = SIGNALLED + signal.SIGPIPE
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except Exception as problem:
        tell_problem(tell, *problems.packed(problem))
    finally:
        os._exit(status)


@contextlib.contextmanager
def signals_wait() -> Iterator[set[signal.Signals | int]]:
    """Let the signals that mind() hears wait for it; gives the mask of before."""
    handler = signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who starts us may ignore it, and then it never comes
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HEARD)
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGCHLD, handler)


def mind(child: int) -> int:
    """Wait for a child, whose exit code is returned, and hand it the signals that somebody sends to us instead.

    What the terminal sends (Ctrl-C) goes to the child, too: it is not handed on.
    """
    while True:
        heard = signal.sigwaitinfo(HEARD)
        if heard.si_signo == signal.SIGCHLD:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:  # else it has only been suspended
                return exit_code(status)
        elif heard.si_code <= 0:  # SI_USER and its like; SI_KERNEL is positive
            os.kill(child, signal.SIGKILL if heard.si_signo == ORPHANED else heard.si_signo)


def exit_code(status: int) -> int:
    """The exit code that a shell has for a wait status: 128 + N when signal N ended it."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else SIGNALLED - code


@contextlib.contextmanager
def _terminal_comes_back() -> Iterator[None]:
    """A shell in there that took the terminal for itself gives it back."""
    ours = _has_the_terminal()
    try:
        yield
    finally:
        if ours and not _has_the_terminal():
            held_back = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            with contextlib.suppress(OSError):
                os.tcsetpgrp(0, os.getpgrp())
            signal.signal(signal.SIGTTOU, held_back)


def _has_the_terminal() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False  # standard input is no terminal, or not ours


def tell_problem(pipe: int, kind: str, text: str, code: int = 0) -> None:
    """Write a problem into the pipe of in_a_child()."""
    with contextlib.suppress(OSError):
        os.write(pipe, json.dumps((kind, text, code)).encode())

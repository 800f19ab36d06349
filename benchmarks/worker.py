"""What is measured runs where a user would run it: in a warm runner's forks, without root, inside a lab."""

from __future__ import annotations

import ctypes
import os
import socket
import traceback
from collections.abc import Callable
from typing import Any, NoReturn

from neighlab.lab import channel, sandbox
from neighlab.lab.lab import Lab

_NOBODY = 65534
_PR_SET_DUMPABLE = 4


class Worker:
    """A process of its own that does one job as often as it is asked to; root's is done by an ordinary user."""

    def __init__(self, job: Callable[[], Any]) -> None:
        self._ours, theirs = socket.socketpair()
        self.pid = os.fork()
        if not self.pid:
            self._ours.close()
            _serve(job, theirs)
        theirs.close()

    def __call__(self) -> Any:
        """Have the job done once and return what it returns."""
        channel.send(self._ours, "go")
        return channel.receive(self._ours)

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self._ours.close()
        os.waitpid(self.pid, 0)


def _serve(job: Callable[[], Any], asked: socket.socket) -> NoReturn:
    try:
        _become_ordinary()
        while True:
            channel.receive(asked)
            channel.send(asked, job())
    except EOFError:
        os._exit(0)
    except BaseException:
        traceback.print_exc()
    os._exit(1)


def _become_ordinary() -> None:
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(_NOBODY, _NOBODY, _NOBODY)
        os.setresuid(_NOBODY, _NOBODY, _NOBODY)
        # a process that changed its user may not write its own uid_map, for its /proc files stay root's
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)


def in_lab(topology: Any, story: Callable[[Lab], Any], **options: Any) -> Any:
    """What `story(lab)` returns in a new sandbox; an exception there is printed and becomes an EOFError here."""

    def work(outside: socket.socket) -> None:
        channel.send(outside, ["result", story(Lab(topology, **options))])

    box = sandbox.spawn(work, cpu=min(os.sched_getaffinity(0)))
    try:
        kind, answer = channel.receive(box.channel)
    finally:
        box.reap(5.0)
    if kind != "result":
        raise RuntimeError(answer)
    return answer

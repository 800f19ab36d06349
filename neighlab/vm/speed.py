"""How much slower an emulated machine is than this one is measured, with the same work here and there."""

from __future__ import annotations

import math
import os
import socket
import time
from typing import Final

_ROUNDS: Final = 300
_MOST: Final = 30.0


def work_s() -> float:
    """How many seconds a small fixed work takes here: computing, system calls, processes; the best of three."""
    return min(_once_s() for _ in range(3))


def scale(there_s: float, here_s: float) -> float:
    """By what whole number the deadlines of a machine that needs `there_s` for what takes `here_s` are stretched."""
    return float(min(_MOST, max(1.0, math.ceil(there_s / here_s))))


def _once_s() -> float:
    started = time.monotonic()
    near, far = socket.socketpair()
    with near, far:
        for number in range(_ROUNDS):
            near.send(b"%d" % sum(range(number)))
            far.recv(64)
    for _ in range(3):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)
    return time.monotonic() - started

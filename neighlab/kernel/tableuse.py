"""While somebody lowers the limits of the kernel's neighbour table, nobody else relies on there being room.

The file of the threshold itself is the lock (flock(2) needs no right to write): ordinary runs hold it shared, whoever
lowers thresholds holds it alone. It leaves nothing behind, and ends with its holder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import time
from collections.abc import Callable, Iterator
from typing import Final

from neighlab.errors import EnvironmentProblem

_FILE: Final = "/proc/sys/net/ipv4/neigh/default/gc_thresh3"
_LOOK_AGAIN_MS: Final = 20


@contextlib.contextmanager
def held(*, alone: bool, patience_s: float, waiting: Callable[[], object] | None = None) -> Iterator[None]:
    """Hold the table, `alone` or together with others; `waiting` is called once if it takes long.

    Raises EnvironmentProblem after `patience_s` seconds. A namespace without that file (a container's) has nobody to
    share with, and nothing is held.
    """
    try:
        fd = os.open(_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield
        return
    owner = os.getpid()
    try:
        _lock(fd, fcntl.LOCK_EX if alone else fcntl.LOCK_SH, time.monotonic() + patience_s, waiting)
        yield
    finally:
        if os.getpid() == owner:
            fcntl.flock(fd, fcntl.LOCK_UN)  # sandboxes that are still on their way out have copies of the descriptor
        os.close(fd)


def _lock(fd: int, kind: int, deadline: float, waiting: Callable[[], object] | None) -> None:
    told = time.monotonic() + 0.5
    while True:
        try:
            fcntl.flock(fd, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                who = "a run with --host-table" if kind == fcntl.LOCK_SH else "other runs"
                raise EnvironmentProblem(
                    f"the kernel's neighbour table is in use by {who} on this machine; try again when it has ended"
                ) from None
            if waiting is not None and time.monotonic() >= told:
                waiting()
                waiting = None
            select.poll().poll(_LOOK_AGAIN_MS)  # flock(2) can wait for ever or not at all
        else:
            return

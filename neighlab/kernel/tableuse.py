"""While somebody lowers the limits of the kernel's neighbour table, nobody else relies on there being room.

The file of the threshold itself is the lock (flock(2) needs no right to write): ordinary runs hold it shared, whoever
lowers thresholds holds it alone. The next threshold's file is a turnstile that everybody passes on the way: who waits
to be alone stands in it, so that runs which come later and overlap cannot keep him waiting for ever. Neither leaves
anything behind, and both end with their holder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from neighlab.errors import EnvironmentProblem

_FILE: Final = "/proc/sys/net/ipv4/neigh/default/gc_thresh3"
_TURNSTILE: Final = "/proc/sys/net/ipv4/neigh/default/gc_thresh2"
_LOOK_AGAIN_MS: Final = 20


@contextlib.contextmanager
def held(*, alone: bool, patience_s: float, waiting: Callable[[], object] | None = None) -> Iterator[None]:
    """Hold the table, `alone` or together with others; `waiting` is called once if it takes long.

    Raises EnvironmentProblem after `patience_s` seconds. A namespace without that file (a container's) has nobody to
    share with, and nothing is held.
    """
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    patience = _Patience(kind, time.monotonic() + patience_s, waiting)
    with contextlib.ExitStack() as table:
        try:
            with _opened(_TURNSTILE) as turnstile:
                patience.lock(turnstile)
                fd = table.enter_context(_opened(_FILE))
                patience.lock(fd)
        except (FileNotFoundError, PermissionError):
            pass
        yield


@contextlib.contextmanager
def _opened(path: str) -> Iterator[int]:
    """A descriptor to be locked, unlocked again in the end: sandboxes on their way out may still have copies of it."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    owner = os.getpid()
    try:
        yield fd
    finally:
        if os.getpid() == owner:
            fcntl.flock(fd, fcntl.LOCK_UN)
        os.close(fd)


@dataclass(slots=True)
class _Patience:
    """How one who wants the table waits: until `deadline`; after half a second `waiting` is called, once."""

    kind: int
    deadline: float
    waiting: Callable[[], object] | None
    started: float = field(default_factory=time.monotonic)

    def lock(self, fd: int) -> None:
        """Wait until the lock is ours."""
        while not self._locked(fd):
            if time.monotonic() >= self.deadline:
                who = "a run with --host-table" if self.kind == fcntl.LOCK_SH else "other runs"
                raise EnvironmentProblem(
                    f"the kernel's neighbour table is in use by {who} on this machine; try again when it has ended"
                )
            if self.waiting is not None and time.monotonic() >= self.started + 0.5:
                self.waiting()
                self.waiting = None
            select.poll().poll(_LOOK_AGAIN_MS)  # flock(2) can wait for ever or not at all

    def _locked(self, fd: int) -> bool:
        try:
            fcntl.flock(fd, self.kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

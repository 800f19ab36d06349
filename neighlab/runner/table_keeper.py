"""Only the runner, outside of every sandbox, touches the kernel's whole neighbour table, and puts it back."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Callable
from typing import Any

from neighlab.errors import EnvironmentProblem, NeighlabError
from neighlab.kernel import procstat, tableuse
from neighlab.kernel.hosttable import HostTableGuard

_SETTLE_S = 3.0
_PATIENCE_S = 120.0


class GuardKeeper:
    """An inflight.TableKeeper on the machine's own table, behind the host-table guard; a context manager."""

    def __init__(self) -> None:
        self._guard = HostTableGuard()
        self._open = False
        self._answers: dict[str, Callable[..., Any]] = {
            "room": self._room,
            "set": self._guard.set,
            "discards": _discards,
            "complaint": _complaint,
        }

    def __enter__(self) -> GuardKeeper:
        with contextlib.ExitStack() as undo:
            undo.enter_context(tableuse.held(alone=True, patience_s=_PATIENCE_S))
            self._guard.__enter__()
            self._use = undo.pop_all()
        self._open = True
        os.register_at_fork(after_in_child=self._forget)
        return self

    def __exit__(self, *problem: object) -> None:
        if self._open:
            self._open = False
            with self._use:
                self._guard.__exit__(*problem)

    def answer(self, question: Any) -> Any:
        """Carry out `{"do": "room" | "set" | "discards" | "complaint", ...}`; a refusal is an EnvironmentProblem."""
        wish = dict(question)
        try:
            return self._answers[str(wish.pop("do"))](**wish)
        except NeighlabError as problem:
            raise EnvironmentProblem(str(problem)) from None

    def restore(self) -> None:
        """Put the thresholds back and let the machine's own neighbours go their way again."""
        self._guard.restore()

    def _room(self, family: int, n: int, soft: int | None, own: int, exempt: int) -> int:
        """Make room for `n` entries, `soft` of them without collection, once those of ended sandboxes are gone.

        `own` is how many the asking lab has.
        """
        deadline = time.monotonic() + _SETTLE_S
        while self._guard.entries(family).foreign > own and time.monotonic() < deadline:
            select.poll().poll(10)  # the kernel cleans namespaces up in a work queue, and tells nobody
        return self._guard.room(family, n, soft=soft, exempt=exempt)

    def _forget(self) -> None:
        """A forked sandbox must not keep the lock when the runner is gone."""
        if self._open:
            self._open = False
            self._guard.abandon()


def _discards(family: int) -> int:
    """unresolved_discards, which only the initial namespace's /proc/net/stat shows."""
    name = "arp_cache" if family == 4 else "ndisc_cache"
    with open(f"/proc/net/stat/{name}") as file:
        return procstat.parse(file.read()).unresolved_discards or 0


def _complaint(family: int) -> int:
    """The sequence number of the latest overflow of this table in the kernel's log, or -1."""
    words = f"{'arp' if family == 4 else 'ndisc'}_cache: neighbor table overflow!".encode()
    latest = -1
    log = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        while True:
            try:
                record = os.read(log, 8192)
            except BrokenPipeError:  # overwritten while it was read: the next one is the oldest that is left
                continue
            if words in record:
                latest = int(record.split(b",", 2)[1])
    except BlockingIOError:
        return latest
    finally:
        os.close(log)

"""Only the runner, outside of every sandbox, touches the kernel's whole neighbour table, and puts it back."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable
from typing import Any

from neighlab.errors import EnvironmentProblem, NeighlabError
from neighlab.kernel import procstat
from neighlab.kernel.hosttable import HostTableGuard

_SETTLE_S = 3.0


class GuardKeeper:
    """A pool.TableKeeper on the machine's own table, behind the host-table guard; a context manager."""

    def __init__(self) -> None:
        self._guard = HostTableGuard()
        self._open = False
        self._answers: dict[str, Callable[..., Any]] = {
            "room": self._room,
            "set": self._guard.set,
            "discards": _discards,
        }

    def __enter__(self) -> GuardKeeper:
        self._guard.__enter__()
        self._open = True
        os.register_at_fork(after_in_child=self._forget)
        return self

    def __exit__(self, *problem: object) -> None:
        if self._open:
            self._open = False
            self._guard.__exit__(*problem)

    def answer(self, question: Any) -> Any:
        """Carry out `{"do": "room" | "set" | "discards", ...}`; every refusal is an EnvironmentProblem."""
        wish = dict(question)
        try:
            return self._answers[str(wish.pop("do"))](**wish)
        except NeighlabError as problem:
            raise EnvironmentProblem(str(problem)) from None

    def restore(self) -> None:
        """Put the thresholds back and let the machine's own neighbours go their way again."""
        self._guard.restore()

    def _room(self, family: int, n: int, own: int, exempt: int) -> int:
        """Make room for `n` entries, once the entries of sandboxes that have ended are gone: `own` are the asking
        lab's.
        """
        deadline = time.monotonic() + _SETTLE_S
        while self._guard.entries(family).foreign > own and time.monotonic() < deadline:
            select.poll().poll(10)  # the kernel cleans namespaces up in a work queue, and tells nobody
        return self._guard.room(family, n, exempt=exempt)

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

"""A case at work is a sandbox that talks: it tells its result, or asks, or cannot go on; or it ends without a word."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from neighlab.errors import EnvironmentProblem
from neighlab.lab import channel as wire
from neighlab.lab import sandbox
from neighlab.model.result import CaseResult
from neighlab.runner import interrupts
from neighlab.runner.discovery import Selected

GRACE_S: Final = 5.0
"""How long after its limit a case may still hold its sandbox, to report what it saw, before it is killed."""

_LOOK_AGAIN_MS: Final = 20.0


class TableKeeper(Protocol):
    """Who sets the kernel's whole neighbour table for the cases that need it (kernel.hosttable)."""

    def answer(self, question: Any) -> Any:
        """Carry out what a case asks for and return what it wants to know; EnvironmentProblem refuses."""

    def restore(self) -> None:
        """Put everything back; called after each case."""


@dataclass(slots=True)
class Running:
    """A case that has a sandbox: it waits there, or runs."""

    index: int
    selected: Selected
    repetition: int
    box: sandbox.Sandbox
    inbox: wire.Inbox
    limit_s: float
    trace: Any = None
    """The kernel's own word for this case, if it has that (kernel.tracing.trace.Trace)."""
    slot: int = -1
    started: float = 0.0
    result: CaseResult | None = None
    ended: bool = False
    killed: str = ""

    def kill(self, why: str) -> None:
        """End the case without its consent."""
        self.killed = why
        self.box.kill()
        self.ended = True

    def begin(self, slot: int, cpu: int) -> None:
        """Let the sandbox, which is ready and waits, run its case on one processor."""
        self.slot, self.started = slot, time.monotonic()
        self._say(("begin", cpu))

    def heed(self, keeper: TableKeeper | None) -> None:
        """Take in what it has said; it is killed when that is nonsense, and EnvironmentProblem ends the whole run."""
        try:
            messages, self.ended = self.inbox.read()
            for message in messages:
                self._heed(message, keeper)
        except wire.Nonsense:
            self.kill("it wrote something else than its result to the runner's channel: killed")

    def _heed(self, message: Any, keeper: TableKeeper | None) -> None:
        match message:
            case ["result", plain]:
                try:
                    self.result = CaseResult.from_plain(plain)
                except (LookupError, TypeError, ValueError) as problem:
                    raise wire.Nonsense(str(problem)) from None
            case ["environment", text]:
                raise EnvironmentProblem(text)
            case ["ask", question]:
                self._say(_answer(question, keeper))

    def _say(self, message: Any) -> None:
        with contextlib.suppress(OSError):  # it may have ended meanwhile: its end of the channel will say so
            self.box.channel.setblocking(True)
            wire.send(self.box.channel, message)
            self.box.channel.setblocking(False)


def wait(running: Sequence[Running], keeper: TableKeeper | None, *, look_again: bool) -> None:
    """Wait until one of them says something, ends, or has used up its time; `look_again`: for a moment only."""
    if not running:
        return
    poll = select.poll()
    by_fd = {}
    for one in running:
        poll.register(one.box.channel, select.POLLIN)
        by_fd[one.box.channel.fileno()] = one
    now = time.monotonic()
    left = min(one.started + one.limit_s + GRACE_S - now for one in running)
    timeout_ms = None if left == float("inf") else max(0.0, left) * 1000
    if look_again:
        timeout_ms = _LOOK_AGAIN_MS if timeout_ms is None else min(timeout_ms, _LOOK_AGAIN_MS)
    for fd, _event in interrupts.poll(poll, timeout_ms):
        by_fd[fd].heed(keeper)
    now = time.monotonic()
    for one in running:
        if now - one.started > one.limit_s + GRACE_S and one.result is None:
            one.kill(f"did not end within {one.limit_s:g} s and did not react: killed")


def _answer(question: Any, keeper: TableKeeper | None) -> tuple[str, Any]:
    try:
        if keeper is None:
            raise EnvironmentProblem("the kernel's neighbour table is not held by this run: use --host-table as root")
        return "answer", keeper.answer(question)
    except EnvironmentProblem as problem:
        return "refused", str(problem)

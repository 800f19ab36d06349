"""A guest is a machine with work to do: what it was asked for, what it is doing, and since when."""

from __future__ import annotations

import contextlib
import time
from collections import deque
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, TypeAlias

from neighlab.errors import EnvironmentProblem
from neighlab.lab import channel as wire
from neighlab.model.result import CaseResult
from neighlab.runner.discovery import Selected
from neighlab.runner.execute import Options, timeout_s
from neighlab.vm import accel, protocol, speed
from neighlab.vm.kernels import Kernel
from neighlab.vm.machine import Machine

BOOT_S: Final = {True: 20.0, False: 240.0}
"""How long a machine may take until it says hello: with KVM, and emulated on a busy machine."""
IDLE_S: Final = 300.0
"""How long a machine that has work may take until it begins with a case."""
PULSE_S: Final = {True: 10.0, False: 60.0}
"""How long a machine may give no sign of life."""
PATIENCE: Final = {True: 2.0, False: 10.0}
"""How many times its limit a case may take by our clock: its own runner in there ends it in time by theirs."""
LAST_LINES: Final = 25

Row: TypeAlias = tuple[int, Selected, int]
"""A case's place in the run, the case, and which repetition of it this is."""


@dataclass
class Guest:
    """One virtual machine of a run."""

    kernel: Kernel
    options: Options
    here_s: float
    """How long the fixed work of vm.speed takes on this machine."""
    machine: Machine = field(init=False)
    hello: protocol.Hello | None = None
    rows: deque[Row] = field(default_factory=deque)
    """What it was asked for and has not finished."""
    current: Row | None = None
    since: float = 0.0
    alive: float = 0.0
    """When, on the monotonic clock, it gave its last sign of life."""
    busy: bool = False
    lost: bool = False
    """It has ended, and has to be booted again."""
    fell_back: bool = False
    """It did not come up with KVM."""

    def __post_init__(self) -> None:
        self._boot(accel.worth_trying())

    def _boot(self, kvm: bool) -> None:
        self.machine = Machine(self.kernel, kvm=kvm)
        self._inbox = wire.Inbox(self.machine.channel)
        self.hello, self.current, self.busy, self.lost = None, None, False, False
        self.since = time.monotonic()

    @property
    def scale(self) -> float:
        """How many times longer its deadlines are than this machine's."""
        return speed.scale(self.hello.work_s, self.here_s) if self.hello is not None else 1.0

    @property
    def idle(self) -> bool:
        """Could it be given work?"""
        return self.hello is not None and not self.busy and not self.lost

    def give(self, rows: list[Row]) -> None:
        """Ask it for these cases."""
        self.rows.extend(rows)
        self.busy, self.since = True, time.monotonic()
        self.alive = self.since
        asked = protocol.request([row[1] for row in self.rows], self._stretched(), Path.cwd())
        self.machine.channel.setblocking(True)
        with contextlib.suppress(OSError):  # it has ended: reading will tell
            wire.send(self.machine.channel, asked)
        self.machine.channel.setblocking(False)

    def heard(self) -> tuple[list[Any], str]:
        """What it has said since the last time; and, if it is lost, why."""
        talking = self.machine.read_console()
        with contextlib.suppress(OSError):
            if self.machine.pulse.recv(1 << 16):
                self.alive = time.monotonic()
        try:
            messages, ended = self._inbox.read()
        except wire.Nonsense as problem:
            return [], f"wrote something else than results to its channel ({problem})"
        for message in messages:
            self._heed(message)
        if ended or not talking:
            return messages, "ended"
        if self.machine.kvm and self.hello is None and "KVM internal error" in self.machine.last_words():
            return messages, "cannot run here"
        if time.monotonic() > self.deadline:
            return messages, "hung" if self.hello is not None else "did not come up"
        return messages, ""

    @property
    def deadline(self) -> float:
        """When, on the monotonic clock, it is taken for lost; never, if it has nothing to do."""
        if self.hello is None:
            return self.since + BOOT_S[self.machine.kvm]
        if not self.busy:
            return float("inf")
        most = IDLE_S
        if self.current is not None:
            most = timeout_s(self.current[1], self._stretched()) * PATIENCE[self.machine.kvm]
        return min(self.since + most, self.alive + PULSE_S[self.machine.kvm])

    def _heed(self, message: Any) -> None:
        match message:
            case ["hello", said]:
                self.hello, self.since = protocol.Hello(**said), time.monotonic()
                self.alive = self.since
                if self.machine.kvm or self.fell_back:
                    accel.remember(self.machine.kvm)
            case ["started", name]:
                self.current, self.since = self._row(name), time.monotonic()
            case ["done"]:
                self.busy, self.current = False, None

    def finished(self, plain: dict[str, Any]) -> tuple[Row, CaseResult]:
        """A result that it has sent, and the row that it belongs to."""
        result = CaseResult.from_plain(plain)
        row = self._row(result.name)
        self.rows.remove(row)
        self.current, self.since = None, time.monotonic()
        result.repetition = row[2]
        return row, result

    def lose(self, why: str) -> tuple[Row | None, str]:
        """End it; the row that it was lost in, and why it was.

        If it never said hello it shall be tried again without KVM; EnvironmentProblem if it had none.
        """
        self.machine.end()
        kernel = f"the virtual machine with kernel {self.kernel.version}"
        reason = f"{kernel} {why}: {self.machine.last_words()}"
        if self.hello is None:
            if not self.machine.kvm:
                raise EnvironmentProblem(reason)
            self.lost = self.fell_back = True
            return None, ""
        row = self.current or (self.rows[0] if self.rows else None)
        if row is not None:
            self.rows.remove(row)
        self.lost, self.busy = True, False
        return row, reason

    def reboot(self) -> None:
        """Boot it again, after it was lost; without KVM if it did not come up with it."""
        self._boot(self.machine.kvm and not self.fell_back)

    def resume(self) -> None:
        """Ask again, after it was lost and has come up, for what it had not finished."""
        self.give([])

    def _row(self, name: str) -> Row:
        for row in self.rows:
            if row[1].name == name:
                return row
        raise EnvironmentProblem(f"the virtual machine speaks of {name}, which it was not asked for")

    def _stretched(self) -> Options:
        return replace(self.options, time_scale=self.options.time_scale * self.scale)

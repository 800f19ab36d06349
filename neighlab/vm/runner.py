"""Cases that run in virtual machines give the same results as local ones, and a machine that dies costs one case."""

from __future__ import annotations

import os
import select
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from neighlab.errors import EnvironmentProblem, ScenarioError
from neighlab.model.result import CaseResult, RunResult
from neighlab.runner import interrupts
from neighlab.runner.discovery import Selected
from neighlab.runner.execute import Options
from neighlab.runner.pool import Listener
from neighlab.vm import speed
from neighlab.vm.guest import LAST_LINES, Guest, Row
from neighlab.vm.kernels import Kernel

_WORTH_A_MACHINE = 20
"""So many cases take about as long as another machine takes to boot."""
_AT_ONCE = 16


@dataclass
class VmRunner:
    """Runs selected cases under another kernel, in up to `jobs` virtual machines; runner.pool.Runner's counterpart."""

    kernel: Kernel
    options: Options = field(default_factory=Options)
    jobs: int = 1
    fail_fast: bool = False
    repeat: int = 1
    listener: Listener | None = None
    notice: Callable[[str], object] | None = None
    """Told when a machine is being booted, which takes a while."""

    def run(self, selection: Sequence[Selected]) -> RunResult:
        """Run all, each `repeat` times; KeyboardInterrupt ends what runs and returns what there is."""
        if self.options.shell_on_fail:
            raise ScenarioError("a virtual machine has no prompt: run it here for --shell-on-fail")
        started = time.monotonic()
        run = RunResult(self.kernel.version, "vm", time_scale=self.options.time_scale)
        rows = [(one, repetition) for repetition in range(1, self.repeat + 1) for one in selection]
        queue: deque[Row] = deque((index, *row) for index, row in enumerate(rows))
        results: dict[int, CaseResult] = {}
        try:
            self._drain(queue, results, run)
        except KeyboardInterrupt:
            run.interrupted = True
        run.cases = [results[index] for index in sorted(results)]
        run.duration_ms = (time.monotonic() - started) * 1000
        return run

    @interrupts.held_back()
    def _drain(self, queue: deque[Row], results: dict[int, CaseResult], run: RunResult) -> None:
        guests: list[Guest] = []
        try:
            self._serve(queue, guests, results, run)
        finally:
            for guest in guests:
                guest.machine.end()

    def _serve(self, queue: deque[Row], guests: list[Guest], results: dict[int, CaseResult], run: RunResult) -> None:
        here_s = speed.work_s()
        for _ in range(min(self.jobs, 1 + len(queue) // _WORTH_A_MACHINE) if queue else 0):
            guests.append(Guest(self.kernel, self.options, here_s))
            self._tell(guests[-1])
        at_once = len(queue) if len(guests) == 1 else _AT_ONCE
        while queue or any(guest.busy or guest.rows for guest in guests):
            for guest in guests:
                if guest.lost and (guest.rows or queue):
                    guest.reboot()
                    self._tell(guest)
                if guest.idle and guest.rows:
                    guest.resume()
                elif guest.idle and queue:
                    guest.give([queue.popleft() for _ in range(min(at_once, len(queue)))])
            at_work = [guest for guest in guests if not guest.lost]
            _wait(at_work)
            for guest in at_work:
                if self._heard(guest, results, run) and self.fail_fast:
                    return

    def _heard(self, guest: Guest, results: dict[int, CaseResult], run: RunResult) -> bool:
        """Take what a guest says, and give up the case that it is lost in; True if a case did not pass."""
        bad = False
        messages, lost = guest.heard()
        for message in messages:
            match message:
                case ["hello", _said]:
                    assert guest.hello is not None
                    run.kernel = guest.hello.kernel
                    run.time_scale = max(run.time_scale, self.options.time_scale * guest.scale)
                case ["started", name] if self.listener is not None:
                    self.listener.started(name)
                case ["result", plain]:
                    row, result = guest.finished(plain)
                    result.kernel = run.kernel
                    bad = self._finish(row[0], result, results) or bad
                case ["environment", text]:
                    raise EnvironmentProblem(f"in the virtual machine with kernel {guest.kernel.version}: {text}")
        if lost:
            begun, since = guest.current is not None, guest.since
            row_lost, reason = guest.lose(lost)
            if row_lost is not None:
                if self.listener is not None and not begun:
                    self.listener.started(row_lost[1].name)
                result = _lost(row_lost, reason, (time.monotonic() - since) * 1000, guest.machine.console)
                result.kernel = run.kernel
                bad = self._finish(row_lost[0], result, results) or bad
        return bad

    def _finish(self, index: int, result: CaseResult, results: dict[int, CaseResult]) -> bool:
        results[index] = result
        if self.listener is not None:
            self.listener.finished(result)
        return result.outcome in ("failed", "error")

    def _tell(self, guest: Guest) -> None:
        if self.notice is not None:
            how = "with KVM" if guest.machine.kvm else "emulated, without KVM"
            self.notice(f"booting kernel {guest.kernel.version} ({how})")


def _wait(guests: Sequence[Guest]) -> None:
    """Wait until a guest says something, or is overdue."""
    poll = select.poll()
    for guest in guests:
        poll.register(guest.machine.channel, select.POLLIN)
        poll.register(guest.machine.console_fd, select.POLLIN)
        poll.register(guest.machine.pulse, select.POLLIN)
    left = min(guest.deadline for guest in guests) - time.monotonic()
    interrupts.poll(poll, None if left == float("inf") else max(0.0, left) * 1000 + 1)


def _lost(row: Row, reason: str, duration_ms: float, console: list[str]) -> CaseResult:
    """The result of a case in which the machine was lost."""
    _index, (scenario, case), repetition = row
    result = CaseResult(scenario.name, case.name, scenario.claim, "error", reason, duration_ms)
    result.details = os.linesep.join(console[-LAST_LINES:])
    result.repetition = repetition
    return result

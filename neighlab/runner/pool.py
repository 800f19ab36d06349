"""Cases run side by side, each in a sandbox of its own, and every one of them gets a result, whatever happens to it."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from neighlab.kernel import tableuse
from neighlab.kernel.features import kernel_release
from neighlab.lab import channel as wire
from neighlab.lab import sandbox
from neighlab.model import arp, ndp
from neighlab.model.result import CaseResult, RunResult
from neighlab.model.topology import topology_class
from neighlab.runner import inflight, interrupts
from neighlab.runner.discovery import Selected
from neighlab.runner.execute import Options, timeout_s, unsupported, work
from neighlab.runner.inflight import Running, TableKeeper
from neighlab.runner.traces import Traces

SHARED_PATIENCE_S = 600.0
"""How long an ordinary run waits for one that has the neighbour table to itself."""


class Listener(Protocol):
    """Who wants to know what is going on: a progress display."""

    def started(self, name: str) -> None:
        """A case has begun."""

    def finished(self, result: CaseResult) -> None:
        """A case has its result."""


Row: TypeAlias = tuple[int, tuple[Selected, int]]
"""A case's place in the run, the case, and which repetition of it this is."""


@dataclass
class Runner:
    """Runs selected cases; `jobs` at a time, those that need the host's table one by one at the end."""

    options: Options = field(default_factory=Options)
    jobs: int = 1
    fail_fast: bool = False
    repeat: int = 1
    listener: Listener | None = None
    table: Callable[[], AbstractContextManager[TableKeeper]] | None = None
    """Takes hold of the kernel's whole neighbour table, for as long as cases that need it run."""
    waiting: Callable[[], object] | None = None
    """Called when somebody else on this machine has the table to himself, and this run has to wait."""
    _keeper: TableKeeper | None = None
    _traces: Traces = field(init=False)

    def __post_init__(self) -> None:
        self._traces = Traces(self.options)

    def run(self, selection: Sequence[Selected]) -> RunResult:
        """Run all, each `repeat` times; KeyboardInterrupt ends what runs and returns what there is."""
        started = time.monotonic()
        run = RunResult(
            kernel_release(), "root" if os.geteuid() == 0 else "rootless", time_scale=self.options.time_scale
        )
        rows = [(one, repetition) for repetition in range(1, self.repeat + 1) for one in selection]
        queue = deque(enumerate(rows))
        results: dict[int, CaseResult] = {}
        if any(unsupported(one, self.options) is None for one in selection):
            families = {one.scenario.family_of(one.case) for one in selection}
            topologies = (one.scenario.topology for one in selection)
            warm_up(topologies, ipv6=families != {"ipv4"}, explain=self.options.explain)
        # a collection in a sandbox would write to every page that it shares with the runner, and so copy it
        gc.freeze()
        shared = deque(item for item in queue if "host-table" not in item[1][0].scenario.needs)
        alone = deque(item for item in queue if "host-table" in item[1][0].scenario.needs)
        try:
            with tableuse.held(alone=False, patience_s=SHARED_PATIENCE_S, waiting=self.waiting):
                going_on = self._drain(shared, self.jobs, results)
            if going_on and alone:
                with self.table() if self.table is not None else contextlib.nullcontext() as self._keeper:
                    self._drain(alone, 1, results, ahead=False)
        except KeyboardInterrupt:
            run.interrupted = True
        finally:
            gc.unfreeze()
            self._traces.close()
        run.cases = [results[index] for index in sorted(results)]
        run.duration_ms = (time.monotonic() - started) * 1000
        return run

    @interrupts.held_back()
    def _drain(self, queue: deque[Row], width: int, results: dict[int, CaseResult], *, ahead: bool = True) -> bool:
        """Run a queue to its end; False when a failure ended it early.

        While cases run, the next one's sandbox is made `ahead`: namespaces take the kernel as long as a short story.
        """
        ahead = ahead and not self.options.shell_on_fail
        running: list[Running] = []
        ready: list[Running] = []
        leaving: list[Running] = []
        cpus = sorted(os.sched_getaffinity(0))
        stop = False
        try:
            while running or ((queue or ready) and not stop):
                while (queue or ready) and not stop and len(running) < width:
                    interrupts.hear()
                    if not ready and self._skip(queue[0], results):
                        queue.popleft()
                        continue
                    one = ready.pop() if ready else self._prepare(queue.popleft())
                    if self.listener is not None:
                        self.listener.started(one.selected.name)
                    slot = min(set(range(width)) - {other.slot for other in running})
                    one.begin(slot, cpus[slot % len(cpus)])
                    running.append(one)
                if ahead and queue and not ready and not stop and self._runs(queue[0]):
                    ready.append(self._prepare(queue.popleft()))
                inflight.wait(running, self._keeper, look_again=bool(leaving))
                for one in [one for one in running if one.result is not None or one.ended]:
                    running.remove(one)
                    leaving.append(one)
                    result = one.result or self._died(one)
                    result.repetition = one.repetition
                    if self._keeper is not None and "host-table" in one.selected.scenario.needs:
                        one.box.reap(inflight.GRACE_S)
                        self._keeper.restore()
                    self._finish(result, one.index, results)
                    if self.fail_fast and result.outcome in ("failed", "error"):
                        stop = True
                for one in [one for one in leaving if one.box.gone()]:
                    leaving.remove(one)
                    self._traces.give_back(one.trace, unharmed=one.result is not None)
        finally:
            for one in running + ready:
                one.box.kill()
            for one in running + ready + leaving:
                one.box.reap(inflight.GRACE_S)
                self._traces.give_back(one.trace, unharmed=False)
        return not stop

    def _runs(self, row: Row) -> bool:
        """Can this case be tried at all?"""
        return unsupported(row[1][0], self.options) is None

    def _skip(self, row: Row, results: dict[int, CaseResult]) -> bool:
        """Give a case that cannot run here its result; False if it can run."""
        index, (selected, repetition) = row
        reason = unsupported(selected, self.options)
        if reason is None:
            return False
        if self.listener is not None:
            self.listener.started(selected.name)
        skipped = CaseResult(selected.scenario.name, selected.case.name, selected.scenario.claim, "skipped", reason)
        skipped.repetition = repetition
        self._finish(skipped, index, results)
        return True

    def _prepare(self, row: Row) -> Running:
        """Make the sandbox of a case; it waits there until it may begin."""
        index, (selected, repetition) = row
        interactive = self.options.shell_on_fail
        trace = self._traces.take(selected)
        box = sandbox.spawn(work(selected, self.options, trace), interactive=interactive)
        limit = float("inf") if interactive else timeout_s(selected, self.options)
        return Running(index, selected, repetition, box, wire.Inbox(box.channel), limit, trace)

    def _died(self, one: Running) -> CaseResult:
        """The result of a case whose process ended without one."""
        result = CaseResult(one.selected.scenario.name, one.selected.case.name, one.selected.scenario.claim, "error")
        result.duration_ms = (time.monotonic() - one.started) * 1000
        one.box.reap(inflight.GRACE_S)
        result.reason = one.killed or how_it_ended(one.box, "story")
        return result

    def _finish(self, result: CaseResult, index: int, results: dict[int, CaseResult]) -> None:
        results[index] = result
        if self.listener is not None:
            self.listener.finished(result)


def warm_up(topologies: Iterable[Any] = (), *, ipv6: bool = False, explain: bool = False) -> None:
    """Import once, before the first fork, what every case needs; what it warns of is not the user's doing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import neighlab.lab.bridge
        import neighlab.lab.host
        import neighlab.lab.lab
        import neighlab.lab.mininet

        if explain:
            import neighlab.lab.explainer

        arp.layers()
        if ipv6:
            ndp.ipv6_layers()
        for topology in topologies:
            topology_class(topology)
        del neighlab


def how_it_ended(box: sandbox.Sandbox, what: str) -> str:
    """Why a sandbox that has been reaped said nothing; `what` ran in it."""
    if box.stopped():
        return "it was stopped by `neighlab stop`"
    code = os.waitstatus_to_exitcode(box.status or 0)
    if code < 0 or code > 128:
        return f"its process was ended by {_signal_name(-code if code < 0 else code - 128)} before it reported"
    return f"its process left with status {code} before it reported (os._exit in the {what}?)"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"

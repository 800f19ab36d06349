"""All that can be known of a case - every frame, every transition and drop - costs half of it at most."""

from __future__ import annotations

import time
from collections.abc import Callable

from benchmarks.outcome import NotMeasured, Outcome, interleaved
from benchmarks.worker import settle
from neighlab.errors import ScenarioError
from neighlab.kernel.tracing import trace
from neighlab.runner import discovery, pool
from neighlab.runner.execute import Options

WHAT = ("garp/arp_accept", "queue/overflow_drops_oldest", "nud/resolve")
"""Cases that do not wait for timers: what is gathered about them is not hidden in their waiting."""


def run_of(selection: list[discovery.Selected], options: Options, proof: str = "") -> Callable[[], float]:
    """What runs the cases and says how many seconds one took; an entry of the kind `proof` must come of it."""

    def run() -> float:
        started = time.perf_counter()
        told = pool.Runner(options).run(selection)
        took = time.perf_counter() - started
        for case in told.cases:
            if case.outcome != "passed":
                raise ScenarioError(f"{case.name}: {case.reason}")
        if proof and not any(one.kind == proof for case in told.cases for one in case.timeline):
            raise ScenarioError(f"no {proof} was told")
        return took / len(told.cases)

    return run


def measure(runs: int) -> Outcome:
    """Run the same cases with and without, as root."""
    if (why := trace.unavailable()) is not None:
        raise NotMeasured(why)
    selection = discovery.select(WHAT)
    pool.warm_up((one.scenario.topology for one in selection), ipv6=True)
    plain, full = run_of(selection, Options()), run_of(selection, Options(evidence=True), "transition")
    seconds = interleaved(runs, between=settle, full=full, plain=plain)
    return Outcome(
        "a case with all evidence, frames and tracepoints / the same case without",
        seconds["full"] / seconds["plain"], 1.5, "<=", seconds=seconds,
        note=f"{len(selection)} cases one after the other, as root",
    )  # fmt: skip

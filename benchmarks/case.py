"""A whole case of two hosts, judged and reaped, takes no more than half of what stock Mininet takes to build them."""

from __future__ import annotations

import time
from typing import Any

from neighlab.topologies import TwoHosts

from benchmarks.outcome import Outcome, interleaved
from benchmarks.reference import StockMininet
from benchmarks.worker import Worker, settle
from neighlab import scenario
from neighlab.errors import ScenarioError
from neighlab.runner import pool
from neighlab.runner.discovery import Selected


@scenario(topology=TwoHosts)
def nothing_happens(lab: Any) -> None:
    """A lab in which nothing is done is ready."""
    lab.expect("hosts", len(lab.hosts), 2)


def one_case() -> float:
    """Seconds from the decision to run a case until nothing of it is left."""
    found = nothing_happens.__neighlab__  # type: ignore[attr-defined]
    started = time.perf_counter()
    run = pool.Runner().run([Selected(found, found.cases[0])])
    took = time.perf_counter() - started
    if run.cases[0].outcome != "passed":
        raise ScenarioError(run.cases[0].reason)
    return took


def measure(runs: int) -> Outcome:
    """Compare."""
    pool.warm_up([TwoHosts])
    with StockMininet(2) as stock, Worker(one_case) as ours:
        seconds = interleaved(2 * runs, between=settle, ours=ours, mininet=stock)
    return Outcome(
        "a case of two hosts, sandbox to reaping / stock Mininet's bare start and stop",
        seconds["ours"] / seconds["mininet"], 0.5, "<=", seconds=seconds,
    )  # fmt: skip

"""To explain each frame without effect, which wants every receiver read before, doubles a case's time at most."""

from __future__ import annotations

from benchmarks.evidence import WHAT, run_of
from benchmarks.outcome import Outcome, interleaved
from benchmarks.worker import settle
from neighlab.runner import discovery, pool
from neighlab.runner.execute import Options


def measure(runs: int) -> Outcome:
    """Run the same cases with and without explanations; some frame of them has one, or the case says that none has."""
    selection = discovery.select(WHAT)
    pool.warm_up((one.scenario.topology for one in selection), ipv6=True)
    plain, told = run_of(selection, Options()), run_of(selection, Options(explain=True), "explain")
    seconds = interleaved(runs, between=settle, told=told, plain=plain)
    return Outcome(
        "a case with its silences explained / the same case without", seconds["told"] / seconds["plain"], 2.0, "<=",
        seconds=seconds, note=f"{len(selection)} cases one after the other",
    )  # fmt: skip

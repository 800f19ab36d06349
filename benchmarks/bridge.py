"""Two hundred hosts on a bridge come and go in a tenth of the time that stock Mininet needs."""

from __future__ import annotations

from neighlab.topologies import HostsOnBridge

from benchmarks.outcome import Outcome, interleaved, timed
from benchmarks.reference import StockMininet
from benchmarks.worker import Worker, in_lab, settle
from neighlab.runner import pool

_HOSTS = 200


def measure(runs: int) -> Outcome:
    """Compare."""
    pool.warm_up([HostsOnBridge])

    up_and_down = timed(lambda: in_lab(HostsOnBridge(n=_HOSTS), lambda lab: len(lab.hosts), families="ipv4"))
    with StockMininet(_HOSTS) as stock, Worker(up_and_down) as ours:
        seconds = interleaved(max(1, runs // 3), between=settle, ours=ours, mininet=stock)
    return Outcome(
        f"{_HOSTS} hosts on a bridge, up and down / stock Mininet with LinuxBridge",
        seconds["ours"] / seconds["mininet"], 0.1, "<=", seconds=seconds,
    )  # fmt: skip

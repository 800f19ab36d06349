"""Keeping every frame of a case and writing it down costs hardly anything; 20,000 frames take less than a second."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.outcome import NotMeasured, Outcome, interleaved, timed
from benchmarks.worker import Worker, settle
from neighlab.cli.captures import Captures
from neighlab.model.evidence import CapturedFrame, Evidence, Interface
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.report.pcapng import pcapng
from neighlab.runner import discovery, pool
from neighlab.runner.execute import Options

_CASES = "garp/arp_accept"
_FRAMES = 20_000
_ASK = bytes.fromhex("ffffffffffff00005e0053010806000108000604000100005e005301c0000201000000000000c0000202")
_ADDR = {"addr": "192.0.2.2", "ifname": "eth0", "state": "STALE", "lladdr": "00:00:5e:00:53:02", "event": "NEWNEIGH"}


def measure(runs: int) -> list[Outcome]:
    """Compare a run with one that captures, then time the writer alone."""
    pool.warm_up([one.scenario.topology for one in discovery.select([_CASES])])
    with Worker(_captured) as captured, Worker(_plain) as plain:
        seconds = interleaved(2 * runs, between=settle, captured=captured, plain=plain)
    return [
        Outcome(
            f"{_CASES} with a capture of each case / without", seconds["captured"] / seconds["plain"], 1.5, "<=",
            seconds=seconds,
        ),
        _writing(runs),
    ]  # fmt: skip


def _plain() -> float:
    run = pool.Runner().run(discovery.select([_CASES]))
    return _seconds(run.duration_ms, [case.reason for case in run.cases if case.outcome != "passed"])


def _captured() -> float:
    with tempfile.TemporaryDirectory() as folder:
        run = pool.Runner(Options(evidence=True), listener=Captures(Path(folder), repeat=1)).run(
            discovery.select([_CASES])
        )
    return _seconds(run.duration_ms, [case.reason for case in run.cases if case.outcome != "passed"])


def _seconds(duration_ms: float, problems: list[str]) -> float:
    if problems:
        raise NotMeasured(problems[0])
    return duration_ms / 1000


def _writing(runs: int) -> Outcome:
    from scapy.utils import PcapWriter

    frames = [CapturedFrame(place / 100, "victim", "eth0", "sent", _ASK) for place in range(_FRAMES)]
    told = [Entry(place / 100, "victim", "netlink", "event", "NEWNEIGH", dict(_ADDR)) for place in range(_FRAMES)]
    evidence = Evidence([Interface("victim", "eth0", "00:00:5e:00:53:01", ("192.0.2.1",), "s1")], frames)
    case = CaseResult("a/b", "c", "It is so.", "passed", timeline=told, evidence=evidence)

    with tempfile.TemporaryDirectory() as folder:

        def by_scapy() -> None:
            with PcapWriter(f"{folder}/scapy", linktype=1) as writer:
                writer.write_header(None)
                for frame in frames:
                    writer.write_packet(frame.data, sec=frame.t_ms / 1000)

        def by_us() -> None:
            Path(folder, "ours").write_bytes(pcapng(case, ""))

        seconds = interleaved(runs, ours=timed(by_us), scapy=timed(by_scapy))
    return Outcome(
        f"{_FRAMES} frames and as many lines between them to pcapng", seconds["ours"], 1, "<=", "s", seconds,
        f"{seconds['ours'] / seconds['scapy']:.1f} times scapy's PcapWriter, which writes the frames alone",
    )  # fmt: skip

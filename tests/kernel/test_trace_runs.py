"""A run with evidence lends its traces to cases, leaves nothing however it ends, and does without where it must."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sandboxed

from neighlab.kernel.tracing import syscall, trace
from neighlab.kernel.tracing.passages import Passages
from neighlab.model.result import CaseResult, RunResult
from neighlab.runner import discovery, health, pool
from neighlab.runner.execute import Options

pytestmark = pytest.mark.usefixtures("nothing_left")

traced = pytest.mark.skipif(trace.unavailable() is not None, reason=str(trace.unavailable()))

COMMAND = [sys.executable, "-c", "from neighlab.cli.main import run_cli; run_cli()", "run"]
FULL = "trace/queue_full:0-keeps-one"
PLAIN = "garp/arp_accept:1-creates-anywhere"

UNRULY = Path(__file__).with_name("unruly.py")
PROG_GET_FD_BY_ID, MAP_GET_FD_BY_ID = 13, 14


def run(*patterns: str, options: Options | None = None, **how: int) -> RunResult:
    """Run cases, with time for what must come on a machine that stands still now and then."""
    return pool.Runner(replace(options or Options(), time_scale=3.0), **how).run(discovery.select(patterns))


def complete(*patterns: str, options: Options | None = None) -> CaseResult:
    """The result of a case with every record: a machine that leaves programs out while certain tasks are at work says
    so, and judges by what else is known.
    """
    results = (run(*patterns, options=options).cases[0] for _attempt in range(5))
    return next(one for one in results if "lost" not in traced_kinds(one))


def traced_kinds(result: CaseResult) -> set[str]:
    return {one.kind for one in result.timeline if one.source == "trace"}


@traced
def test_a_scenario_that_asks_gets_the_kernels_own_word() -> None:
    result = complete(FULL)
    assert result.outcome == "passed"
    assert {"transition", "drop"} <= traced_kinds(result)
    assert not any(one.inferred for one in result.expectations)


@traced
def test_evidence_gives_it_to_every_case_and_otherwise_nobody_gets_it() -> None:
    assert traced_kinds(run(PLAIN).cases[0]) == set()
    result = complete(PLAIN, options=Options(evidence=True))
    created = [one.text for one in result.timeline if one.kind == "transition" and one.fields["old"] == "ABSENT"]
    assert any(one.endswith("(arp_process, softirq)") for one in created)


@traced
def test_cases_that_are_lent_one_trace_after_the_other_tell_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[trace.Trace] = []

    class Counted(trace.Trace):
        def __init__(self, *, passages: Passages | None = None) -> None:
            super().__init__(passages=passages)
            made.append(self)

    trace.unavailable()
    monkeypatch.setattr(trace, "Trace", Counted)
    results = run(FULL, repeat=6, options=Options(evidence=True))
    assert results.totals()["passed"] == 6
    assert 1 <= len(made) < 6  # one runs, one is made ready, and some may be on their way out
    drops = [[one.text.partition(" > ")[2] for one in case.timeline if one.kind == "drop"] for case in results.cases]
    reasons = [[text for text in of_case if "NEIGH_QUEUEFULL" in text] for of_case in drops]
    assert [len(one) for one in reasons] == [19] * 6


def test_without_it_the_same_story_is_judged_by_captures_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "unavailable", lambda: "not here: go elsewhere")
    results = run("trace", options=Options(evidence=True))
    assert {case.outcome for case in results.cases} == {"passed", "skipped"}
    assert {case.scenario for case in results.cases if case.outcome == "skipped"} == {"trace/no_room"}
    for case in results.cases:
        assert traced_kinds(case) == set()
        assert [one.inferred for one in case.expectations[-1:]] == [True] * (case.outcome == "passed")


def test_who_asks_for_nothing_loads_nothing() -> None:
    script = (
        "import sys; from neighlab.runner import discovery, pool; from neighlab.runner.execute import Options;"
        f"run = pool.Runner().run(discovery.select([{PLAIN!r}])); assert run.exit_code() == 0;"
        "print([name for name in sys.modules if name.startswith('neighlab.kernel.tracing')])"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.strip() == "[]"


def test_the_doctor_tells_whether_it_can_be_had() -> None:
    (finding,) = [one for one in health.examine() if one.what == "the kernel's tracepoints"]
    assert finding.ok == (trace.unavailable() is None)
    assert not finding.needed
    assert finding.detail if finding.ok else finding.remedy


@traced
def test_of_a_run_that_is_killed_no_program_and_no_map_is_left() -> None:
    endless = [f"{UNRULY}:spins", f"{UNRULY}:blocks-the-alarm"]
    runner = subprocess.Popen([*COMMAND, *endless, "--evidence", "-j2", "--timeout", "600"], stdout=subprocess.DEVNULL)
    try:
        assert sandboxed.wait_until(lambda: len(list(sandboxed.descendants(runner.pid))) >= 4, within_s=60)
        # two labs, seven programs each
        assert sandboxed.wait_until(lambda: len(held(runner.pid, "prog_id")) >= 14, within_s=60)
        programs, maps = held(runner.pid, "prog_id"), held(runner.pid, "map_id")
        assert len(maps) >= 6
        assert all(exists(PROG_GET_FD_BY_ID, number) for number in programs)
        boxes = list(sandboxed.descendants(runner.pid))
    finally:
        runner.send_signal(signal.SIGKILL)
        runner.wait()
    assert sandboxed.wait_until(lambda: not any(exists(PROG_GET_FD_BY_ID, number) for number in programs), within_s=60)
    assert sandboxed.wait_until(lambda: not any(exists(MAP_GET_FD_BY_ID, number) for number in maps), within_s=60)
    assert sandboxed.wait_until(lambda: all(map(sandboxed.ended, boxes)), within_s=60)


def held(pid: int, field: str) -> set[int]:
    """The numbers of the BPF programs or maps that a process holds by descriptor."""
    numbers = set()
    for fd in os.listdir(f"/proc/{pid}/fdinfo"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            told = Path(f"/proc/{pid}/fdinfo/{fd}").read_text().splitlines()
            numbers |= {int(line.split(":")[1]) for line in told if line.startswith(f"{field}:")}
    return numbers


def exists(command: int, number: int) -> bool:
    """Is there a BPF program or map of this number?"""
    try:
        os.close(syscall.call(command, struct.pack("=III", number, 0, 0)))
    except FileNotFoundError:
        return False
    return True


@traced
@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EPERM, "root lacks CAP_BPF and CAP_PERFMON here; a container needs --privileged"),
        (errno.EINVAL, "this kernel does not take neighlab's programs"),
    ],
)
def test_a_refusal_by_the_kernel_is_one_clear_line(number: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object) -> int:
        raise OSError(number, os.strerror(number))

    trace.unavailable.cache_clear()
    monkeypatch.setattr(syscall, "make_map", refuse)
    try:
        told = trace.unavailable()
    finally:
        trace.unavailable.cache_clear()
    assert told is not None
    assert said in told
    assert "\n" not in told


@traced
def test_a_program_that_the_verifier_refuses_is_refused_with_its_words() -> None:
    follows_a_number = bytes.fromhex("b700000001000000" + "7900000000000000" + "9500000000000000")  # r0 = *(u64 *)1
    with pytest.raises(OSError, match="invalid mem access") as caught:
        syscall.load(follows_a_number, "neighlab_wrong")
    assert caught.value.errno == errno.EACCES

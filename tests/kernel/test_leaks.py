"""However a case ends and whoever ends it, the other cases report and the machine is as it was."""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import sandboxed

from neighlab.errors import EnvironmentProblem
from neighlab.model.result import CaseResult, RunResult
from neighlab.runner import discovery, inflight, pool
from neighlab.runner.execute import Options

pytestmark = pytest.mark.usefixtures("nothing_left")

UNRULY = Path(__file__).with_name("unruly.py")
ORDERLY = Path(__file__).with_name("orderly.py")
COMMAND = [sys.executable, "-c", "from neighlab.cli.main import run_cli; run_cli()", "run"]
SEED = 826


def run(*cases: str, **how: Any) -> RunResult:
    """Run cases of unruly.py and orderly.py in this process, in this order."""
    known = {Path(one.name).name: one for one in discovery.select([str(UNRULY), str(ORDERLY)])}
    known = {name.removeprefix("unruly."): one for name, one in known.items()}
    return pool.Runner(**how).run([known[case] for case in cases])


def short(result: CaseResult) -> str:
    return f"{result.case} {result.outcome}"


SIGKILLED = "its process was ended by SIGKILL before it reported"
LEFT = "its process left with status {} before it reported (os._exit in the story?)"


@pytest.mark.parametrize(
    ("case", "outcome", "reason"),
    [
        ("behaves", "passed", ""),
        ("fails", "failed", "one: expected 2, observed 1"),
        ("errs", "error", "ZeroDivisionError: division by zero"),
        ("skips", "skipped", "Unsupported: not on this machine"),
        ("forks", "passed", ""),
        ("leaves-a-daemon", "passed", ""),
        ("leaves-programs", "passed", ""),
        ("mounts", "passed", ""),
        ("exits", "error", LEFT.format(3)),
        ("exits-as-if-all-was-well", "error", LEFT.format(0)),
        ("leaves-by-sys-exit", "error", "the story left by SystemExit(4)"),
        ("raises-keyboard-interrupt", "error", "the story was interrupted (KeyboardInterrupt)"),
        ("kills-its-parent", "error", SIGKILLED),
        ("stops-its-parent", "passed", ""),
        ("kills-everybody", "passed", ""),
        ("closes-everything", "error", LEFT.format(70)),
        ("crashes", "error", "its process was ended by SIGSEGV before it reported"),
        ("writes-to-every-socket", "error", "it wrote something else than its result to the runner's channel: killed"),
        ("recurses", "error", "RecursionError: maximum recursion depth exceeded"),
    ],
)
def test_a_story_may_end_as_it_likes(case: str, outcome: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # a stopped keeper is given that long to leave
    monkeypatch.setattr(inflight, "GRACE_S", 0.5 if case == "stops-its-parent" else 60.0)

    results = run("orderly:00", f"ends:{case}", "orderly:01", jobs=2)

    assert [short(one) for one in results.cases] == ["00 passed", f"{case} {outcome}", "01 passed"]
    assert results.cases[1].reason.startswith(reason)
    assert results.cases[1].reason == reason or case == "recurses"


def test_a_story_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflight, "GRACE_S", 60.0)  # it tells where it was, in its own time

    results = run("would_never_end:spins", "orderly:00", jobs=2)

    assert [short(one) for one in results.cases] == ["spins error", "00 passed"]
    assert results.cases[0].reason.startswith("did not end within 6 s, in `")


def test_a_story_that_does_not_react_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflight, "GRACE_S", 1.0)

    results = run("would_never_end:blocks-the-alarm", "would_never_end:spins-in-c", "orderly:00", jobs=3)

    assert [(one.case, one.outcome, one.reason) for one in results.cases] == [
        ("blocks-the-alarm", "error", "did not end within 6 s and did not react: killed"),
        ("spins-in-c", "error", "did not end within 6 s and did not react: killed"),
        ("00", "passed", ""),
    ]


def test_side_by_side_gives_the_same_results_as_one_by_one() -> None:
    def told(results: RunResult) -> list[Any]:
        return [
            (one.name, one.repetition, one.outcome, one.reason, one.knobs,
             [(claim.subject, claim.expected, claim.observed, claim.passed) for claim in one.expectations])
            for one in results.cases
        ]  # fmt: skip

    names = [f"orderly:{number:02}" for number in range(8)] + ["ends:fails", "ends:skips", "ends:exits"]

    assert told(run(*names, repeat=2, jobs=4)) == told(run(*names, repeat=2, jobs=1))


# --- somebody kills a part of it ----------------------------------------------------------------------------------


class Running:
    """`neighlab run` of orderly.py in a session of its own, for a test to kill parts of; its orphans come to us."""

    def __init__(self, tmp_path: Path, *args: str) -> None:
        self.report = tmp_path / "report.json"
        self.report.unlink(missing_ok=True)
        command = [*COMMAND, str(ORDERLY), *args, "--format", "json", "--output", str(self.report)]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
        )
        self.pid = self.process.pid

    def keepers(self) -> list[int]:
        return sandboxed.children(self.pid)

    def firsts(self) -> list[int]:
        return [first for keeper in self.keepers() for first in sandboxed.children(keeper)]

    def end(self) -> int:
        """Wait for it; its exit status. What it wrote to standard error is nothing, or a test wants to know."""
        _, said = self.process.communicate(timeout=300)
        assert b"Traceback" not in said, said.decode()
        return self.process.returncode

    def cases(self) -> list[dict[str, Any]]:
        return list(json.loads(self.report.read_text())["cases"])


def kill(pid: int) -> bool:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def kill_group(pid: int) -> bool:
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return False
    return True


def leads_its_group(pid: int) -> bool:
    try:
        return os.getpgid(pid) == pid
    except ProcessLookupError:
        return False


def test_a_killed_sandbox_is_the_only_case_that_suffers(tmp_path: Path) -> None:
    """Keepers, first processes and both together are killed, 45 times, at any moment of their lives."""
    chance, killed = random.Random(SEED), 0
    running = Running(tmp_path, "--repeat", "16", "-j4")
    pause = select.poll()
    while running.process.poll() is None and killed < 45:
        pause.poll(chance.uniform(1, 15))
        targets = [(kill, pid) for pid in running.keepers() + running.firsts()]
        targets += [(kill_group, pid) for pid in running.keepers() if leads_its_group(pid)]
        if targets:
            how, pid = chance.choice(targets)
            killed += how(pid)

    assert running.end() == 1
    cases = running.cases()
    assert killed == 45
    assert [one["case"] for one in cases] == [f"{number:02}" for number in range(12)] * 16
    assert {one["outcome"] for one in cases} == {"passed", "error"}
    errors = [one["reason"] for one in cases if one["outcome"] == "error"]
    assert set(errors) == {SIGKILLED}
    assert 0 < len(errors) <= killed  # who is killed may have ended his case already, or not begun one


@pytest.mark.parametrize("number", range(10))
def test_a_killed_runner_takes_everything_along(tmp_path: Path, number: int) -> None:
    chance = random.Random(SEED + number)
    running = Running(tmp_path, "--repeat", "1000", "-j4")
    assert sandboxed.wait_until(running.keepers, within_s=60)
    select.poll().poll(chance.uniform(0, 300))

    (kill_group if number % 5 == 4 else kill)(running.pid)

    assert running.end() == -signal.SIGKILL


def test_sigterm_ends_everything_at_once(tmp_path: Path) -> None:
    running = Running(tmp_path, "--repeat", "1000", "-j4")
    assert sandboxed.wait_until(running.firsts, within_s=60)

    os.kill(running.pid, signal.SIGTERM)

    assert running.end() == -signal.SIGTERM


@pytest.mark.parametrize(("number", "again_ms"), list(enumerate([None, 0, None, 0, 5, 15, 25, 50])))
def test_an_interrupted_run_reports_what_it_has(tmp_path: Path, number: int, again_ms: int | None) -> None:
    """At the terminal Ctrl-C goes to the whole group: also to a keeper that has not left it yet."""
    running = Running(tmp_path, "--repeat", "1000", "-j4")
    assert sandboxed.wait_until(running.firsts, within_s=60)
    select.poll().poll(random.Random(SEED + number).uniform(0, 300))

    os.killpg(running.pid, signal.SIGINT)
    if again_ms is not None:
        select.poll().poll(again_ms)
        os.killpg(running.pid, signal.SIGINT)

    assert running.end() == 130
    assert {one["outcome"] for one in running.cases()} <= {"passed"}


def test_standard_output_is_the_reports_and_input_is_nobodys(tmp_path: Path) -> None:
    file = tmp_path / "story.py"
    file.write_text(UNRULY.read_text())

    done = subprocess.run(
        [*COMMAND, f"{file}:reads-what-is-typed", f"{file}:prints", "--format", "json"],
        input="typed\n", capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert [one["outcome"] for one in json.loads(done.stdout)["cases"]] == ["passed", "passed"]
    assert "noise among the lines of the report" in done.stderr


def test_the_runner_survives_a_case_that_asks_and_dies() -> None:
    """What a host-table case asks for is answered into the void when the case has been killed meanwhile."""

    class Table:
        def answer(self, question: Any) -> str:
            for keeper in sandboxed.children(os.getpid()):
                kill_group(keeper)
            assert sandboxed.wait_until(lambda: all(map(sandboxed.ended, sandboxed.descendants(os.getpid()))))
            return f"{question}, too late"

        def restore(self) -> None:
            """Nothing was set."""

    case, options = "wants_the_table:asks", Options(host_table=True)
    results = run(case, case, table=lambda: contextlib.nullcontext(Table()), options=options)

    assert [(one.outcome, one.reason) for one in results.cases] == [("error", SIGKILLED)] * 2


@pytest.mark.alone
def test_the_kernel_counts_no_namespace_that_is_left() -> None:
    """In a user namespace that may hold 12 network namespaces, 24 cases of 4 each find room, however they end."""

    def work() -> None:
        Path("/proc/sys/user/max_net_namespaces").write_text("12")
        for case in ("orderly:00", "ends:forks", "ends:exits", "ends:crashes") * 6:
            # cleanup_net gives a namespace back some time after its end: until then the next case finds no room
            assert sandboxed.wait_until(lambda case=case: finds_room(case)), case

    def finds_room(case: str) -> bool:
        try:
            return "cannot make a network namespace" not in run(case).cases[0].reason
        except EnvironmentProblem as problem:
            return "no more namespaces may be made" not in str(problem)

    sandboxed.in_user_namespace(work)

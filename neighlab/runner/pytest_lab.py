"""A test with the `lab` fixture runs, fixtures and all, in a sandbox, and whatever happens to it there is reported.

This is the side of pytest; what happens in the sandbox is in pytest_inside.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from neighlab.errors import EnvironmentProblem, NeighlabError, ScenarioError
from neighlab.kernel import tableuse
from neighlab.lab import channel as wire
from neighlab.lab import sandbox
from neighlab.runner.inflight import GRACE_S
from neighlab.runner.pool import SHARED_PATIENCE_S, how_it_ended, warm_up
from neighlab.runner.pytest_cases import Block
from neighlab.runner.pytest_inside import set_up, wishes, work

TIMEOUT_S = 60.0


def run(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Run the protocol of one test in a sandbox and log its reports here, as pytest does for every other test."""
    item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
    started = time.time()
    try:
        with tableuse.held(alone=False, patience_s=SHARED_PATIENCE_S):
            reports = _in_sandbox(item, started)
    except NeighlabError as problem:
        reports = [_failure(item, "setup", f"neighlab: {problem}", started)]
    for report in [*reports, *_leave(item, nextitem)]:
        item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)


def _in_sandbox(item: pytest.Item, started: float) -> list[pytest.TestReport]:
    """The reports of the test, or the one failure that tells why there are none."""
    interactive = bool(item.config.getoption("usepdb", False) or item.config.getoption("trace", False))
    limit_s = None if interactive else _timeout_s(item)
    warm_up()
    _prepare(item)
    box = sandbox.spawn(work(item, limit_s), interactive=interactive, cpu=min(os.sched_getaffinity(0)))
    # at a prompt in the sandbox Ctrl-C belongs to the prompt
    before = signal.signal(signal.SIGINT, signal.SIG_IGN) if interactive else None
    reports: list[pytest.TestReport] = []
    try:
        for kind, value in _messages(box, None if limit_s is None else limit_s + GRACE_S):
            match kind:
                case "report":
                    reports.append(_report(item.config, value))
                case "warning":
                    _warn_again(*value)
                case "environment":
                    raise EnvironmentProblem(value)
                case "exit":
                    pytest.exit(value[0], value[1])
                case "done":
                    return reports
                case "late":
                    text = f"did not end within {limit_s:g} s and did not react: killed"
                    return [_failure(item, "call", text, started)]
                case _:
                    box.kill()
                    text = "it wrote something else than its report to pytest's channel: killed"
                    return [_failure(item, "call", text, started)]
        box.reap(GRACE_S)
        return [_failure(item, "call", how_it_ended(box, "test"), started)]
    except BaseException:
        box.kill()
        raise
    finally:
        box.reap(GRACE_S)
        if before is not None:
            signal.signal(signal.SIGINT, before)


def _messages(box: sandbox.Sandbox, limit_s: float | None) -> Iterator[tuple[str, Any]]:
    """What the sandbox says until it ends; `late` when it is neither heard of nor gone in time."""
    deadline = None if limit_s is None else time.monotonic() + limit_s
    inbox = wire.Inbox(box.channel)
    poll = select.poll()
    poll.register(box.channel, select.POLLIN)
    ended = False
    while not ended:
        left = None if deadline is None else (deadline - time.monotonic()) * 1000
        if (left is not None and left <= 0) or not poll.poll(left):
            box.kill()
            yield "late", None
            return
        try:
            messages, ended = inbox.read()
        except wire.Nonsense:
            box.kill()
            yield "nonsense", None
            return
        for message in messages:
            match message:
                case [str(kind), value]:
                    yield kind, value
                case _:
                    yield "nonsense", None


def _leave(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[pytest.TestReport]:
    """Tear down out here what the next test does not need: what earlier tests of the module have set up."""
    if not set_up(item):
        return
    if item.session.shouldfail or item.session.shouldstop:
        nextitem = None
    call = pytest.CallInfo.from_call(
        lambda: item.session._setupstate.teardown_exact(nextitem),
        when="teardown", reraise=(pytest.exit.Exception, KeyboardInterrupt),
    )  # fmt: skip
    if call.excinfo is not None:
        yield item.ihook.pytest_runtest_makereport(item=item, call=call)


def _prepare(item: pytest.Item) -> None:
    """See to it that the fork copies no unwritten output, and that the directories of tmp_path outlive the sandbox."""
    sys.stdout.flush()
    item.config.get_terminal_writer().flush()
    factory = getattr(item.config, "_tmp_path_factory", None)
    if factory is not None:
        factory.getbasetemp()


def _timeout_s(item: pytest.Item) -> float:
    """How long the test may take, fixtures included."""
    value = wishes(item).get("timeout", TIMEOUT_S)
    if not isinstance(value, int | float) or value <= 0:
        raise ScenarioError(f"pytest.mark.lab(timeout={value!r}): it is a number of seconds")
    return float(value * item.config.getoption("--neighlab-time-scale"))


def _report(config: pytest.Config, data: dict[str, Any]) -> pytest.TestReport:
    """A report as it was in the sandbox; JSON has lists where pytest wants tuples."""
    report: pytest.TestReport = config.hook.pytest_report_from_serializable(config=config, data=data)
    report.location = tuple(report.location)  # type: ignore[assignment]
    if isinstance(report.longrepr, list):
        report.longrepr = tuple(report.longrepr)
    report.sections = [(name, text) for name, text in report.sections]
    report.user_properties = [(name, value) for name, value in report.user_properties]
    return report


def _failure(item: pytest.Item, when: Any, text: str, started: float) -> pytest.TestReport:
    """The report of a test that could not make one itself, with what it has printed."""
    now = time.time()
    report = pytest.TestReport(
        item.nodeid, item.location, dict.fromkeys(item.keywords, 1), "failed", Block.of(text, text), when,
        duration=now - started, start=started, stop=now, user_properties=item.user_properties,
    )  # fmt: skip
    capture = item.config.pluginmanager.get_plugin("capturemanager")
    if capture is not None and capture.is_globally_capturing():
        printed = capture.read_global_capture()
        report.sections += [
            (f"Captured {name} call", text) for name, text in (("stdout", printed.out), ("stderr", printed.err)) if text
        ]
    return report


def _warn_again(text: str, module: str, name: str, filename: str, line: int) -> None:
    """Repeat a warning of the sandbox where pytest counts them."""
    category = getattr(sys.modules.get(module), name, UserWarning)
    with contextlib.suppress(Warning):  # what had to be an error was one inside
        warnings.warn_explicit(text, category, filename, line)

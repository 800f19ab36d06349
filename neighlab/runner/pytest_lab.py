"""A test with the `lab` fixture runs, fixtures and all, in a sandbox, and whatever happens to it there is reported."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import time
import warnings
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from neighlab import errors, topologies
from neighlab.errors import EnvironmentProblem, NeighlabError, ScenarioError, Unsupported
from neighlab.kernel import tableuse
from neighlab.kernel.features import kernel_release
from neighlab.lab import channel as wire
from neighlab.lab import lab as labs
from neighlab.lab import sandbox
from neighlab.model import knobs
from neighlab.model.families import Families
from neighlab.model.knobs import Setting
from neighlab.model.result import CaseResult
from neighlab.report.text import evidence
from neighlab.runner.execute import alarm
from neighlab.runner.pool import GRACE_S, SHARED_PATIENCE_S, how_it_ended, warm_up

PACKAGE = Path(errors.__file__).parent
TIMEOUT_S = 60.0
SECTION = "neighlab timeline"


class Inside:
    """The plugin that is registered in the sandbox: it builds the lab, and adds to a failure what the lab saw."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        self._lab: labs.Lab | None = None

    def build(self) -> labs.Lab:
        """The lab that the test's marks describe; it is never taken down, the kernel does that."""
        wish = {key: value for mark in reversed(list(self._item.iter_markers("lab"))) for key, value in _said(mark)}
        topology = wish.pop("topology", topologies.VictimAttacker)
        family = wish.pop("family", "ipv4")
        if family not in get_args(Families):
            raise ScenarioError(f"pytest.mark.lab(family={family!r}): it is one of {', '.join(get_args(Families))}")
        wish.pop("timeout", None)
        known = [(knobs.find(name), value) for name, value in wish.items()]
        settings = tuple(Setting(knob, None, None, knobs.parse_value(knob, value)) for knob, value in known)
        scale = self._item.config.getoption("--neighlab-time-scale")
        self._lab = labs.Lab(topology, families=family, settings=settings, time_scale=scale)
        return self._lab

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
        """Show the user's own lines only, what the kernel did, and Unsupported as a skip."""
        problem = call.excinfo.value if call.excinfo is not None else None
        if call.excinfo is not None and isinstance(problem, NeighlabError):
            for entry in call.excinfo.traceback:
                if PACKAGE in Path(entry.path).parents:
                    entry.frame.f_globals["__tracebackhide__"] = True
        report = yield
        if isinstance(problem, Unsupported):
            path, line, _name = self._item.reportinfo()
            report.outcome, report.longrepr = "skipped", (str(path), (line or 0) + 1, f"Skipped: {problem}")
        elif isinstance(problem, ScenarioError | EnvironmentProblem) and self._lab is None:
            report.longrepr = f"neighlab: {problem}"
        elif report.failed and self._lab is not None and self._lab.timeline.entries:
            report.sections.append((SECTION, self._evidence(self._lab)))
        return report

    def _evidence(self, lab: labs.Lab) -> str:
        with contextlib.suppress(NeighlabError, OSError, ValueError):
            lab.pump()
        outcome: Any = "passed" if all(one.passed for one in lab.expectations) else "failed"
        seen = CaseResult(
            self._item.nodeid, "", "", outcome, expectations=lab.expectations, timeline=lab.timeline.sorted(),
            knobs=lab.effective_knobs(),
        )  # fmt: skip
        return "\n".join(evidence(seen, kernel=kernel_release(), verbose=max(1, self._item.config.get_verbosity())))


inside: Inside | None = None
"""Set in a sandbox, and nowhere else."""


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
    box = sandbox.spawn(_work(item, limit_s), interactive=interactive, cpu=min(os.sched_getaffinity(0)))
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
                case "nonsense":
                    text = "it wrote something else than its report to pytest's channel: killed"
                    return [_failure(item, "call", text, started)]
                case "late":
                    text = f"did not end within {limit_s:g} s and did not react: killed"
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


def _work(item: pytest.Item, limit_s: float | None) -> Any:
    """What the first process of the sandbox does."""

    def work(channel: socket.socket) -> None:
        from _pytest.runner import runtestprotocol

        global inside
        inside = Inside(item)
        item.config.pluginmanager.register(inside, "neighlab-inside")
        first = os.getpid()
        try:
            with warnings.catch_warnings(record=True) as seen, alarm(limit_s or 0):
                reports = runtestprotocol(item, log=False, nextitem=_Kept(item))  # type: ignore[arg-type]
        except pytest.exit.Exception as problem:
            wire.send(channel, ("exit", [problem.msg, problem.returncode]))
            return
        if os.getpid() != first:
            return  # the test forked, and its child came back: the report is the parent's alone
        for one in seen:
            kind = one.category
            text = str(one.message)
            wire.send(channel, ("warning", [text, kind.__module__, kind.__qualname__, one.filename, one.lineno]))
        for report in reports:
            data = item.config.hook.pytest_report_to_serializable(config=item.config, report=report)
            wire.send(channel, ("report", data))
        wire.send(channel, ("done", ""))

    return work


class _Kept:
    """Stands for the next test in the sandbox: what was set up before the fork is torn down outside, not here."""

    def __init__(self, item: pytest.Item) -> None:
        self._nodes = _stack(item)

    def listchain(self) -> list[Any]:
        return self._nodes


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
        yield from messages


def _leave(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[pytest.TestReport]:
    """Tear down out here what the next test does not need: what earlier tests of the module have set up."""
    if not _stack(item):
        return
    if item.session.shouldfail or item.session.shouldstop:
        nextitem = None
    call = pytest.CallInfo.from_call(
        lambda: item.session._setupstate.teardown_exact(nextitem),
        when="teardown", reraise=(pytest.exit.Exception, KeyboardInterrupt),
    )  # fmt: skip
    if call.excinfo is not None:
        yield item.ihook.pytest_runtest_makereport(item=item, call=call)


def _stack(item: pytest.Item) -> list[Any]:
    """The nodes that are set up in this process; pytest tells nobody else than its own runner."""
    return list(item.session._setupstate.stack)


def _prepare(item: pytest.Item) -> None:
    """See to it that the fork copies no unwritten output, and that the directories of tmp_path outlive the sandbox."""
    sys.stdout.flush()
    item.config.get_terminal_writer().flush()
    factory = getattr(item.config, "_tmp_path_factory", None)
    if factory is not None:
        factory.getbasetemp()


def _said(mark: pytest.Mark) -> Iterator[tuple[str, Any]]:
    if mark.args:
        raise ScenarioError("pytest.mark.lab takes names: lab(topology=..., family=..., timeout=..., KNOB=VALUE)")
    yield from mark.kwargs.items()


def _timeout_s(item: pytest.Item) -> float:
    """How long the test may take, fixtures included."""
    said = [value for mark in item.iter_markers("lab") for key, value in _said(mark) if key == "timeout"]
    value = said[0] if said else TIMEOUT_S
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
    from neighlab.runner.pytest_cases import Block

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

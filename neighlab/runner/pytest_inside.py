"""In the sandbox of a test pytest goes on as if nothing had happened; only the reports leave."""

from __future__ import annotations

import contextlib
import os
import socket
import warnings
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, get_args

import pytest

from neighlab import errors, topologies
from neighlab.errors import EnvironmentProblem, NeighlabError, ScenarioError, Unsupported
from neighlab.kernel.features import kernel_release
from neighlab.lab import channel as wire
from neighlab.lab import lab as labs
from neighlab.model import knobs
from neighlab.model.families import Families
from neighlab.model.knobs import Setting
from neighlab.model.result import CaseResult
from neighlab.report.text import evidence
from neighlab.runner.execute import CaseTimeout, alarm

PACKAGE = Path(errors.__file__).parent
SECTION = "neighlab timeline"


def wishes(item: pytest.Item) -> dict[str, Any]:
    """What the marks of a test say, the nearest mark first: topology, family, timeout and knobs."""
    wish: dict[str, Any] = {}
    for mark in item.iter_markers("lab"):
        if mark.args:
            raise ScenarioError("pytest.mark.lab takes names: lab(topology=..., family=..., timeout=..., KNOB=VALUE)")
        wish = {**mark.kwargs, **wish}
    return wish


class Inside:
    """The plugin that is registered in the sandbox: it builds the lab, and adds to a failure what the lab saw."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item
        self._lab: labs.Lab | None = None
        self.logged: list[Any] = []

    def build(self) -> labs.Lab:
        """The lab that the test's marks describe; it is never taken down, the kernel does that."""
        wish = wishes(self._item)
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

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self) -> tuple[str, str, str]:
        """Let the terminal say nothing of what is logged in here."""
        return "", "", ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep what the test logs itself: its subtests."""
        self.logged.append(report)

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


def work(item: pytest.Item, limit_s: float | None) -> Callable[[socket.socket], None]:
    """What the first process of the sandbox does."""

    def first_process(channel: socket.socket) -> None:
        from _pytest.runner import runtestprotocol

        global inside
        inside = Inside(item)
        item.config.pluginmanager.register(inside, "neighlab-inside")
        first = os.getpid()
        try:
            with warnings.catch_warnings(record=True) as seen, alarm(limit_s or 0):
                reports = runtestprotocol(item, log=False, nextitem=Kept(item))  # type: ignore[arg-type]
        except pytest.exit.Exception as problem:
            wire.send(channel, ("exit", [problem.msg, problem.returncode]))
            return
        except CaseTimeout:  # between two phases, where pytest makes no report of it
            wire.send(channel, ("late", None))
            return
        if os.getpid() != first:
            return  # the test forked, and its child came back: the report is the parent's alone
        for one in seen:
            kind = one.category
            text = str(one.message)
            wire.send(channel, ("warning", [text, kind.__module__, kind.__qualname__, one.filename, one.lineno]))
        for report in [*reports[:1], *inside.logged, *reports[1:]]:
            data = item.config.hook.pytest_report_to_serializable(config=item.config, report=report)
            wire.send(channel, ("report", data))
        wire.send(channel, ("done", ""))

    return first_process


class Kept:
    """Stands for the next test in the sandbox: what was set up before the fork is torn down outside, not here."""

    def __init__(self, item: pytest.Item) -> None:
        self._nodes = set_up(item)

    def listchain(self) -> list[Any]:
        """What pytest's runner asks for: the nodes that are still needed."""
        return self._nodes


def set_up(item: pytest.Item) -> list[Any]:
    """The nodes that are set up in this process; pytest tells nobody else than its own runner."""
    return list(item.session._setupstate.stack)

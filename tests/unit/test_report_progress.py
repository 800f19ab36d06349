"""What Progress prints is the text report without its summary, however the results came in."""

from __future__ import annotations

import io
import itertools
import re
import threading
from contextlib import suppress

import pytest

from neighlab.model.result import CaseResult, Expectation, Outcome, RunResult
from neighlab.report.progress import Progress
from neighlab.report.text import summary, text_report


def result(name: str, outcome: Outcome = "passed", repetition: int = 1) -> CaseResult:
    scenario, _, case = name.partition(":")
    expectation = Expectation("victim eth0 192.0.2.3", "ABSENT", "[bold]ABSENT", outcome == "passed", 1.0)
    return CaseResult(scenario, case, "A claim.", outcome, "why", 5.0, [expectation], repetition=repetition)


RUN = RunResult("6.18.44", "root", [result("a:1"), result("a:2", "failed"), result("b:1", "error"), result("b:2")])


def printed(order: list[CaseResult], *, live: bool = False, color: bool = False, kernel: str = RUN.kernel) -> str:
    """Start all cases in the order of selection, let them finish in `order`."""
    stream = io.StringIO()
    with Progress(stream, total=4, live=live, color=color, kernel=kernel) as progress:
        for case in RUN.cases:
            progress.started(case.name)
        for case in order:
            progress.finished(case)
    return stream.getvalue()


@pytest.mark.parametrize("order", list(itertools.permutations(RUN.cases)))
def test_order_of_arrival_changes_nothing(order: tuple[CaseResult, ...]) -> None:
    assert printed(list(order)) + summary(RUN) == text_report(RUN)


@pytest.mark.parametrize("color", [False, True])
def test_colour_is_the_text_reports(color: bool) -> None:
    assert text_report(RUN, color=color).startswith(printed(RUN.cases, color=color))


def test_result_is_shown_as_soon_as_nothing_before_it_is_missing() -> None:
    stream = io.StringIO()
    with Progress(stream, total=3, live=False) as progress:
        progress.started("a:1")
        progress.started("a:2")
        progress.finished(result("a:2"))
        assert stream.getvalue() == ""
        progress.finished(result("a:1"))
        assert stream.getvalue().count("PASS") == 2
        progress.started("a:3")
        progress.finished(result("a:3"))
        assert stream.getvalue().count("PASS") == 3


def test_case_that_was_never_started_takes_its_place_on_arrival() -> None:
    stream = io.StringIO()
    with Progress(stream, total=2, live=False) as progress:
        progress.started("a:1")
        progress.finished(result("a:2", "skipped"))
        progress.finished(result("a:1"))
    assert re.findall("PASS|SKIP", stream.getvalue()) == ["PASS", "SKIP"]


def test_repetitions_keep_their_order() -> None:
    stream = io.StringIO()
    with Progress(stream, total=2, live=False) as progress:
        progress.started("a:1")
        progress.started("a:1")
        progress.finished(result("a:1", repetition=2))
        progress.finished(result("a:1"))
    assert re.findall(r"ms  1( \(2\))?", stream.getvalue()) == ["", " (2)"]


def test_interruption_loses_no_result_that_came_in() -> None:
    stream = io.StringIO()
    with suppress(KeyboardInterrupt), Progress(stream, total=2, live=False) as progress:
        progress.started("a:1")
        progress.started("a:2")
        progress.finished(result("a:2"))
        raise KeyboardInterrupt
    assert stream.getvalue().count("PASS") == 1


@pytest.mark.parametrize("color", [False, True])
def test_live_output_holds_every_line_of_the_report_and_starts_no_thread(color: bool) -> None:
    threads = threading.active_count()
    stream = io.StringIO()
    with Progress(stream, total=4, live=True, color=color, kernel=RUN.kernel) as progress:
        for case in RUN.cases:
            progress.started(case.name)
            assert threading.active_count() == threads
            progress.finished(case)
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    for line in text_report(RUN).removesuffix(summary(RUN)).splitlines():
        assert line in plain
    assert "4/4" in plain
    assert "2 passed, 1 failed, 1 error" in plain
    assert ("\x1b[32m" in stream.getvalue()) == color

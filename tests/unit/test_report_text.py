"""The text report tells what the kernel did, in lines that fit and in words that no terminal obeys."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest

from neighlab.model.result import CaseResult, Expectation, RunResult
from neighlab.model.timeline import Entry
from neighlab.report.text import FOLD, case_line, failure_block, summary, text_report, timeline_lines

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def passed(case: str = "1-learns", **more: Any) -> CaseResult:
    result = CaseResult("garp/one", case, "A claim.", "passed", duration_ms=12.4)
    result.expectations = [Expectation("victim eth0 192.0.2.3", "LEARNED", "STALE lladdr 00:00:5e:00:53:03", True, 1.0)]
    for name, value in more.items():
        setattr(result, name, value)
    return result


def failed(**more: Any) -> CaseResult:
    result = passed(**{"outcome": "failed", "where": "one.py:7 one"} | more)
    if "expectations" not in more:
        result.expectations.append(Expectation("victim eth0 192.0.2.3", "ABSENT", "DELAY", False, 2.0, inferred=True))
    return result


def entries(count: int) -> list[Entry]:
    return [Entry(float(number), "victim", "netlink", "event", f"number {number}") for number in range(count)]


def test_case_line_shows_the_state_that_was_last_observed() -> None:
    assert case_line(passed()) == (
        "  PASS      12 ms  1-learns                victim eth0 192.0.2.3  STALE lladdr 00:00:5e:00:53:03"
    )


def test_case_line_of_a_failure_shows_what_failed_even_if_more_was_expected_later() -> None:
    one = failed()
    one.expectations.append(passed().expectations[0])
    assert case_line(one).endswith("victim eth0 192.0.2.3  DELAY  (inferred)")


def test_case_line_without_expectations_ends_with_the_name() -> None:
    assert case_line(passed(expectations=[], duration_ms=0.0)) == "  PASS       0 ms  1-learns"


def test_claim_stands_once_over_the_cases_of_a_scenario_and_wraps() -> None:
    claim = "A neighbour entry that nobody has confirmed for a long while is " + "very " * 20 + "stale."
    report = text_report(RunResult("6.18.44", "root", [passed("a", claim=claim), passed("b", claim=claim)]))
    assert report.count("garp/one:") == 1
    assert max(map(len, report.splitlines())) <= 100
    assert report.startswith("garp/one: A neighbour entry")


def test_timeline_columns_are_aligned_and_times_are_signed() -> None:
    timeline = [Entry(-0.5, "a", "story", "sent", "x"), Entry(1234.5, "victim", "wire", "frame", "y")]
    assert timeline_lines(timeline, fold=True) == ["   -0.500 ms  a       sent   x", "+1234.500 ms  victim  frame  y"]


@pytest.mark.parametrize("count", [0, 1, FOLD])
def test_short_timeline_is_shown_whole(count: int) -> None:
    assert len(timeline_lines(entries(count), fold=True)) == count


def test_long_timeline_loses_its_middle_and_says_how_much() -> None:
    lines = timeline_lines(entries(FOLD + 40), fold=True)
    assert len(lines) == FOLD + 1
    assert lines[FOLD // 2] == "... 40 entries folded, -vv shows them ..."
    assert lines[FOLD // 2 - 1].endswith(f"number {FOLD // 2 - 1}")
    assert lines[FOLD // 2 + 1].endswith(f"number {FOLD // 2 + 40}")
    assert lines[-1].endswith(f"number {FOLD + 39}")


@pytest.mark.parametrize(("verbose", "shown"), [(0, 0), (1, FOLD), (2, FOLD + 5)])
def test_verbose_shows_the_timeline_of_a_passed_case(verbose: int, shown: int) -> None:
    run = RunResult("6.18.44", "root", [passed(timeline=entries(FOLD + 5))])
    assert text_report(run, verbose=verbose).count("number") == shown


def test_knobs_name_their_host_when_there_are_several_and_wrap() -> None:
    knobs = {f"victim neigh.eth0.knob_number_{number}": str(number) for number in range(6)}
    block = failure_block(failed(knobs={**knobs, "router conf.eth0.proxy_arp": "1"}), kernel="6.18.44")
    lines = block.splitlines()[3:-1]
    assert lines[0].startswith("  knobs     victim  neigh.eth0.knob_number_0=0 ")
    assert lines[1].startswith("                    neigh.eth0.knob_number_")
    assert lines[-1] == "            router  conf.eth0.proxy_arp=1   kernel 6.18.44"
    assert max(map(len, lines)) <= 100


def test_failure_that_is_no_expectation_gives_its_reason() -> None:
    block = failure_block(failed(expectations=[], reason="attacker: no answer within 100 ms"))
    assert block.splitlines() == [
        "one.py:7 one[1-learns]",
        "  reason    attacker: no answer within 100 ms",
        "  rerun     neighlab run garp/one:1-learns -v",
    ]


def test_error_shows_the_last_line_of_its_traceback_and_with_verbose_all_of_it() -> None:
    error = passed(outcome="error", reason="the story crashed", details="Traceback:\n\tone\nKeyError: 'eth9'\n")
    assert "  details   KeyError: 'eth9'\n" in failure_block(error)
    assert "Traceback" not in failure_block(error)
    whole = failure_block(error, verbose=1)
    assert "  details   Traceback:\n                    one\n            KeyError: 'eth9'\n" in whole


def test_error_does_not_repeat_its_reason() -> None:
    error = passed(outcome="error", reason="KeyError: 'eth9'", details="Traceback:\nKeyError: 'eth9'\n")
    assert "KeyError" not in failure_block(error)


def test_rerun_line_survives_a_shell() -> None:
    assert "run 'a b/$c:1-learns' -v" in failure_block(failed(scenario="a b/$c"))


def test_nothing_from_a_result_reaches_the_terminal_as_a_control_character() -> None:
    evil = "\x1b]0;x\x07\r\n\x9b\u202e"
    one = failed(case=evil, claim=evil, reason=evil, where=evil, details=evil, knobs={f"{evil} {evil}": evil})
    one.scenario = evil
    one.timeline = [Entry(0.0, evil, evil, evil, evil)]
    report = text_report(RunResult(evil, "root", [one]), verbose=2)
    assert all(line.isprintable() for line in report.split("\n"))


def test_summary_names_every_outcome_even_at_zero_and_the_failed_cases() -> None:
    run = RunResult("6.18.44", "rootless", [passed(), failed(repetition=3)], duration_ms=3249.0)
    assert summary(run) == (
        "\nFAIL  garp/one:1-learns (3)\n\n"
        "1 passed, 1 failed, 0 skipped, 0 errors in 3.2 s  (kernel 6.18.44, rootless)\n"
    )


def test_summary_says_that_the_run_was_interrupted() -> None:
    assert summary(RunResult("6.18.44", "vm", interrupted=True)).endswith("(kernel 6.18.44, vm, interrupted)\n")


def test_colour_changes_no_word() -> None:
    run = RunResult("6.18.44", "root", [passed(), failed(timeline=entries(3)), passed(claim="[b]x[/b] " * 40)])
    painted = text_report(run, verbose=1, color=True)
    assert painted != text_report(run, verbose=1)
    assert ANSI.sub("", painted) == text_report(run, verbose=1)


def test_colour_does_not_ask_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    run = RunResult("6.18.44", "root", [passed()])
    before = text_report(run, color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setenv("COLUMNS", "20")
    assert text_report(run, color=True) == before


def test_plain_reports_do_not_import_rich() -> None:
    script = (
        "import sys; from neighlab.report import FORMATS; from neighlab.report.progress import Progress;"
        "from neighlab.model.result import RunResult; [one(RunResult('6.18.44', 'root')) for one in FORMATS.values()];"
        "sys.exit('rich' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0

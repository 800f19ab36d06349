"""The KTAP report stands a strict reader: versions, plans, numbers, nesting, and diagnostics before their result."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from neighlab.model.result import CaseResult, Outcome, RunResult
from neighlab.report.ktap import ktap_report

RESULT = re.compile(r"(ok|not ok) ([1-9][0-9]*) ([^#]*[^# ])( # .+)?")


@dataclass
class Parsed:
    """A test as a reader of KTAP sees it."""

    ok: bool
    name: str
    note: str
    diagnostics: list[str]
    subtests: list[Parsed] = field(default_factory=list)


def parse(text: str) -> list[Parsed]:
    """Read a report; anything that the specification does not allow is an AssertionError."""
    assert text.endswith("\n")
    lines = text.splitlines()
    header, tests = level(lines, "")
    assert not lines, f"left over: {lines}"
    assert not header
    return tests


def level(lines: list[str], indent: str) -> tuple[str, list[Parsed]]:
    """Take one level of nesting off `lines`: the name in its Subtest line, and its tests."""
    assert lines.pop(0) == f"{indent}KTAP version 1"
    header = ""
    if lines[0].startswith(f"{indent}# Subtest: "):
        header = lines.pop(0).removeprefix(f"{indent}# Subtest: ")
    plan = re.fullmatch(rf"{indent}1\.\.([0-9]+)", lines.pop(0))
    assert plan
    tests: list[Parsed] = []
    pending: list[str] = []
    subtests: list[Parsed] = []
    parent = ""
    while lines and (len(tests) < int(plan[1]) or lines[0].startswith(f"{indent}#")):
        if lines[0].startswith(f"{indent}  KTAP"):
            parent, subtests = level(lines, f"{indent}  ")
            continue
        line = lines.pop(0).removeprefix(indent)
        if line.startswith("#"):
            pending.append(line)
            continue
        found = RESULT.fullmatch(line)
        assert found, line
        assert int(found[2]) == len(tests) + 1, line
        tests.append(Parsed(found[1] == "ok", found[3], (found[4] or "")[3:], pending, subtests))
        if subtests:
            assert tests[-1].name == parent
            assert tests[-1].ok == all(one.ok for one in subtests)
        pending, subtests = [], []
    assert len(tests) == int(plan[1])
    return header, tests


def case(scenario: str, name: str, outcome: Outcome, reason: str = "") -> CaseResult:
    return CaseResult(scenario, name, f"The claim of {scenario}.", outcome, reason)


def test_golden_report_is_valid_and_explains_its_failures() -> None:
    garp, extended, odd = parse((Path(__file__).parent / "golden" / "run.ktap").read_text(encoding="utf-8"))
    assert [one.ok for one in (garp, extended, odd)] == [False, True, False]
    assert [one.name for one in garp.subtests] == ["1-creates-anywhere", "2-refuses-off-link"]
    assert [one.ok for one in garp.subtests] == [True, False]
    assert not garp.subtests[0].diagnostics
    assert garp.subtests[1].diagnostics[-1] == "#   rerun     neighlab run garp/arp_accept:2-refuses-off-link -v"
    assert extended.subtests[0].note.startswith("SKIP needs Linux 6.17")
    assert odd.subtests[0].note.startswith("ERROR ValueError")


def test_claim_is_the_description_of_the_scenario() -> None:
    (one,) = parse(ktap_report(RunResult("6.18.44", "root", [case("garp/one", "a", "passed")])))
    assert one.name == "garp/one: The claim of garp/one."


def test_cases_of_a_scenario_stay_together_when_the_run_was_repeated() -> None:
    cases = [case("a", "x", "passed"), case("b", "x", "passed"), case("a", "x", "passed")]
    cases[2].repetition = 2
    first, second = parse(ktap_report(RunResult("6.18.44", "root", cases)))
    assert [one.name for one in first.subtests] == ["x", "x (2)"]
    assert [one.name for one in second.subtests] == ["x"]


def test_hash_in_a_name_starts_no_directive() -> None:
    (one,) = parse(ktap_report(RunResult("6.18.44", "root", [case("a#1", "x # SKIP #", "failed")])))
    assert (one.ok, one.name, one.note) == (False, "a_1: The claim of a_1.", "")
    assert (one.subtests[0].name, one.subtests[0].note) == ("x _ SKIP _", "")


def test_scenario_is_skipped_only_when_all_of_its_cases_are() -> None:
    cases = [case("a", "x", "skipped"), case("a", "y", "passed"), case("b", "x", "skipped", reason="old # kernel")]
    some, every = parse(ktap_report(RunResult("6.18.44", "root", cases)))
    assert (some.note, every.note) == ("", "SKIP every case was skipped")
    assert (some.subtests[0].note, every.subtests[0].note) == ("SKIP", "SKIP old # kernel")


def test_empty_and_interrupted_run_is_valid() -> None:
    report = ktap_report(RunResult("6.18.44", "root", interrupted=True))
    assert parse(report) == []
    assert report.endswith("# interrupted: cases are missing\n")

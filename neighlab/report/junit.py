"""The JUnit report is XML that Jenkins, GitLab and GitHub read: a suite for each scenario, a test for each case."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final
from xml.etree import ElementTree as ET

from neighlab.model.result import CaseResult, RunResult
from neighlab.report.plain import by_scenario, case_label
from neighlab.report.text import failure_block, timeline_lines

_FORBIDDEN: Final = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 has no way to write, not even escaped."""


def junit_report(run: RunResult) -> str:
    """One XML document; its times are seconds."""
    root = ET.Element("testsuites", {"name": "neighlab"} | _counts(run.cases, run.duration_ms))
    for scenario, cases in by_scenario(run.cases).items():
        duration_ms = sum(case.duration_ms for case in cases)
        suite = ET.SubElement(root, "testsuite", {"name": xml_text(scenario)} | _counts(cases, duration_ms))
        properties = ET.SubElement(suite, "properties")
        for name, value in (("claim", cases[0].claim), ("kernel", run.kernel), ("mode", run.mode)):
            ET.SubElement(properties, "property", name=name, value=xml_text(value))
        for case in cases:
            _test(suite, case, run.kernel)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _test(suite: ET.Element, case: CaseResult, kernel: str) -> None:
    test = ET.SubElement(
        suite,
        "testcase",
        classname=xml_text(case.scenario.replace("/", ".")),
        name=xml_text(case_label(case)),
        time=_seconds(case.duration_ms),
    )
    if case.outcome == "passed":
        return
    if case.outcome == "skipped":
        ET.SubElement(test, "skipped", message=xml_text(case.reason))
        return
    verdict = ET.SubElement(test, "failure" if case.outcome == "failed" else "error", message=xml_text(_message(case)))
    verdict.text = xml_text(failure_block(case, kernel=kernel, verbose=int(case.outcome == "error")))
    if case.timeline:
        ET.SubElement(test, "system-out").text = xml_text("\n".join(timeline_lines(case.timeline, fold=False)) + "\n")


def _message(case: CaseResult) -> str:
    """One sentence for the overview; the expectation says it better than the reason, which may repeat it."""
    for one in case.expectations:
        if not one.passed:
            return f"{one.subject}: expected {one.expected}, observed {one.observed}"
    return case.reason


def _counts(cases: Sequence[CaseResult], duration_ms: float) -> dict[str, str]:
    outcomes = [case.outcome for case in cases]
    return {
        "tests": str(len(cases)),
        "failures": str(outcomes.count("failed")),
        "errors": str(outcomes.count("error")),
        "skipped": str(outcomes.count("skipped")),
        "time": _seconds(duration_ms),
    }


def _seconds(ms: float) -> str:
    return f"{ms / 1000:.3f}"


def xml_text(text: str) -> str:
    """The text without what XML cannot hold."""
    return _FORBIDDEN.sub("", text)

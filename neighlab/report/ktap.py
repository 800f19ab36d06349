"""The KTAP report is what the kernel's own test tools read: a test for each scenario, a subtest for each case."""

from __future__ import annotations

from collections.abc import Sequence

from neighlab.model.result import CaseResult, RunResult
from neighlab.report.plain import by_scenario, case_label, printable
from neighlab.report.text import failure_block


def ktap_report(run: RunResult) -> str:
    """KTAP version 1 as Documentation/dev-tools/ktap.rst of the kernel defines it."""
    groups = by_scenario(run.cases)
    lines = ["KTAP version 1", f"1..{len(groups)}", f"# kernel {printable(run.kernel)}, {run.mode}"]
    for number, cases in enumerate(groups.values(), 1):
        lines += _scenario(number, cases, run.kernel)
    if run.interrupted:
        lines.append("# interrupted: cases are missing")
    return "".join(f"{line}\n" for line in lines)


def _scenario(number: int, cases: Sequence[CaseResult], kernel: str) -> list[str]:
    """The subtests and the scenario's own result; kunit's parser wants that one's name in the Subtest line too."""
    name = _name(f"{printable(cases[0].scenario)}: {printable(cases[0].claim)}")
    outcomes = {case.outcome for case in cases}
    lines = ["  KTAP version 1", f"  # Subtest: {name}", f"  1..{len(cases)}"]
    for index, case in enumerate(cases, 1):
        lines += [f"  {line}" for line in _case(index, case, kernel)]
    if outcomes & {"failed", "error"}:
        return [*lines, f"not ok {number} {name}"]
    if outcomes == {"skipped"}:
        return [*lines, f"ok {number} {name} # SKIP every case was skipped"]
    return [*lines, f"ok {number} {name}"]


def _case(number: int, case: CaseResult, kernel: str) -> list[str]:
    """The case's result line, after the diagnostics that explain it."""
    name = _name(case_label(case))
    reason = printable(case.reason)
    if case.outcome == "passed":
        return [f"ok {number} {name}"]
    if case.outcome == "skipped":
        return [f"ok {number} {name} # SKIP {reason}".rstrip()]
    error = case.outcome == "error"
    block = failure_block(case, kernel=kernel, verbose=int(error))
    result = f"not ok {number} {name}" + (f" # ERROR {reason}".rstrip() if error else "")
    return [f"# {line}" for line in block.splitlines()] + [result]


def _name(text: str) -> str:
    """A description as KTAP allows it: `#` would begin the directive."""
    return text.replace("#", "_").strip()

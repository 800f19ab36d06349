"""A student reads what was checked, what he earned, and one sentence for each thing that went wrong."""

from __future__ import annotations

from neighlab.model.grades import Attempt
from neighlab.report.plain import printable


def one_attempt(attempt: Attempt) -> str:
    """One attempt as text for a terminal; what the submission printed cannot steer it."""
    lines = []
    if attempt.ended:
        lines.append(f"      ended: {printable(attempt.ended)}")
    for one in attempt.checks:
        lines.append(f"      {'ok' if one.passed else '--'} {one.earned}/{one.points}  {one.claim}")
        if not one.passed and one.said:
            lines.append(f"              {one.said}")
        for label, text in (("expected", one.expected), ("observed", one.observed)):
            if text and not one.passed:
                lines.append(f"              {label}  {printable(text)}")
    if attempt.output.strip():
        lines += [f"      | {printable(line)}" for line in attempt.output.splitlines()]
    if attempt.discarded_bytes:
        lines.append(f"      | ... and {attempt.discarded_bytes} bytes more")
    return "".join(line + "\n" for line in lines)

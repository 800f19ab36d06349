"""The text report says what the kernel did in every case, and why a failure is one without a second run."""

from __future__ import annotations

import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final

from neighlab.model.result import CaseResult, Expectation, RunResult
from neighlab.model.timeline import Entry
from neighlab.report.plain import case_label, printable
from neighlab.report.silence import silences

WIDTH: Final = 100
FOLD: Final = 60
"""A longer timeline loses its middle; its ends are where the cause and the verdict are."""

_MARKS: Final = {"passed": "PASS", "failed": "FAIL", "skipped": "SKIP", "error": "ERROR"}


def text_report(run: RunResult, *, verbose: int = 0, color: bool = False) -> str:
    """Report for a person; `verbose` 1 shows every timeline and traceback, 2 shows timelines unfolded."""
    parts = []
    previous: CaseResult | None = None
    for case in run.cases:
        parts.append(case_text(case, previous=previous, kernel=run.kernel, verbose=verbose))
        previous = case
    plain = "".join(parts) + summary(run)
    if not color:
        return plain
    from neighlab.report.paint import paint

    return paint(plain)


def case_text(case: CaseResult, *, previous: CaseResult | None, kernel: str, verbose: int) -> str:
    """All that is said about one case when it follows `previous`, whole lines: heading, case line, block."""
    lines = []
    if previous is None or (previous.scenario, previous.claim) != (case.scenario, case.claim):
        lines += [] if previous is None else [""]
        lines += _wrap(f"{printable(case.scenario)}: {printable(case.claim)}", WIDTH, indent=2)
    lines.append(case_line(case))
    if case.outcome in ("failed", "error"):
        lines.append(textwrap.indent(failure_block(case, kernel=kernel, verbose=verbose), "    ").rstrip("\n"))
    elif case.outcome == "passed" and verbose:
        lines += [f"      {line}" for line in _circumstances(case, kernel, verbose)]
    return "".join(f"{line}\n" for line in lines)


def case_line(case: CaseResult) -> str:
    """One line, without its end: mark, duration, case and what the kernel did (or why nothing was asked of it)."""
    return f"  {_MARKS[case.outcome]:<5} {case.duration_ms:6.0f} ms  {case_label(case):<22}  {told(case)}".rstrip()


def told(case: CaseResult) -> str:
    """What the kernel did, as the decisive expectation found it; or why nothing was asked of it."""
    decisive = _failed(case)[-1:] or case.expectations[-1:]
    return _seen(decisive[0]) if case.outcome in ("passed", "failed") and decisive else printable(case.reason)


def failure_block(case: CaseResult, *, kernel: str = "", verbose: int = 0) -> str:
    """Everything needed to understand a failure or an error, ready to be pasted somewhere else."""
    heading = f"{printable(case.where) or printable(case.scenario)}[{case_label(case)}]"
    under = f" --kernel {printable(case.kernel)}" if case.kernel else ""
    rerun = _labelled("rerun", [f"neighlab run {shlex.quote(printable(case.name))}{under} -v"])
    lines = evidence(case, kernel=kernel, verbose=verbose) + rerun
    return "".join(f"{line}\n" for line in [heading, *(f"  {line}" for line in lines)])


def evidence(case: CaseResult, *, kernel: str = "", verbose: int = 0) -> list[str]:
    """What was expected and observed, under which knobs, and the timeline."""
    failed = _failed(case)
    lines = []
    for one in failed:
        lines += _labelled("expected", [f"{printable(one.subject)}  {printable(one.expected)}"])
        lines += _labelled("observed", [_seen(one)])
    if case.outcome == "failed" and not failed:
        lines += _labelled("reason", [printable(case.reason)])
    lines += _labelled("details", _details(case, verbose))
    if case.outcome == "failed" or verbose:
        lines += _circumstances(case, kernel, verbose)
    return lines


def timeline_lines(timeline: Sequence[Entry], *, fold: bool) -> list[str]:
    """The timeline in aligned columns: time since the story began, host, kind, text."""
    hidden = len(timeline) - FOLD if fold else 0
    shown = [*timeline[: FOLD // 2], *timeline[-(FOLD // 2) :]] if hidden > 0 else timeline
    times = [f"{entry.t_ms:+.3f}" for entry in shown]
    time_width = _widest(times, 6)
    host_width = _widest(entry.host for entry in shown)
    kind_width = _widest(entry.kind for entry in shown)
    traced = any(entry.source == "trace" for entry in timeline)
    lines = []
    for place, (time, entry) in enumerate(zip(times, shown, strict=True)):
        if hidden > 0 and place == FOLD // 2:
            lines.append(f"... {hidden} entries folded, -vv shows them ...")
        lines.append(
            f"{time:>{time_width}} ms  {printable(entry.host):<{host_width}}  "
            f"{printable(entry.kind):<{kind_width}}  {printable(entry.text)}".rstrip()
        )
        indent = " " * (time_width + host_width + kind_width + 9)
        lines += [f"{indent}{line}" for line in _whys(entry, traced=traced)]
    return lines


def _whys(entry: Entry, *, traced: bool) -> list[str]:
    """Why it happened, and at a frame that changed nothing, why not; an announcement of what the trace tells with its
    cause needs none of its own.
    """
    lines = [printable(line) for line in silences(entry.fields.get("why") or ())]
    cause = entry.fields.get("cause")
    if cause and not (traced and entry.source == "netlink"):
        lines.append(f"<- {printable(str(cause))}{', inferred' if entry.fields.get('cause_inferred') else ''}")
    return lines


def summary(run: RunResult) -> str:
    """The last lines: which cases failed, when there is more than one to look at, and the totals."""
    counts = run.totals()
    bad = [case for case in run.cases if case.outcome in ("failed", "error")]
    lines = [""] if run.cases else []
    if bad and len(run.cases) > 1:
        lines += [f"{_MARKS[case.outcome]:<5} {printable(case.scenario)}:{case_label(case)}" for case in bad] + [""]
    interrupted = ", interrupted" if run.interrupted else ""
    stretched = f", deadlines x{run.time_scale:g}" if run.time_scale != 1 else ""
    elsewhere = Counter(case.kernel for case in run.cases if case.kernel not in ("", run.kernel))
    machines = "".join(f"; {count} in a VM with {printable(kernel)}" for kernel, count in elsewhere.items())
    how = f"{run.mode}{stretched}{interrupted}{machines}"
    lines.append(
        f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped, {counts['error']} errors"
        f" in {run.duration_ms / 1000:.1f} s  (kernel {printable(run.kernel)}, {how})"
    )
    return "".join(f"{line}\n" for line in lines)


def _circumstances(case: CaseResult, kernel: str, verbose: int) -> list[str]:
    """The knobs in force, the kernel that obeyed them and the timeline."""
    kernel = case.kernel or kernel
    timeline = timeline_lines(case.timeline, fold=verbose < 2)
    return _knobs(case.knobs, kernel) + _labelled("timeline", [f" {line}" for line in timeline])


def _knobs(knobs: dict[str, str], kernel: str) -> list[str]:
    """The knobs, host by host when several hosts were looked at, and the kernel that obeyed them."""
    hosts: dict[str, list[str]] = {}
    for key, value in knobs.items():
        host, _, knob = key.rpartition(" ")
        hosts.setdefault(host, []).append(printable(f"{knob}={value}"))
    lines = []
    for host, pairs in hosts.items():
        prefix = f"{printable(host)}  " if len(hosts) > 1 else ""
        lines += _wrap(prefix + " ".join(pairs), WIDTH - 16, indent=len(prefix))
    if not kernel:
        return _labelled("knobs", lines)
    if not lines:
        return _labelled("kernel", [printable(kernel)])
    return _labelled("knobs", [*lines[:-1], f"{lines[-1]}   kernel {printable(kernel)}"])


def _details(case: CaseResult, verbose: int) -> list[str]:
    """The traceback; without -v only its last line, and not even that when the reason has said it already."""
    lines = [printable(line.expandtabs()) for line in case.details.splitlines()]
    if verbose:
        return lines
    return [line for line in lines[-1:] if not case.reason or printable(case.reason) not in line]


def _failed(case: CaseResult) -> list[Expectation]:
    return [one for one in case.expectations if not one.passed]


def _seen(one: Expectation) -> str:
    inferred = "  (inferred)" if one.inferred else ""
    return f"{printable(one.subject)}  {printable(one.observed)}{inferred}"


def _labelled(label: str, lines: Sequence[str]) -> list[str]:
    """Put a label before the first of the lines, and the others under it."""
    return [f"{label if number == 0 else '':<10}{line}" for number, line in enumerate(lines)]


def _wrap(text: str, width: int, *, indent: int) -> list[str]:
    return textwrap.wrap(text, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False)


def _widest(texts: Iterable[str], least: int = 0) -> int:
    return max([least, *(len(printable(text)) for text in texts)])

"""What a run found is one plain value; every report is a pure function of it."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Literal

from neighlab.model.evidence import Evidence
from neighlab.model.timeline import Entry

Outcome = Literal["passed", "failed", "skipped", "error"]
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "skipped", "error")


@dataclass(slots=True)
class Expectation:
    """One thing the story claimed, and what was seen instead if it did not hold.

    `subject` is what was looked at (`victim eth0 192.0.2.3`), `expected` and `observed` are in one notation so that
    they can stand under each other, `t_ms` is when the verdict fell, `took_ms` how long it was waited for.
    """

    subject: str
    expected: str
    observed: str
    passed: bool
    t_ms: float
    took_ms: float = 0.0
    inferred: bool = False


@dataclass(slots=True)
class CaseResult:
    """The result of one case, run once."""

    scenario: str
    case: str
    claim: str
    outcome: Outcome
    reason: str = ""
    duration_ms: float = 0.0
    expectations: list[Expectation] = field(default_factory=list)
    timeline: list[Entry] = field(default_factory=list)
    knobs: dict[str, str] = field(default_factory=dict)
    """The effective knobs of the hosts whose tables were asserted: `victim conf.eth0.arp_accept` -> `2`."""
    where: str = ""
    """`FILE:LINE FUNCTION` of the statement of the story that failed."""
    details: str = ""
    """A traceback, for an error that is not the kernel's doing."""
    repetition: int = 1
    epoch_s: float = 0.0
    """The wall clock at `t_ms` 0, in seconds since 1970; 0 when no story began."""
    evidence: Evidence | None = None
    """Frames and interfaces, when they were asked for (`run --evidence`, `--pcap`, `--report`)."""
    kernel: str = ""
    """The kernel that it ran under, when that was a virtual machine's; empty for the one that runs here."""

    @property
    def name(self) -> str:
        """`SCENARIO:CASE`, as the command line takes it."""
        return f"{self.scenario}:{self.case}"

    def to_plain(self) -> dict[str, Any]:
        """The result as dicts and lists, fit for JSON; from_plain makes it whole again."""
        plain = {name: getattr(self, name) for name in _PLAIN}
        plain["expectations"] = [{name: getattr(one, name) for name in _EXPECTATION} for one in self.expectations]
        plain["timeline"] = [[getattr(one, name) for name in _ENTRY] for one in self.timeline]
        plain["evidence"] = self.evidence.to_plain() if self.evidence is not None else None
        return plain

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> CaseResult:
        """The inverse of to_plain; ValueError or TypeError when `plain` is something else."""
        rest = {name: plain[name] for name in _PLAIN if name in plain}
        expectations = [Expectation(**one) for one in plain["expectations"]]
        result = cls(**rest, expectations=expectations, timeline=[Entry(*one) for one in plain["timeline"]])
        if plain.get("evidence") is not None:
            result.evidence = Evidence.from_plain(plain["evidence"])
        return result


_EXPECTATION = tuple(one.name for one in fields(Expectation))
_ENTRY = tuple(one.name for one in fields(Entry))
_PLAIN = tuple(one.name for one in fields(CaseResult) if one.name not in ("expectations", "timeline", "evidence"))


@dataclass(slots=True)
class RunResult:
    """The results of a run, in the order in which the cases were selected."""

    kernel: str
    mode: Literal["rootless", "root", "vm"]
    cases: list[CaseResult] = field(default_factory=list)
    duration_ms: float = 0.0
    interrupted: bool = False
    time_scale: float = 1.0
    """By what deadlines were multiplied: what was asked for, times what an emulated machine needed."""

    def totals(self) -> dict[str, int]:
        """How many cases ended with each outcome; every outcome is there."""
        counts = dict.fromkeys(OUTCOMES, 0)
        for case in self.cases:
            counts[case.outcome] += 1
        return {str(outcome): count for outcome, count in counts.items()}

    def exit_code(self) -> int:
        """0 all passed (skips allowed), 1 something failed, 4 everything skipped, 130 interrupted."""
        if self.interrupted:
            return 130
        totals = self.totals()
        if totals["failed"] or totals["error"]:
            return 1
        if self.cases and not totals["passed"]:
            return 4
        return 0

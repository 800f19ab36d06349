"""The HTML report is one file that needs nothing else: no network, no second file, no script but its own.

A browser holds it to that: the page's policy (Content-Security-Policy) allows no request at all, and only the script
whose fingerprint it names.
"""

from __future__ import annotations

import datetime
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote

from markupsafe import Markup

from neighlab.model.result import OUTCOMES, CaseResult, RunResult
from neighlab.report.html_templates import environment, fingerprint, script, style
from neighlab.report.ladder import definitions, legend
from neighlab.report.plain import case_label, duration, printable
from neighlab.report.text import told

SCHEMA: Final = "neighlab.report/1"
_OWN: Final = "your own"
"""The subject of a scenario that is in no folder."""
_WORDS: Final = 2000
"""Characters of a case that are searched beside what is seen of it."""
_WORST_FIRST: Final = ("failed", "error")


@dataclass(frozen=True, slots=True)
class Story:
    """What is told of a scenario: its lesson, what decides it in the kernel, and the drawing of its lab."""

    lesson: str = ""
    kernel: str = ""
    drawing: str = ""

    @property
    def paragraphs(self) -> list[str]:
        """The lesson's."""
        return [one for one in re.split(r"\n\s*\n", self.lesson.strip()) if one]


@dataclass(frozen=True, slots=True)
class Row:
    """A case in the list: `number` is the place of its body, `anchor` what links name it by."""

    number: int
    anchor: str
    label: str
    case: CaseResult
    said: str
    words: str

    @property
    def link(self) -> str:
        """The anchor as the end of an address."""
        return quote(self.anchor, safe="/:~+.-_")


@dataclass(slots=True)
class Group:
    """A scenario and its rows."""

    name: str
    claim: str
    story: Story
    rows: list[Row] = field(default_factory=list)

    @property
    def subject(self) -> str:
        """The folder that the scenario is in."""
        return subject_of(self.name)


def page(
    run: RunResult, bodies: Mapping[tuple[str, int], str], stories: Mapping[str, Story], *, version: str = ""
) -> str:
    """The whole document; `bodies` are packed (html_case) and found by the case's name and repetition."""
    groups = list(_groups(run, stories))
    rows = [row for group in groups for row in group.rows]
    subjects: dict[str, list[Row]] = {}
    for group in groups:
        subjects.setdefault(group.subject, []).extend(group.rows)
    code = script()
    return environment().get_template("index.html.j2").render(
        run=run,
        title=headline(run),
        circumstances=circumstances(run),
        version=version,
        outcomes=OUTCOMES,
        totals=run.totals(),
        groups=groups,
        subjects=subjects,
        bad=[row for row in rows if row.case.outcome in _WORST_FIRST],
        bodies=Markup(json.dumps({"schema": SCHEMA, "cases": [bodies.get(_key(row.case), "") for row in rows]})),
        style=style(),
        script=code,
        policy=f"default-src 'none'; script-src '{fingerprint(code)}'; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        definitions=Markup(definitions()),
        legend=Markup(legend()),
    )  # fmt: skip


def headline(run: RunResult) -> str:
    """What came out, in a few words."""
    counts = run.totals()
    ran = counts["passed"] + counts["failed"] + counts["error"]
    bad = ran - counts["passed"]
    if not ran:
        return "Nothing was run"
    if not bad:
        return "The one case that ran holds" if ran == 1 else f"All {ran} cases that ran hold"
    return f"{bad} of {ran} case{'s' * (ran != 1)} {'does' if bad == 1 else 'do'} not hold"


def circumstances(run: RunResult) -> list[str]:
    """Kernel, mode, duration, day, and whatever else decides how to read the results."""
    said = [f"kernel {run.kernel}", run.mode, f"took {duration(run.duration_ms / 1000)}"]
    begun = min((case.epoch_s for case in run.cases if case.epoch_s > 0), default=0.0)
    if begun:
        when = datetime.datetime.fromtimestamp(begun, datetime.UTC)
        said.append(f"{when:%Y-%m-%d %H:%M} UTC")
    if run.time_scale != 1:
        said.append(f"deadlines x{run.time_scale:g}")
    elsewhere = Counter(case.kernel for case in run.cases if case.kernel not in ("", run.kernel))
    said += [f"{count} in a VM with kernel {kernel}" for kernel, count in elsewhere.items()]
    return said


def subject_of(scenario: str) -> str:
    """The folder of a scenario's name: `garp` of `garp/arp_accept`."""
    return scenario.rpartition("/")[0] or _OWN


def _groups(run: RunResult, stories: Mapping[str, Story]) -> Iterator[Group]:
    """Scenarios in the order of the run, each with all its cases and repetitions."""
    found: dict[tuple[str, str], list[CaseResult]] = {}
    for case in run.cases:
        found.setdefault((case.scenario, case.claim), []).append(case)
    number, taken = 0, set[str]()
    for (name, claim), cases in found.items():
        group = Group(name, claim, stories.get(name, Story()))
        for case in sorted(cases, key=lambda one: one.repetition):
            anchor = _anchor(case, taken)
            group.rows.append(Row(number, anchor, case_label(case), case, told(case), _words(case)))
            number += 1
        yield group


def _anchor(case: CaseResult, taken: set[str]) -> str:
    """`SCENARIO:CASE`, as links name it; `~2` follows the name of the second repetition."""
    name = re.sub(r"\s+", "_", printable(case.name))
    anchor = plain = name if case.repetition == 1 else f"{name}~{case.repetition}"
    count = 1
    while anchor in taken:
        count += 1
        anchor = f"{plain}~~{count}"
    taken.add(anchor)
    return anchor


def _words(case: CaseResult) -> str:
    """What a reader may look for beside names and claims: settings, states, reasons."""
    found: dict[str, None] = {}
    for one in case.expectations:
        found |= dict.fromkeys([one.subject, one.expected, one.observed])
    for entry in case.timeline:
        if entry.source == "knob" or entry.kind == "drop":
            found[entry.text] = None
    return " ".join([case.reason, *found])[:_WORDS].lower()


def _key(case: CaseResult) -> tuple[str, int]:
    return case.name, case.repetition

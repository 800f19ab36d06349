"""Every case that ran to its end can be asked about, without a word from its author.

Of all that a scenario expects, the question is about what sets its cases apart; where they do not differ, about the
neighbour entry that it is all about. Nothing that the story itself wrote into a table is asked for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from neighlab.model.evidence import Interface
from neighlab.model.result import CaseResult, Expectation
from neighlab.runner.discovery import Selected
from neighlab.runner.registry import Case, Scenario
from neighlab.teach.predict import choices as offers
from neighlab.teach.predict.outcomes import (
    ADDRESS,
    LLADDR,
    Kind,
    Lens,
    common_kind,
    held_ms,
    kind_of,
    lens,
    plain_subject,
    shape,
)
from neighlab.teach.predict.situation import Situation, acted_last, outcomes, situation, value_text


@dataclass(frozen=True, slots=True)
class Question:
    """What a student is asked about one case, and how the case's expectation is understood.

    `number` is the case's place in its scenario, from 1: a case's name often gives its outcome away. `rehearsed` is
    what the case did when the question was made.
    """

    selected: Selected
    number: int
    text: str
    choices: tuple[str, ...]
    situation: Situation
    lens: Lens
    index: int
    rehearsed: Expectation

    @property
    def id(self) -> str:
        """`SCENARIO#NUMBER`."""
        return f"{self.selected.scenario.name}#{self.number}"

    def legend(self) -> dict[str, str]:
        """Whose the link-layer addresses in the choices are."""
        named = [lladdr for choice in self.choices for lladdr in LLADDR.findall(choice)]
        return {one: self.situation.owners[one] for one in named if one in self.situation.owners}


class NotAsked(NamedTuple):
    """A case that there is no question about, and why."""

    selected: Selected
    reason: str


class _Row(NamedTuple):
    """A case that passed, and the expectation of it that stands in one column."""

    number: int
    case: Case
    result: CaseResult
    place: int

    @property
    def one(self) -> Expectation:
        return self.result.expectations[self.place]


def questions(scenario: Scenario, results: Sequence[CaseResult], *, seed: int) -> tuple[list[Question], list[NotAsked]]:
    """The questions about a scenario whose cases have all been run once, with evidence, in their order."""
    rows, missing = [], []
    for number, (case, result) in enumerate(zip(scenario.cases, results, strict=True), start=1):
        if result.outcome == "passed" and result.expectations:
            rows.append(_Row(number, case, result, len(result.expectations) - 1))
        else:
            missing.append(NotAsked(Selected(scenario, case), result.reason or "it expects nothing"))
    if not rows:
        return [], missing
    decisive = {row.number: row for row in max(_columns(rows), key=lambda column: _weight(scenario, column))}
    asked = [decisive.get(row.number, row) for row in rows]
    told = {row.number: situation(row.case, scenario.story, row.result, row.place) for row in asked}
    column = [row for row in asked if row.number in decisive]
    rivals = {row.number: _rivals(row, told[row.number]) for row in asked}
    # what a column's answers name is decided once for all its cases
    common = lens([row.one for row in column], rivals=_most(rivals, column))
    made = []
    for row in asked:
        how = common if row.number in decisive else lens([row.one], rivals=rivals[row.number])
        made.append(_question(scenario, row, how, column, told[row.number], seed))
    return made, missing


def _question(scenario: Scenario, row: _Row, how: Lens, column: Sequence[_Row], told: Situation, seed: int) -> Question:
    family = scenario.family_of(row.case)
    others: dict[bool, list[str]] = {True: [], False: []}
    for other in column if row in column else ():
        answer, same = how.answer(other.one), scenario.family_of(other.case) == family
        # an address of the other family would be seen through at once
        if other.number != row.number and (same or not ADDRESS.search(LLADDR.sub("", answer))):
            others[same].append(answer)
    offered = offers.choices(
        how, row.one, others[True], strangers=others[False],
        rivals=[_rivals(row, told), _others(row.result), told.owners], addrs=_addrs(row.result),
        seed=f"{seed} {scenario.name}#{row.number}",
    )  # fmt: skip
    selected = Selected(scenario, row.case)
    return Question(selected, row.number, sentence(how, row.one), offered, told, how, row.place, row.one)


def sentence(how: Lens, one: Expectation) -> str:
    """The question itself."""
    words = one.subject.split(" ")
    match how.kind:
        case Kind.ENTRY:
            host, dev, addr = words
            kept = f", and keep for {held_ms(one.expected)} ms" if held_ms(one.expected) else ""
            if how.lladdr == "alone":
                return f"Which link-layer address does {host} then have for {addr} ({dev}){kept}?"
            if " > " in one.expected:
                return f"Which states does the entry of {host} for {addr} ({dev}) go through?"
            return f"What does the neighbour table of {host} then say of {addr} ({dev}){kept}?"
        case Kind.ADDRESS:
            return f"What becomes of the address {words[3]} of {words[0]} ({words[1]})?"
        case Kind.NUMBER if words[2:3] == ["frames"]:
            host, way, _frames, *which = words
            limits = f" with {', '.join(which)}" if which else ""
            return f"How many frames{limits} has {host} {way} then?"
        case Kind.NUMBER if words[3:] == ["questions", "to", "user", "space"]:
            return f"How often has the kernel of {words[0]} asked user space about {words[2]} ({words[1]}) then?"
        case Kind.NUMBER:
            return f"How much, or how many: {plain_subject(one.subject)}?"
        case Kind.FLAG:
            return f"True or not: {plain_subject(one.subject)}?"
        case Kind.ERROR:
            subject = plain_subject(one.subject)
            return f"Which {subject}, if any?" if subject.startswith("error") else f"Which error, if any: {subject}?"
    return f"Fill in: {plain_subject(one.subject)}: ..."


def _columns(rows: Sequence[_Row]) -> list[list[_Row]]:
    """What the cases have in common to look at: expectations of the same place, or else of the same shape."""
    by_place = _by_place(rows)
    if by_place:
        return by_place
    columns: dict[tuple[str, int], list[_Row]] = {}
    for row in rows:
        seen: Counter[str] = Counter()
        for place, one in enumerate(row.result.expectations):
            form = shape(one.subject)
            columns.setdefault((form, seen[form]), []).append(row._replace(place=place))
            seen[form] += 1
    whole = [column for column in columns.values() if len(column) == len(rows)]
    return whole or list(columns.values())


def _by_place(rows: Sequence[_Row]) -> list[list[_Row]]:
    """The expectations by their place, if all cases have as many and those of one place are of one kind."""
    counts = {len(row.result.expectations) for row in rows}
    columns = [[row._replace(place=place) for row in rows] for place in range(max(counts))]
    if len(counts) > 1 or any(_mixed([row.one for row in column]) for column in columns):
        return []
    return columns


def _mixed(rows: Sequence[Expectation]) -> bool:
    return common_kind(rows) is Kind.TEXT and any(kind_of(one) is not Kind.TEXT for one in rows)


def _weight(scenario: Scenario, column: Sequence[_Row]) -> tuple[object, ...]:
    """How much a column says: how often its cases differ within a family; then, how late and how plain it is.

    What was expected is compared, not what was seen: where the story leaves a state open, timing decides it.
    """
    told = [_given(row) for row in column]
    answers: dict[str, set[str]] = {}
    for row, known in zip(column, told, strict=True):
        if not known:
            answers.setdefault(scenario.family_of(row.case), set()).add(row.one.expected)
    kind = common_kind([row.one for row in column])
    hidden = outcomes(scenario.story)
    if kind in (Kind.LIST, Kind.TEXT) and all(_is_a_setting(row, kind, hidden) for row in column):
        answers = {}
    variety = sum(len(found) - 1 for found in answers.values())
    last = all(acted_last(row.result, row.place) is acted_last(row.result, _last(row)) for row in column)
    steps = max(row.one.expected.count(" > ") for row in column)
    return (len(column), variety, last and variety > 0, not all(told), -kind, last, steps, column[0].place)


def _last(row: _Row) -> int:
    return len(row.result.expectations) - 1


def _given(row: _Row) -> bool:
    """Whether the story has just written into a table what is expected of it."""
    act, words = acted_last(row.result, row.place), row.one.subject.split(" ")
    if act is None or not act.text.startswith("ip neigh replace "):
        return False
    if kind_of(row.one) is Kind.ENTRY and (act.host != words[0] or f" {words[2]} " not in act.text):
        return False
    return act.text.endswith(f" nud {row.one.expected.split(' ')[0].lower()}")


def _is_a_setting(row: _Row, kind: Kind, hidden: set[str]) -> bool:
    """Whether the answer is one of the parameters that the question shows: there is nothing to predict."""
    shown = [value_text(value) for name, value in row.case.params.items() if name not in hidden]
    return Lens(kind).answer(row.one) in shown


def _rivals(row: _Row, told: Situation) -> set[str]:
    words = row.one.subject.split(" ")
    if kind_of(row.one) is not Kind.ENTRY:
        return set()
    owned = {one.lladdr for one in _interfaces(row.result) if words[2] in one.addrs}
    return told.lladdrs_of(words[2]) | owned


def _most(rivals: dict[int, set[str]], column: Sequence[_Row]) -> set[str]:
    """The rivals of the case that has most of them: one is enough to make a difference."""
    return max((rivals[row.number] for row in column), key=len, default=set())


def _others(result: CaseResult) -> set[str]:
    return {one.lladdr for one in _interfaces(result)}


def _addrs(result: CaseResult) -> set[str]:
    return {addr.partition("/")[0] for one in _interfaces(result) for addr in one.addrs}


def _interfaces(result: CaseResult) -> list[Interface]:
    return result.evidence.interfaces if result.evidence is not None else []

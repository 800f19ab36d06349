"""A prediction is right if it says what the kernel did when the case ran afterwards; a wrong one is told why not."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from neighlab.errors import ScenarioError
from neighlab.model import knobs
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.teach.predict.choices import chosen
from neighlab.teach.predict.outcomes import shape
from neighlab.teach.predict.questions import Question
from neighlab.teach.predict.situation import decisive

_SETTING: Final = re.compile(r"^(?:conf|neigh)\.\S+\.(\w+)=")
_DIFFERENCES: Final = 4
"""What is told of the difference between two cases, each way."""


class Contrast(NamedTuple):
    """The case that does what was wrongly predicted, and what only it, or only the predicted one, has."""

    case: str
    there: list[str]
    here: list[str]


@dataclass(slots=True)
class Verdict:
    """What became of one prediction.

    `given` is the choice (or what was said instead of one), `observed` what the kernel did, in the words of a choice,
    and `seen` the same in full. `right` is None when there is nothing to compare: `reason` says why.
    """

    question: Question
    given: str | None
    observed: str = ""
    seen: str = ""
    right: bool | None = None
    reason: str = ""
    contrast: Contrast | None = None
    timeline: list[Entry] = field(default_factory=list)
    hinted: bool = False


def judge(question: Question, given: str | None, result: CaseResult, peers: Iterable[Question]) -> Verdict:
    """Compare a prediction with a run of its case; None: none was made, which is wrong.

    Where timing decides between states (the story allows several), what the case did in either run is right.
    """
    verdict = Verdict(question, given)
    known = result.expectations[question.index : question.index + 1]
    if result.outcome == "error" or not known or shape(known[0].subject) != shape(question.rehearsed.subject):
        verdict.reason = result.reason or "the case came to another end than before"
        return verdict
    (one,) = known
    verdict.observed, verdict.seen = question.lens.answer(one), one.observed
    verdict.timeline = decisive(result, question.index)
    choice = None if given is None else chosen(given, question.choices)
    if choice is None and given is not None and question.lens.holds(given, one):
        choice = given  # it was offered by another kernel, or typed in full
    if choice is None:
        verdict.right, verdict.reason = False, "no answer" if given is None else "not one of the choices"
        return verdict
    verdict.given = choice
    verdict.right = question.lens.holds(choice, one) or (one.passed and question.lens.holds(choice, question.rehearsed))
    if not verdict.right:
        verdict.contrast = contrast(question, choice, peers)
    return verdict


def contrast(question: Question, choice: str, peers: Iterable[Question]) -> Contrast | None:
    """The case of the same scenario that did what was predicted and differs least, if there is one."""
    mine = _traits(question)
    found = []
    for other in peers:
        if other.number != question.number and other.lens.holds(choice, other.rehearsed):
            theirs = _traits(other)
            there, here = [one for one in theirs if one not in mine], [one for one in mine if one not in theirs]
            found.append((len(there) + len(here), other.number, Contrast(other.selected.case.name, there, here)))
    if not found:
        return None
    nearest = min(found)[2]
    return Contrast(nearest.case, nearest.there[:_DIFFERENCES], nearest.here[:_DIFFERENCES])


def hints(question: Question) -> list[str]:
    """What may help before an answer: first the settings and the kernel's functions, then the scenario's claim."""
    names = dict.fromkeys(found[1] for step in question.situation.steps if (found := _SETTING.match(step.text)))
    first = []
    for name in names:
        try:
            first.append(f"{name}: {knobs.find(name).doc}")
        except ScenarioError:
            continue  # a setting that is no knob of neighbours
    scenario = question.selected.scenario
    if scenario.kernel:
        first.append(f"It is decided in {scenario.kernel}.")
    return [*filter(None, ["\n".join(first)]), scenario.claim]


def _traits(question: Question) -> Sequence[str]:
    """What makes a case itself: its steps, and those settings that no step has told already."""
    steps = [f"{step.host}: {step.text}" for step in question.situation.told() if step.kind != "seen"]
    settings = question.situation.settings
    return [*(one for one in settings if not any(step.endswith(one) for step in steps)), *steps]

"""What a student is shown is what the story did up to the question: nothing that it found out, nothing it hoped for."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from neighlab.model.frames import parse
from neighlab.model.nud import NTF, NUD, Absent, flag_names, state_name
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.runner.registry import Case
from neighlab.teach.predict.outcomes import ADDRESS, LLADDR, shape

_ACTS: Final = {"sent", "flood", "command", "set"}
_ALIKE: Final = 3
"""More steps in a row that differ in numbers alone are told by the first and the last of them."""
_DECISIVE: Final = 12
"""Lines of a timeline that are shown as the reason for an answer."""


class Step(NamedTuple):
    """One thing that the story did (`set`, `sent`, `command`, `flood`), or had made sure of before (`seen`)."""

    host: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Situation:
    """A case up to the moment of the question: its settings, its steps, and whose the link-layer addresses are."""

    settings: tuple[str, ...]
    steps: tuple[Step, ...]
    owners: dict[str, str]

    def lladdrs_of(self, addr: str) -> set[str]:
        """The link-layer addresses that a neighbour entry for `addr` could have come to hold."""
        return {
            one
            for step in self.steps
            if step.kind != "seen" and (addr in ADDRESS.findall(step.text) or " lladdr=" in step.text)
            for one in LLADDR.findall(step.text)
        }

    def told(self) -> list[Step]:
        """The steps as they are shown: what is repeated is said once."""
        return folded(self.steps)


def situation(case: Case, story: Callable[..., Any], result: CaseResult, index: int) -> Situation:
    """What led to expectation number `index` of a case."""
    before = _before(result, index)
    last = max((place for place, one in enumerate(before) if _is_act(one)), default=-1)
    steps = []
    for place, one in enumerate(before):
        if _is_act(one):
            steps.append(Step(one.host, one.kind, _said(one, result)))
        elif place < last and (found := _expectation(one)) is not None:
            earlier = result.expectations[found]
            steps.append(Step(one.host, "seen", f"{earlier.subject}: {earlier.expected}"))
    return Situation(settings(case, story), tuple(steps), _owners(result, steps))


def acted_last(result: CaseResult, index: int) -> Entry | None:
    """The story's last act before an expectation."""
    return next((one for one in reversed(_before(result, index)) if _is_act(one)), None)


def decisive(result: CaseResult, index: int) -> list[Entry]:
    """The timeline from the story's last act to the verdict; the middle of a long one is left out."""
    place = _place(result, index)
    acts = [number for number, one in enumerate(result.timeline[:place]) if _is_act(one)]
    lines = [one for one in result.timeline[acts[-1] if acts else 0 : place + 1] if one.kind not in ("fence", "note")]
    if len(lines) > _DECISIVE:
        lines = lines[: _DECISIVE // 2] + lines[-(_DECISIVE // 2) :]
    return lines


def settings(case: Case, story: Callable[..., Any]) -> tuple[str, ...]:
    """A case's parameters as `name=value`, without those that the story only compares with.

    A table of tables is left out as well: what a story makes of it is told by its steps.
    """
    hidden = outcomes(story)
    return tuple(
        f"{name}{':' if isinstance(value, dict) else '='} {value_text(value)}".replace("= ", "=")
        for name, value in case.params.items()
        if name not in hidden and not (isinstance(value, dict) and any(isinstance(one, dict) for one in value.values()))
    )


def outcomes(story: Callable[..., Any]) -> set[str]:
    """The parameters of a story that lead nowhere but into expectations: they hold the answer.

    One that is gone through by a loop counts as what the loop makes of it.
    """
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(story)))
    except (OSError, SyntaxError):
        return set()
    keywords = {name for name, one in inspect.signature(story).parameters.items() if one.kind is one.KEYWORD_ONLY}
    judged = {
        id(inner)
        for call in ast.walk(tree)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and _judges(call.func.attr)
        for inner in ast.walk(call)
    }
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For | ast.comprehension)]
    for loop in loops:
        if _only_in(tree, _names(loop.target), judged):
            judged |= {id(inner) for inner in ast.walk(loop.iter)}
    return {name for name in keywords if _only_in(tree, {name}, judged)}


def _only_in(tree: ast.AST, names: set[str], places: set[int]) -> bool:
    """Whether one of the names, at least, is read, and nowhere but in these places."""
    uses: dict[str, list[bool]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in names:
            uses.setdefault(node.id, []).append(id(node) in places)
    return any(all(inside) for inside in uses.values())


def _names(target: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(target) if isinstance(node, ast.Name)}


def value_text(value: Any) -> str:
    """A parameter for a reader: states and flags by name, functions by theirs, ranges as `1..11`."""
    match value:
        case NUD() | Absent():
            return state_name(value)
        case NTF():
            return " ".join(flag_names(value)) or "none"
        case range():
            return f"{value.start}..{value.stop - 1}"
        case None | bool() | int() | float() | str():
            return str(value)
        case list() | tuple() | set():
            return " ".join(value_text(one) for one in value) or "none"
        case dict():
            return " ".join(f"{name}={value_text(one)}" for name, one in value.items()) or "none"
    named = getattr(value, "func", value)  # of functools.partial
    return str(getattr(named, "__name__", type(value).__name__)).replace("_", " ")


def folded(steps: Iterable[Step]) -> list[Step]:
    """The steps, with many in a row that are alike told by the first and the last."""
    groups: list[list[Step]] = []
    for step in steps:
        if groups and _alike(groups[-1][0], step):
            groups[-1].append(step)
        else:
            groups.append([step])
    shown: list[Step] = []
    for group in groups:
        first, last = group[0], group[-1]
        if len(group) > 1 and len(set(group)) == 1:
            shown.append(first._replace(text=f"{first.text} ({len(group)} times)"))
        elif len(group) > _ALIKE:
            shown += [first, first._replace(text=f"... {len(group) - 2} more like it ..."), last]
        else:
            shown += group
    return shown


def _alike(one: Step, other: Step) -> bool:
    return one[:2] == other[:2] and shape(one.text) == shape(other.text)


def _judges(name: str) -> bool:
    return name == "hold" or name.startswith("expect")


def _is_act(entry: Entry) -> bool:
    return entry.source in ("story", "knob") and entry.kind in _ACTS


def _expectation(entry: Entry) -> int | None:
    found = entry.fields.get("expectation") if entry.kind == "expect" else None
    return found if isinstance(found, int) else None


def _place(result: CaseResult, index: int) -> int:
    found = (place for place, one in enumerate(result.timeline) if _expectation(one) == index)
    return next(found, len(result.timeline))


def _before(result: CaseResult, index: int) -> Sequence[Entry]:
    return result.timeline[: _place(result, index)]


def _said(entry: Entry, result: CaseResult) -> str:
    """The entry's own text; a frame that announces an address which the text leaves out is told with it."""
    place = entry.fields.get("frame")
    if result.evidence is None or not isinstance(place, int):
        return entry.text
    lladdr = parse(result.evidence.frames[place].data).lladdr
    return entry.text if lladdr is None or lladdr in entry.text else f"{entry.text}, lladdr {lladdr}"


def _owners(result: CaseResult, steps: Sequence[Step]) -> dict[str, str]:
    """Whose a link-layer address is: an interface's as the story began, else of who announced or set it."""
    owners: dict[str, str] = {}
    for one in result.evidence.interfaces if result.evidence is not None else []:
        owners.setdefault(one.lladdr, f"{one.host} {one.ifname}")
    said = {"sent": "claimed by", "flood": "claimed by", "set": "new at", "command": "in a command of"}
    for kind, words in said.items():
        for step in steps:
            for lladdr in LLADDR.findall(step.text) if step.kind == kind else ():
                owners.setdefault(lladdr, f"{words} {step.host}")
    return owners

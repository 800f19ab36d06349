"""What an expectation saw becomes one short answer of a kind, and two cases that did the same give the same answer."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from neighlab.model.ifaddr import DAD
from neighlab.model.nud import NTF, NUD, flag_names
from neighlab.model.result import Expectation

LLADDR: Final = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")
ADDRESS: Final = re.compile(r"(?<![\w:.])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7})(?![\w:])")

NO_ENTRY: Final = "ABSENT"
STATES: Final = ("ABSENT", "INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE", "FAILED", "PERMANENT", "NOARP", "NONE")
LEARNED: Final = ("REACHABLE", "STALE", "DELAY", "PROBE")
WITH_LLADDR: Final = (*LEARNED, "PERMANENT", "NOARP")
ADDR_STATES: Final = ("ABSENT", *(one.name for one in DAD))
NOTHING: Final = "nothing"
NO_ERROR: Final = "no error"
BETWEEN: Final = "; "
"""What stands between the items of a list: no item that a story has shown holds it."""

_FLAGS: Final = frozenset(flag_names(~NTF.NONE))
_ENTRY: Final = re.compile(r"(\S+) (\S+) (\S+)")
_ADDR: Final = re.compile(r"(\S+) (\S+) address (\S+)")
_RANGE: Final = re.compile(r"(-?\d+)(?:\.\.| to )(-?\d+)")
_MORE: Final = re.compile(r"more than (-?\d+)")
_ERROR: Final = re.compile(r"E[A-Z0-9]{3,}")
_HOLD: Final = re.compile(r" for (\d+) ms$")


class Kind(IntEnum):
    """What sort of thing was looked at; those that are easier to predict come first."""

    ENTRY = 0
    ADDRESS = 1
    NUMBER = 2
    FLAG = 3
    ERROR = 4
    LIST = 5
    TEXT = 6


@dataclass(frozen=True, slots=True)
class Lens:
    """How the same expectation of all cases of a scenario is looked at.

    `lladdr` is `matters` when an answer names it beside the state, `alone` when it is the whole answer, or `left-out`.
    """

    kind: Kind
    lladdr: str = "left-out"

    def answer(self, one: Expectation) -> str:
        """What was observed, as a choice says it."""
        match self.kind:
            case Kind.ENTRY:
                return self._entry(one)
            case Kind.NUMBER:
                low, high = bounds(one.expected)
                return f"{low} to {high}" if one.passed and low != high else one.observed
            case Kind.FLAG:
                return "yes" if one.observed == "True" else "no"
            case Kind.ERROR:
                return NO_ERROR if one.observed == "None" else one.observed
            case Kind.LIST:
                return _listed(one.observed)
        return one.observed

    def holds(self, answer: str, one: Expectation) -> bool:
        """Whether an answer says what was observed; a number may be said by any range that holds it.

        Where the story leaves the state open and names the address, any state that it allows is right.
        """
        if answer == self.answer(one):
            return True
        if self.kind is Kind.NUMBER and re.fullmatch(r"-?\d+", one.observed):
            low, high = bounds(answer)
            return low is not None and low <= int(one.observed) and (high is None or int(one.observed) <= high)
        if self.kind is Kind.ENTRY and "lladdr" in one.expected and one.passed:
            said, open_states = answer.split(" "), mask(one.expected)
            return len(open_states) > 1 and said[0] in open_states and said[1:] == self.answer(one).split(" ")[1:]
        return False

    def _entry(self, one: Expectation) -> str:
        seen = one.observed.split(" > ")
        if self.lladdr == "alone":
            found = LLADDR.search(seen[-1])
            return found[0] if found else "no entry"
        states = [item.split(" ")[0] for item in seen]
        rest = seen[-1].split(" ")[1:]
        wanted = _HOLD.sub("", one.expected).split(" ")
        if not (_FLAGS & set(wanted) or wanted[-2:] == ["no", "flags"]):
            rest = [word for word in rest if word not in _FLAGS]
        if self.lladdr == "left-out" and "lladdr" in rest:
            place = rest.index("lladdr")
            rest = rest[:place] + rest[place + 2 :]
        return " ".join([" > ".join(states), *rest])


def lens(rows: Sequence[Expectation], *, rivals: Iterable[str]) -> Lens:
    """How to look at one expectation of several cases; `rivals` are the link-layer addresses that could be seen."""
    kind = common_kind(rows)
    named = [one for one in rows if "lladdr" in one.expected]
    if kind is not Kind.ENTRY or not named:
        return Lens(kind)
    if all((one in named and len(mask(one.expected)) > 1) or one.expected == NO_ENTRY for one in rows):
        return Lens(kind, "alone")
    seen = {found for one in named for found in LLADDR.findall(one.observed)}
    return Lens(kind, "matters" if len(seen | set(rivals)) > 1 else "left-out")


def common_kind(rows: Sequence[Expectation]) -> Kind:
    """What sort of thing the same expectation of several cases looks at."""
    kinds = {kind_of(one) for one in rows}
    if kinds == {Kind.ERROR, Kind.TEXT} and all(
        _ERROR.fullmatch(one.expected) or one.expected == "None" for one in rows
    ):
        return Kind.ERROR
    return kinds.pop() if len(kinds) == 1 else Kind.TEXT


def kind_of(one: Expectation) -> Kind:
    """What sort of thing an expectation looks at, by its subject and by what was expected."""
    wanted = one.expected
    if _ADDR.fullmatch(one.subject) and wanted.split(" ")[0] in ADDR_STATES:
        return Kind.ADDRESS
    if _ENTRY.fullmatch(one.subject) and mask(wanted):
        return Kind.ENTRY
    if re.fullmatch(r"-?\d+", wanted) or _RANGE.fullmatch(wanted):
        return Kind.NUMBER
    if wanted in ("True", "False"):
        return Kind.FLAG
    if _ERROR.fullmatch(wanted):
        return Kind.ERROR
    return Kind.LIST if isinstance(_literal(wanted), list) else Kind.TEXT


def mask(expected: str) -> tuple[str, ...]:
    """The states that the first step of an expected path allows; none when it is no state."""
    word = expected.split(" ")[0]
    names = LEARNED if word == "LEARNED" else tuple(word.split("|"))
    return names if all(name in NUD.__members__ or name == NO_ENTRY for name in names) else ()


def bounds(text: str) -> tuple[int | None, int | None]:
    """The least and the most that a number, a range (`1..11`, `1 to 11`) or `more than 11` says; None: no limit."""
    if found := _RANGE.fullmatch(text):
        return int(found[1]), int(found[2])
    if found := _MORE.fullmatch(text):
        return int(found[1]) + 1, None
    return (int(text), int(text)) if re.fullmatch(r"-?\d+", text) else (None, None)


def held_ms(expected: str) -> int | None:
    """How long an entry had to stay as it was, if that was expected."""
    found = _HOLD.search(expected)
    return int(found[1]) if found else None


def plain_subject(subject: str) -> str:
    """The subject without what was measured on the way, which stands in brackets at its end."""
    return re.sub(r" \([^()]*\d[^()]*\)$", "", subject)


def shape(text: str) -> str:
    """A text without its addresses and numbers: what the same step of two cases has in common."""
    return re.sub(r"\d+", "#", ADDRESS.sub("@", LLADDR.sub("@", text)))


def _listed(observed: str) -> str:
    items = _literal(observed)
    if not isinstance(items, list):
        return observed
    return BETWEEN.join(_said(item) for item in items) or NOTHING


def _said(item: Any) -> str:
    return " ".join(map(str, item)) if isinstance(item, tuple) else str(item)


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None

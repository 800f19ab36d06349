"""Hosts stand side by side as their wires join them, and those that only listened share a line when there are many."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from neighlab.model.evidence import Interface
from neighlab.model.result import CaseResult

_LAB: Final = "lab"
"""Whose are the machinery's own acts, and what happens on bridges."""
MOST: Final = 10
"""Lines side by side that can still be told apart."""
_OF_A_TABLE: Final = 3
"""Words of an expectation's subject that is a neighbour entry: host, interface, address."""
FEW: Final = 3
"""So many have lines even if nothing happened there."""


class Order(NamedTuple):
    """Which hosts have lines, from left to right, which ones share the last, and where nothing happened at all."""

    alone: tuple[str, ...]
    together: tuple[str, ...]
    idle: tuple[str, ...]


def order(case: CaseResult) -> Order:
    """Give a line to every host that did something, and to those that received something as long as there is room."""
    evidence = case.evidence
    known = list(dict.fromkeys(one.host for one in evidence.interfaces)) if evidence is not None else []
    active = Counter(one.host for one in case.timeline)
    heard = {one.host for one in evidence.frames if one.direction == "received"} if evidence is not None else set()
    asserted = {words[0] for one in case.expectations if len(words := one.subject.split()) == _OF_A_TABLE}
    row = _row(known + sorted(active.keys() - {_LAB, *known}), evidence.interfaces if evidence else (), asserted)
    few = len(row) <= FEW
    drawn = [one for one in row if few or one in active or one in heard or one in asserted]
    idle = tuple(one for one in row if one not in drawn)
    if len(drawn) <= MOST:
        return Order(tuple(drawn), (), idle)
    ranked = sorted(drawn, key=lambda one: (one not in asserted, -active[one], drawn.index(one)))
    chosen = {one for one in ranked[: MOST - 1] if active[one] or one in asserted}
    alone = tuple(one for one in drawn if one in chosen)
    return Order(alone, tuple(one for one in drawn if one not in chosen), idle)


def _row(names: Sequence[str], interfaces: Sequence[Interface], asserted: set[str]) -> list[str]:
    """Walk the wires, from an end of the network whose table was asked for; what a bridge joins stays in its order."""
    beside: dict[str, dict[str, None]] = defaultdict(dict)
    for one in interfaces:
        far = one.peer.split("/")[0]
        beside[one.host][far] = None
        beside[far][one.host] = None
    hosts = set(names)

    def first(name: str) -> tuple[bool, bool]:
        return len(beside[name]) > 1, name not in asserted

    found: list[str] = []
    reached: set[str] = set()
    for start in sorted(names, key=first):
        ahead = [start]
        while ahead:
            name = ahead.pop()
            if name in reached:
                continue
            reached.add(name)
            if name in hosts:
                found.append(name)
            new = sorted(
                (one for one in beside[name] if one not in reached), key=lambda one: (one not in asserted, first(one))
            )
            ahead += reversed(new)
    return found

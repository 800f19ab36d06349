"""Each change of a neighbour entry is told once: what is announced of one that the trace has told is no second one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from neighlab.model.timeline import Entry

Key: TypeAlias = tuple[str, str, str]
"""A neighbour entry: host, interface, address."""

_TRACED: Final = (("trace", "transition"), ("trace", "no-op"))
_SEEN: Final = (("netlink", "poll"), ("netlink", "resync"))
_PATH: Final = re.compile(r" \(\w+_\w+( or \w+)?( -> \w+)*\)$")


class Change(NamedTuple):
    """A transition: `cause` in words (empty if none is told), `moved` the new link-layer address if it is news."""

    key: Key
    old: str
    new: str
    moved: str
    cause: str
    inferred: bool
    timer: bool


@dataclass(slots=True)
class History:
    """What a timeline tells of neighbour entries, by the places of its entries."""

    changes: dict[int, Change] = field(default_factory=dict)
    repeats: dict[int, Key] = field(default_factory=dict)
    """What was announced or seen of a state that was known already."""
    refused: dict[int, Key] = field(default_factory=dict)
    """Updates that had no effect."""
    before: dict[Key, str] = field(default_factory=dict)
    """Each entry and its state before the first that is told of it, in the order of their first appearance."""


def history(timeline: Sequence[Entry]) -> History:
    """Tell changes from what only repeats them. With the kernel's own word that is what an entry's history is made of;
    an announcement makes it for entries of which there is none, and for a NOARP that a constructor has set.
    """
    told = History()
    traced = {_key(one) for one in timeline if (one.source, one.kind) in _TRACED}
    now: dict[Key, tuple[str, str | None]] = {}
    for place, entry in enumerate(timeline):
        if not is_about_an_entry(entry):
            continue
        key = _key(entry)
        if not key[1]:  # a table that was read again after a loss: the interface is not told
            key = next((one for one in now if (one[0], one[2]) == (key[0], key[2])), key)
        source, kind = entry.source, entry.kind
        if (source, kind) == ("trace", "no-op"):
            told.refused[place] = key
            told.before.setdefault(key, _state(entry.fields.get("old")))
            now.setdefault(key, (told.before[key], entry.fields.get("lladdr")))
            continue
        old, lladdr = now.get(key, ("ABSENT", None))
        new = _new(entry)
        if source == "trace":
            old = _state(entry.fields.get("old")) if key not in now else old
            happened = True
        elif (source, kind) in _SEEN:
            happened = new != old
        else:
            untold = key not in traced or (old, new) == ("NONE", "NOARP")
            happened = untold and (new, entry.fields.get("lladdr")) != (old, lladdr)
        told.before.setdefault(key, old)
        if not happened:
            now.setdefault(key, (old, lladdr))
            told.repeats[place] = key
            continue
        current = entry.fields.get("lladdr") if new != "ABSENT" else None
        now[key] = new, current
        moved = str(current) if current is not None and current != lladdr else ""
        told.changes[place] = Change(key, old, new, moved, *_cause(entry))
    return told


def is_about_an_entry(entry: Entry) -> bool:
    """Does it tell the state of a neighbour entry (not of an own address, and no question to user space)?"""
    key = entry.source, entry.kind
    if key in _TRACED or key in _SEEN:
        return "ifname" in entry.fields or key == ("netlink", "resync")
    return key == ("netlink", "event") and entry.fields.get("event") in ("NEWNEIGH", "DELNEIGH")


def _key(entry: Entry) -> Key:
    return entry.host, str(entry.fields.get("ifname") or ""), str(entry.fields.get("addr") or "")


def _new(entry: Entry) -> str:
    if entry.fields.get("event") == "DELNEIGH":
        return "ABSENT"
    return _state(entry.fields.get("new" if entry.source == "trace" else "state"))


def _state(told: object) -> str:
    return str(told) if told and told != "?" else "ABSENT"


def _cause(entry: Entry) -> tuple[str, bool, bool]:
    """The cause without the kernel's path to it; whether it was inferred; whether it was a timer."""
    fields = entry.fields
    if cause := str(fields.get("cause") or ""):
        return _PATH.sub("", cause), bool(fields.get("cause_inferred")), cause.startswith("timer")
    by, function = fields.get("by"), fields.get("function")
    return f"{function}, {by}" if function else "", False, by == "timer"

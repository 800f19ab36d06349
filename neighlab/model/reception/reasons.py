"""A frame that no transition can be traced to had no effect, and each of its receivers has a reason for that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from neighlab.model.evidence import CapturedFrame, Evidence
from neighlab.model.frames import parse
from neighlab.model.neigh import Neigh
from neighlab.model.nud import NTF, NUD
from neighlab.model.reception.decide import about, decide
from neighlab.model.reception.outcome import Outcome
from neighlab.model.reception.situation import Situation, Surroundings
from neighlab.model.timeline import Entry
from neighlab.model.why.cause import Cause

_TRACED: Final = ("trace", "transition")
_ANNOUNCED: Final = (("netlink", "event"), ("netlink", "poll"), ("netlink", "resync"))
_UNKNOWN: Final = {
    "check": "unknown",
    "function": "",
    "text": "nothing that is known stops it: a filter may (nft, arptables, a bridge's port)",
    "remedy": "",
    "values": {},
}


class _Then(NamedTuple):
    """What an entry became, and when."""

    t_ms: float
    state: str
    lladdr: str | None
    router: bool


class Memory:
    """What each entry was at any moment, from what was told of it: a transition is as old as its frame."""

    def __init__(self, timeline: Sequence[Entry], frames: Sequence[CapturedFrame], causes: Mapping[int, Cause]) -> None:
        traced = any((entry.source, entry.kind) == _TRACED for entry in timeline)
        self._past: dict[tuple[str, str, str], list[_Then]] = defaultdict(list)
        for place, entry in enumerate(timeline):
            key = entry.source, entry.kind
            fields = entry.fields
            if not fields.get("ifname") or not (key == _TRACED if traced else key in _ANNOUNCED):
                continue
            if fields.get("event") == "GETNEIGH":
                continue
            gone = fields.get("event") == "DELNEIGH"
            state = "ABSENT" if gone else fields["new"] if traced else fields["state"]
            cause = causes.get(place)
            at = entry.t_ms if cause is None or cause.place is None else frames[cause.place].t_ms
            said = "router" in fields.get("flags", ())
            self._past[entry.host, fields["ifname"], fields["addr"]].append(
                _Then(min(at, entry.t_ms), state, fields.get("lladdr"), said)
            )

    def situation(self, here: Surroundings, addr: str, t_ms: float) -> Situation:
        """A receiver as it was just before a moment."""
        past = [one for one in self._past[here.host, here.ifname, addr] if one.t_ms < t_ms]
        if not past or past[-1].state == "ABSENT":
            return Situation(here)
        then = past[-1]
        changed = next(
            (
                one.t_ms
                for one, before in zip(reversed(past), [*reversed(past[:-1]), None], strict=True)
                if before is None or (before.state, before.lladdr) != (one.state, one.lladdr)
            ),
            then.t_ms,
        )
        flags = NTF.ROUTER if then.router else NTF.NONE
        entry = Neigh(addr, NUD[then.state], then.lladdr, 0, 10 if ":" in addr else 2, flags)
        return Situation(here, entry, t_ms - changed)


def tell_reasons(
    timeline: Sequence[Entry],
    evidence: Evidence,
    causes: Mapping[int, Cause],
    receivers: Mapping[int, Surroundings | Situation],
) -> None:
    """Give the entry of each frame that was received its field `why`: for each receiver in whose tables it changed
    nothing, the check that stopped it.

    `receivers` tells, by a frame's place in the evidence, what its receiver was like; as a Situation where the entry is
    known as well. Fences are left out, and stations that a frame was not for, unless it was for none.
    """
    frames = evidence.frames
    memory = Memory(timeline, frames, causes)
    effective = {one.place for one in causes.values() if one.place is not None}
    stations = {one.lladdr for one in evidence.interfaces}
    reached = dict(evidence.deliveries())
    fences = _fences(timeline, frames)
    for entry in timeline:
        sent = entry.fields.get("frame")
        if not isinstance(sent, int) or entry.kind == "fence" or _is_fences(frames[sent], fences):
            continue
        to = parse(frames[sent].data).dst
        told = []
        for place in reached.get(sent, ()):
            if place in effective or place not in receivers:
                continue
            reason = _reason(frames[place], receivers[place], memory)
            if reason is not None and not (reason["check"] == "other-host" and to in stations):
                told.append({"host": frames[place].host, "ifname": frames[place].ifname} | reason)
        if told:
            entry.fields["why"] = told


def _reason(frame: CapturedFrame, receiver: Surroundings | Situation, memory: Memory) -> dict[str, Any] | None:
    addr = about(frame.data)
    if isinstance(receiver, Surroundings):
        receiver = memory.situation(receiver, addr, frame.t_ms) if addr is not None else Situation(receiver)
    outcome = decide(frame.data, receiver)
    return None if outcome is None else _told(outcome)


def _told(outcome: Outcome) -> dict[str, Any]:
    if outcome.ignored is None:
        return dict(_UNKNOWN)
    told = outcome.ignored.to_plain()
    if outcome.answer == "now":
        told["answered"] = True
    elif outcome.silent is not None and outcome.silent is not outcome.ignored:
        told["silent"] = outcome.silent.to_plain()
    return told


def _fences(timeline: Iterable[Entry], frames: Sequence[CapturedFrame]) -> list[tuple[float, float, str | None]]:
    """From when to when a fence was under way, and which address it asked for."""
    found = []
    for entry in timeline:
        place = entry.fields.get("frame")
        if entry.kind == "fence" and isinstance(place, int):
            found.append((frames[place].t_ms, entry.t_ms, parse(frames[place].data).target))
    return found


def _is_fences(frame: CapturedFrame, fences: Sequence[tuple[float, float, str | None]]) -> bool:
    """Is a frame the answer to a fence's question?"""
    parsed = parse(frame.data)
    if parsed.kind not in ("arp-reply", "na"):
        return False
    speaker = parsed.target if parsed.kind == "na" else parsed.sender
    return any(since <= frame.t_ms <= until and asked == speaker for since, until, asked in fences)

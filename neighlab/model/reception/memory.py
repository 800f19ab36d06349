"""What an entry was when a frame came is what was last told of it, and a question that its host has asked since."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from neighlab.model.evidence import CapturedFrame
from neighlab.model.frames import parse
from neighlab.model.neigh import Neigh
from neighlab.model.nud import NTF, NUD
from neighlab.model.reception.outcome import Learned
from neighlab.model.reception.situation import Situation, Surroundings
from neighlab.model.timeline import Entry
from neighlab.model.why.cause import Cause

_TRACED: Final = ("trace", "transition")
_ANNOUNCED: Final = (("netlink", "event"), ("netlink", "poll"), ("netlink", "resync"))
_UNRESOLVED: Final = ("ABSENT", "NONE", "FAILED")
_USABLE: Final = ("STALE", "DELAY", "REACHABLE")

_Key = tuple[str, str, str]
"""An entry: host, interface, address."""


class _Then(NamedTuple):
    """What an entry became, and when."""

    t_ms: float
    state: str
    lladdr: str | None = None
    router: bool = False


class Memory:
    """Every entry at every moment; a transition is as old as the frame that caused it."""

    def __init__(self, timeline: Sequence[Entry], frames: Sequence[CapturedFrame], causes: Mapping[int, Cause]) -> None:
        self._past: dict[_Key, list[_Then]] = defaultdict(list)
        self._asked: dict[_Key, list[tuple[float, bool]]] = defaultdict(list)
        traced = any((entry.source, entry.kind) == _TRACED for entry in timeline)
        for place, entry in enumerate(timeline):
            key = entry.source, entry.kind
            tells = key == _TRACED if traced else key in _ANNOUNCED and entry.fields.get("event") != "GETNEIGH"
            if tells and entry.fields.get("ifname"):
                self._learn(entry, causes.get(place), frames)
        for past in self._past.values():
            past.sort(key=lambda one: one.t_ms)
        self._hear(frames, {entry.fields.get("frame") for entry in timeline if entry.source == "story"})

    def situation(self, here: Surroundings, addr: str, t_ms: float) -> Situation:
        """A receiver as it was just before a moment."""
        key = here.host, here.ifname, addr
        past = self._past[key]
        count = bisect_left(past, t_ms, key=lambda one: one.t_ms)
        then = past[count - 1] if count else _Then(float("-inf"), "ABSENT")
        then = self._questioned(key, then, t_ms)
        if then.state == "ABSENT":
            return Situation(here)
        changed = then.t_ms
        for one in reversed(past[:count]):
            if (one.state, one.lladdr) != (then.state, then.lladdr):
                break
            changed = one.t_ms
        flags = NTF.ROUTER if then.router else NTF.NONE
        entry = Neigh(addr, NUD[then.state], then.lladdr, 0, 10 if ":" in addr else 2, flags)
        return Situation(here, entry, t_ms - changed)

    def came_true(self, here: Surroundings, learned: Learned, t_ms: float) -> bool:
        """Is what was told of an entry next what a frame was to make of it, whatever else was thought to have done it?

        A packet that waited for the answer leaves before STALE is announced, which is DELAY then; what the constructor
        makes NOARP is not announced.
        """
        if learned.state == NUD.NOARP:
            return True
        past = self._past[here.host, here.ifname, learned.addr]
        count = bisect_left(past, t_ms, key=lambda one: one.t_ms)
        if count == len(past):
            return False
        then = past[count]
        states = ("STALE", "DELAY") if learned.state == NUD.STALE else (learned.state.name,)
        return then.state in states and then.lladdr == learned.lladdr

    def _learn(self, entry: Entry, cause: Cause | None, frames: Sequence[CapturedFrame]) -> None:
        fields = entry.fields
        gone = fields.get("event") == "DELNEIGH"
        state = "ABSENT" if gone else fields.get("new") or fields["state"]
        at = entry.t_ms if cause is None or cause.place is None else min(frames[cause.place].t_ms, entry.t_ms)
        router = "router" in fields.get("ntf", fields.get("flags", ()))
        self._past[entry.host, fields["ifname"], fields["addr"]].append(_Then(at, state, fields.get("lladdr"), router))

    def _hear(self, frames: Sequence[CapturedFrame], of_the_story: set[int | None]) -> None:
        """Questions that hosts asked by themselves tell of states that are not announced."""
        for place, frame in enumerate(frames):
            if frame.direction != "sent" or place in of_the_story:
                continue
            parsed = parse(frame.data)
            if parsed.is_solicitation and parsed.target is not None:
                self._asked[frame.host, frame.ifname, parsed.target].append((frame.t_ms, parsed.is_broadcast))

    def _questioned(self, key: _Key, then: _Then, t_ms: float) -> _Then:
        """Who asks everybody for an address without link-layer address resolves it; who asks one station, probes it."""
        asked = self._asked[key]
        count = bisect_right(asked, (t_ms, False))
        if not count or asked[count - 1][0] < then.t_ms:
            return then
        at, everybody = asked[count - 1]
        if everybody and then.state in _UNRESOLVED:
            return _Then(at, "INCOMPLETE")
        return then._replace(t_ms=at, state="PROBE") if not everybody and then.state in _USABLE else then

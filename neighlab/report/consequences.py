"""What a frame led to is told at that frame, where its host sent or received it; what a timer did is told at none.

Which frame it was that was received is the cause's own word (model.why). A packet that was sent is none yet when it
changes an entry: with the kernel's own word it is the next frame for that address, without it the last one before.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final

from neighlab.model.evidence import CapturedFrame, Evidence
from neighlab.model.frames import parse
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.model.why.cause import UNKNOWN, Cause
from neighlab.model.why.causes import causes

_ANNOUNCED: Final = (("netlink", "event"), ("netlink", "poll"))
_TRACED: Final = (("trace", "transition"), ("trace", "no-op"))
_ACTS: Final = (("story", "command"), ("knob", "set"))
_ETHERNET_HEADER: Final = 14
_REMEMBERED: Final = 64
"""How many of an interface's last frames a dropped packet is looked for in."""


@dataclass(slots=True)
class _Interface:
    """What one interface has seen so far: frames by whom they were for, entries by their address."""

    sent: dict[str, int] = field(default_factory=dict)
    """Target address, or Ethernet destination -> the last frame that left for it."""
    recent: deque[int] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))
    awaited: dict[str, str] = field(default_factory=dict)
    """Address -> what is to be told at the next frame that leaves for it."""
    entries: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    """Address -> state and link-layer address of its entry, as last told."""


class Consequences:
    """Goes through a case in the order of its time, and collects lines by the place of the frame they belong to."""

    def __init__(self, case: CaseResult) -> None:
        self.lines: dict[int, list[str]] = defaultdict(list)
        evidence = case.evidence or Evidence()
        self._frames = evidence.frames
        self._causes = causes(case.timeline, evidence.frames, evidence.interfaces)
        self._interfaces: dict[tuple[str, str], _Interface] = defaultdict(_Interface)
        self._acted_ms: dict[str, float] = {}
        # the kernel's own word tells every transition: what was announced of them would tell them twice
        traced = any((entry.source, entry.kind) in _TRACED for entry in case.timeline)
        self._told = _TRACED if traced else _ANNOUNCED
        self._run(case.timeline)

    def _run(self, timeline: list[Entry]) -> None:
        moments = [(one.t_ms, 0, place) for place, one in enumerate(self._frames)]
        moments += [(one.t_ms, 1, place) for place, one in enumerate(timeline)]
        for _t_ms, kind, place in sorted(moments):
            if kind == 0:
                self._pass(place, self._frames[place])
            else:
                self._tell(timeline[place], self._causes.get(place, UNKNOWN))

    def _pass(self, place: int, frame: CapturedFrame) -> None:
        parsed = parse(frame.data)
        one = self._interfaces[frame.host, frame.ifname]
        one.recent.append(place)
        if frame.direction == "sent":
            one.sent[parsed.dst] = place
            if parsed.target is not None:
                one.sent[parsed.target] = place
                if (line := one.awaited.pop(parsed.target, None)) is not None:
                    self.lines[place].append(line)

    def _tell(self, entry: Entry, cause: Cause) -> None:
        key = entry.source, entry.kind
        if is_a_frame(entry):
            if entry.source == "story":
                what = "sent by the story" if entry.kind == "sent" else f"{entry.kind}: {entry.text}"
                self.lines[entry.fields["frame"]].append(f"{entry.host}: {what}")
        elif key in _ACTS:
            self._acted_ms[entry.host] = entry.t_ms
        elif key == ("trace", "drop"):
            self._tell_drop(entry)
        elif key in self._told and entry.fields.get("ifname"):
            self._tell_transition(entry, cause, traced=entry.source == "trace")

    def _tell_transition(self, entry: Entry, cause: Cause, *, traced: bool) -> None:
        fields = entry.fields
        addr, lladdr = fields["addr"], fields.get("lladdr")
        one = self._interfaces[entry.host, fields["ifname"]]
        before = one.entries.get(addr)
        if traced:
            new, what = fields["new"], entry.text
        else:
            if fields.get("event") == "GETNEIGH":
                return
            old = before[0] if before is not None else "ABSENT"
            new = "ABSENT" if fields.get("event") == "DELNEIGH" else fields["state"]
            arrow = f"{old} -> " if before is not None else ""  # INCOMPLETE, which is never announced, may lie between
            what = f"{addr} {arrow}{new}" + (f" lladdr {lladdr}" if lladdr and new != "ABSENT" else "")
        if not traced and before == (new, lladdr):
            return
        one.entries[addr] = new, lladdr
        one.awaited.pop(addr, None)
        line = f"{entry.host}: {what}{told_cause(entry)}"
        if cause.kind == "frame" and cause.place is not None:
            self.lines[cause.place].append(line)
        elif cause.kind == "packet" and traced:  # the entry changes first, then the packet leaves
            one.awaited[addr] = line
        elif cause.kind == "packet":
            # an announcement is read late: who acted since that frame may be the one who caused it
            acted_ms = self._acted_ms.get(entry.host, float("-inf"))
            left = [place for place in (one.sent.get(addr), one.sent.get(lladdr or "")) if place is not None]
            since = [place for place in left if self._frames[place].t_ms > acted_ms]
            if since:
                self.lines[max(since, key=lambda place: self._frames[place].t_ms)].append(line)

    def _tell_drop(self, entry: Entry) -> None:
        packet = bytes.fromhex(entry.fields.get("packet") or "")
        one = self._interfaces[entry.host, entry.fields.get("ifname") or ""]
        for place in reversed(one.recent):
            data = self._frames[place].data
            if packet and (data.startswith(packet) or data.startswith(packet, _ETHERNET_HEADER)):
                self.lines[place].append(f"{entry.host}: {entry.text}{told_cause(entry)}")
                return


def told_cause(entry: Entry) -> str:
    """The entry's cause in brackets, with a space before it; nothing if none is known."""
    cause = entry.fields.get("cause")
    return f" ({cause}{', inferred' if entry.fields.get('cause_inferred') else ''})" if cause else ""


def is_a_frame(entry: Entry) -> bool:
    """Does the entry tell of a frame that is in the evidence?"""
    return isinstance(entry.fields.get("frame"), int)

"""What a frame led to is told at that frame, where its host sent or received it; what a timer did is told at none.

An entry's own words decide: the kernel's stack (entries of source `trace`), else its cause. Where it has neither, the
transition itself does: no timer makes an entry REACHABLE, no frame makes it FAILED. Of several frames it is the last
before the transition that speaks of the address, with the same link-layer address if it names one.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import Final, Literal

from neighlab.model.evidence import CapturedFrame
from neighlab.model.frames import parse
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry

Way = Literal["received", "sent"]

_ANNOUNCED: Final = (("netlink", "event"), ("netlink", "poll"))
_TRACED: Final = (("trace", "transition"), ("trace", "no-op"))
_ACTS: Final = (("story", "command"), ("knob", "set"))
_NEIGHBOUR_KINDS: Final = ("arp-request", "arp-reply", "ns", "na", "rs", "ra")
_UNRESOLVED: Final = ("ABSENT", "NONE", "INCOMPLETE", "FAILED")
_CAUSES: Final[dict[str, Way]] = {"frame": "received", "packet": "sent"}
_RECEIVING: Final = ("arp_process", "ndisc_recv_")
_SENDING: Final = "__neigh_event_send"
_ETHERNET_HEADER: Final = 14
_REMEMBERED: Final = 64
"""How many of an interface's last frames a dropped packet is looked for in."""


@dataclass(slots=True)
class _Interface:
    """What one interface has seen so far: frames by what they speak of, entries by their address."""

    heard: dict[tuple[str, str | None], int] = field(default_factory=dict)
    """(address, announced link-layer address) -> the last ARP or ND frame that came in from it."""
    any_heard: dict[str, int] = field(default_factory=dict)
    """Address -> the last frame of any kind that came in from it."""
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
        self._frames = case.evidence.frames if case.evidence is not None else []
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
                self._tell(timeline[place])

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
            return
        speaker = parsed.target if parsed.kind == "na" else parsed.sender
        if speaker is None:
            return
        one.any_heard[speaker] = place
        if parsed.kind in _NEIGHBOUR_KINDS:
            one.heard[speaker, parsed.lladdr] = place

    def _tell(self, entry: Entry) -> None:
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
            self._tell_transition(entry, traced=entry.source == "trace")

    def _tell_transition(self, entry: Entry, *, traced: bool) -> None:
        fields = entry.fields
        addr, lladdr = fields["addr"], fields.get("lladdr")
        one = self._interfaces[entry.host, fields["ifname"]]
        before = one.entries.get(addr)
        if traced:
            old, new, what = fields["old"], fields["new"], entry.text
        else:
            if fields.get("event") == "GETNEIGH":
                return
            old = before[0] if before is not None else "ABSENT"
            new = "ABSENT" if fields.get("event") == "DELNEIGH" else fields["state"]
            arrow = f"{old} -> " if before is not None else ""  # INCOMPLETE, which is never announced, may lie between
            what = f"{addr} {arrow}{new}" + (f" lladdr {lladdr}" if lladdr and new != "ABSENT" else "")
        moved = before is not None and None not in (lladdr, before[1]) and lladdr != before[1]
        if not traced and before == (new, lladdr):
            return
        one.entries[addr] = new, lladdr
        one.awaited.pop(addr, None)
        line = f"{entry.host}: {what}{told_cause(entry)}"
        way = _way(entry, old, new, moved=moved)
        if way == "sent" and traced:  # the entry changes first, then the packet leaves
            one.awaited[addr] = line
            return
        place = self._place(one, way, addr, lladdr, trusted=old == "DELAY")
        # an announcement is read late: who acted since that frame may be the one who caused it
        if place is not None and (traced or self._frames[place].t_ms > self._acted_ms.get(entry.host, float("-inf"))):
            self.lines[place].append(line)

    def _place(self, one: _Interface, way: Way | None, addr: str, lladdr: str | None, *, trusted: bool) -> int | None:
        if way is None:
            return None
        if way == "sent":
            places = [one.sent.get(addr), one.sent.get(lladdr or "")]
        else:  # in DELAY also a packet of an upper layer that makes headway confirms
            places = [one.heard.get((addr, lladdr)), one.heard.get((addr, None))]
            places += [one.any_heard.get(addr)] if trusted else []
        return max(
            (place for place in places if place is not None), key=lambda place: self._frames[place].t_ms, default=None
        )

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


def _way(entry: Entry, old: str, new: str, *, moved: bool) -> Way | None:
    """Whether a frame that was received, a packet that was sent, or no frame at all made this transition."""
    if stack := entry.fields.get("stack"):
        for function in stack:  # innermost first: an answer to what was received is a packet that is sent
            if function.startswith(_RECEIVING):
                return "received"
            if function == _SENDING:
                return None if entry.fields.get("by") in ("timer", "work") else "sent"
        return None
    if cause := entry.fields.get("cause"):
        return _CAUSES.get(str(cause).split(":", 1)[0])
    if new in ("INCOMPLETE", "DELAY"):
        return "sent"
    if new == "REACHABLE" or (new == "STALE" and (old in _UNRESOLVED or moved)):
        return "received"
    return None

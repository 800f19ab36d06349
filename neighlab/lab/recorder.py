"""A recorder keeps what a lab's taps hear, as plain data that outlives the lab; the story does not notice it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

from neighlab.lab.host.base import far_end
from neighlab.model.evidence import CapturedFrame, Evidence, Interface
from neighlab.model.timeline import Entry, Timeline
from neighlab.wire.tap import Seen

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab

_MOST_BYTES: Final = 1 << 18
_UNDER_WAY_MS: Final = 100.0
"""How long after its sending a frame may be received."""


class Recorder:
    """Collects a lab's frames from its birth on, and its interfaces as they are when the story begins."""

    def __init__(self) -> None:
        self._seen: list[Seen] = []
        self._interfaces: list[Interface] = []

    def begin(self, lab: Lab) -> None:
        """Note the lab's interfaces: what a story changes later is on the timeline."""
        self._interfaces = interfaces(lab)

    def add(self, seen: Seen) -> int:
        """Keep one frame and return its place."""
        self._seen.append(seen)
        return len(self._seen) - 1

    def evidence(self, timeline: Timeline) -> Evidence:
        """Everything so far, on the timeline's clock."""
        return Evidence(list(self._interfaces), captured(self._seen, timeline))


def heard(lab: Lab, timeline: Sequence[Entry], *, since_ms: float = -math.inf) -> Evidence:
    """The ARP and ND frames that a lab without a recorder has noticed since then, up to the end of `timeline`, as many
    as fit into 256 KiB; the entries about them get their places.
    """
    until = timeline[-1].t_ms if timeline else 0.0
    frames: list[CapturedFrame] = []
    size = 0
    for one in captured(lab.frames, lab.timeline):
        if one.t_ms < since_ms:
            continue
        size += len(one.data)
        if size > _MOST_BYTES or one.t_ms > until + _UNDER_WAY_MS:
            break
        frames.append(one)
    sent = {(one.host, one.ifname, one.t_ms): place for place, one in enumerate(frames) if one.direction == "sent"}
    for entry in timeline:
        if (entry.source, entry.kind) == ("wire", "frame"):
            place = sent.get((entry.host, str(entry.fields.get("ifname")), entry.t_ms))
            if place is not None:
                entry.fields["frame"] = place
    return Evidence(interfaces(lab), frames)


def interfaces(lab: Lab) -> list[Interface]:
    """The interfaces of a lab's hosts as they are now."""
    found = []
    for host in lab.hosts.values():
        for intf in host.node.intfList():
            far = far_end(intf)
            peer = f"{far.node.name}/{far.name}" if far.node.inNamespace else str(far.node.name)
            found.append(Interface(host.name, str(intf.name), str(intf.lladdr), tuple(map(str, intf.addrs)), peer))
    return found


def captured(frames: Iterable[Seen], timeline: Timeline) -> list[CapturedFrame]:
    """Frames as plain data on the timeline's clock."""
    start = timeline.start
    return [CapturedFrame((one.at - start) * 1000, one.host, one.ifname, one.direction, one.frame) for one in frames]

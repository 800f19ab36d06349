"""A recorder keeps what a lab's taps hear, as plain data that outlives the lab; the story does not notice it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from neighlab.lab.host.base import far_end
from neighlab.model.evidence import CapturedFrame, Evidence, Interface
from neighlab.model.timeline import Timeline
from neighlab.wire.tap import Seen

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab


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

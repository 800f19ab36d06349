"""Why a frame had no effect can be told only if its receiver is known as it was when the frame came.

Nothing is read twice for the same settings: a receiver is read again only after the story has set or run something.
Before the story sends a frame, its entry at each receiver is read as well; of frames that hosts send by themselves it
is concluded from what was announced.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from neighlab.lab.host.base import far_end
from neighlab.lab.surroundings import situation, surroundings
from neighlab.model.evidence import Evidence
from neighlab.model.reception.decide import about
from neighlab.model.reception.message import read
from neighlab.model.reception.reasons import tell_reasons
from neighlab.model.reception.situation import Situation, Surroundings
from neighlab.model.timeline import Entry
from neighlab.model.why.cause import Cause
from neighlab.wire.tap import Seen

if TYPE_CHECKING:
    from neighlab.lab.host import Host
    from neighlab.lab.lab import Lab


class Explainer:
    """Collects what receivers were like when frames came to them."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._known: dict[tuple[str, str], Surroundings] = {}
        self._foreseen: dict[tuple[str, str, bytes], deque[Situation]] = defaultdict(deque)
        self._receivers: dict[int, Surroundings | Situation] = {}

    def acted(self, kind: str) -> None:
        """The story has done something: what receivers are like must be read again, unless it only sends."""
        if kind not in ("sent", "flood"):
            self._known.clear()

    def sending(self, sender: Host, ifname: str, frame: bytes) -> None:
        """The story is about to send a frame: whoever hears it is read before."""
        addr = about(frame)
        if addr is None and read(frame) is None:
            return
        for host, dev in self._hearers(sender, ifname):
            now = situation(host, addr, dev, here=self._around(host, dev))
            self._foreseen[host.name, dev, frame].append(now)

    def heard(self, seen: Seen, place: int) -> None:
        """A frame is at one end of its way; `place` is where it is in the evidence."""
        if seen.direction != "received" or seen.host not in self._lab.hosts or read(seen.frame) is None:
            return
        foreseen = self._foreseen.get((seen.host, seen.ifname, seen.frame))
        self._receivers[place] = (
            foreseen.popleft() if foreseen else self._around(self._lab.hosts[seen.host], seen.ifname)
        )

    def conclude(self, timeline: list[Entry], evidence: Evidence, causes: Mapping[int, Cause]) -> None:
        """The story is over: tell at each frame that had no effect what stopped it, or that there was none."""
        if tell_reasons(timeline, evidence, causes, self._receivers):
            return
        if self._receivers:
            text = "nothing to explain: every ARP or ND frame that reached a host, but for fences, changed its table"
        else:
            text = "nothing to explain: no ARP or ND frame was seen to reach a host"
        timeline.append(Entry(self._lab.timeline.now_ms(), "lab", "lab", "explain", text))

    def _around(self, host: Host, dev: str) -> Surroundings:
        key = host.name, dev
        if key not in self._known:
            self._known[key] = surroundings(host, dev)
        return self._known[key]

    def _hearers(self, sender: Host, ifname: str) -> list[tuple[Host, str]]:
        """The other interfaces of the segment that an interface is on."""
        far = far_end(sender.intf(ifname))
        if far.node.inNamespace:
            ends = [far]
        else:
            ends = [far_end(port) for port in far.node.intfList() if port.link is not None and port is not far]
        return [
            (self._lab.hosts[end.node.name], str(end.name)) for end in ends if end.node.name in self._lab.hosts
        ]  # fmt: skip

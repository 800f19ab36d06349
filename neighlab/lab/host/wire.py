"""What a story puts on the wire leaves exactly as it is, and a fence tells when it has been dealt with."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from neighlab.errors import ScenarioError
from neighlab.kernel import links
from neighlab.lab.capture import Capture
from neighlab.lab.carrier import is_up
from neighlab.lab.host.base import HostBase, far_end
from neighlab.model.frame_words import describe
from neighlab.model.timeline import Entry
from neighlab.wire import fence, flood
from neighlab.wire.port import Port

if TYPE_CHECKING:
    from neighlab.lab.host import Host


class Wire(HostBase):
    """The verbs that send and hear frames."""

    def send(self, frame: bytes, *, dev: str | None = None) -> None:
        """Put one frame on the wire, exactly as it is."""
        frame = self._sabotaged(frame)
        entry = self.lab.act(self.name, "sent", describe(frame), length=len(frame), ifname=dev or self.ifname)
        if frame:
            if self.lab.explainer is not None:
                self.lab.explainer.sending(self.whole, dev or self.ifname, frame)
            self.lab.expect_copy(frame, entry)
            self.port(dev).send(frame)
        self.lab.pump()

    def flood(self, frames: Sequence[bytes], *, dev: str | None = None) -> None:
        """Put many prepared frames on the wire (flood.variants makes them from one); events are read in between, so
        none is lost.
        """
        if not frames:
            raise ScenarioError("flood() was given no frame")
        self.lab.act(self.name, "flood", f"{len(frames)} frames like {describe(frames[0])}", count=len(frames))
        if self.lab.sabotage:
            frames = [changed for frame in frames if (changed := self._sabotaged(frame))]
        flood.send(self.port(dev), frames, self.lab.taps, self.lab.monitor.capacity // 4, self.lab.pump)

    def fence(self, other: Host, *, dev: str | None = None, by: str = "probe") -> None:
        """Return when `other` has processed all that this host sent before, and this host all that `other` answered.

        The fence is an ARP probe (IPv6: a DAD solicitation), which is answered but never learned; `by="marker"`
        uses a frame of no protocol, for a host that may not answer.
        """
        near, far = self.intf(dev), other.facing(self.whole)
        timeout_s = fence.PATIENCE_S * self.lab.time_scale
        told = Entry(0.0, self.name, "story", "fence", f"answered by {other.name}")
        sending = functools.partial(self.lab.expect_copy, entry=told)
        hopeless = functools.partial(_down, near, far)
        if by == "marker":
            fence.marker_fence(
                self.port(dev), other.port(far.name), lladdr=near.lladdr, far_lladdr=far.lladdr, timeout_s=timeout_s,
                sending=sending, hopeless=hopeless,
            )  # fmt: skip
        elif by == "probe":
            addr = other.addr_of(self.lab.version, far.name)
            fence.probe_fence(
                self.port(dev), addr=addr, lladdr=near.lladdr, timeout_s=timeout_s, sending=sending, hopeless=hopeless
            )
        else:
            raise ScenarioError(f"fence(by={by!r}): it is 'probe' or 'marker'")
        self.lab.pump()
        self.lab.timeline.put(told)

    def facing(self, other: Host) -> Any:
        """This host's interface towards `other`: the first that shares a wire or a bridge with it."""
        for mine in self.node.intfList():
            if any(_same_segment(mine, theirs) for theirs in other.node.intfList()):
                return mine
        raise ScenarioError(f"{self.name} and {other.name} share no wire and no bridge: a fence needs one")

    def port(self, dev: str | None = None) -> Port:
        """The raw socket on one of this host's interfaces."""
        ifname = str(self.intf(dev).name)
        if ifname not in self._ports:
            self._ports[ifname] = Port(self.node.netns, ifname)
        return self._ports[ifname]

    def capture(self, *, everything: bool = False) -> Capture:
        """Collect from now on the frames that this host sends and receives: ARP and ND, or `everything`."""
        if everything:
            self.lab.capture_everything()
        return Capture(self.lab, self.name)

    def _sabotaged(self, frame: bytes) -> bytes:
        if self.lab.sabotage is None:
            return frame
        if self.lab.sabotage.mute:
            return b""
        for old, new in self.lab.sabotage.frames.items():
            frame = frame.replace(_packed(old), _packed(new))
        return frame


def _same_segment(one: Any, two: Any) -> bool:
    """Are two interfaces the ends of one wire, or on one bridge?"""

    return far_end(one) is two or (far_end(one).node is far_end(two).node and not far_end(one).node.inNamespace)


def _down(*ends: Any) -> str:
    """Which of these interfaces is down, and so neither sends nor receives; or nothing."""
    return next((f"{one.node.name} {one.name} is down" for one in ends if not is_up(one)), "")


def _packed(addr: str) -> bytes:
    """The bytes of an address as it stands in a frame: link-layer, IPv4 or IPv6."""
    if addr.count(":") == 5 and len(addr) == 17:
        return links.packed_lladdr(addr)
    return ip_address(addr).packed

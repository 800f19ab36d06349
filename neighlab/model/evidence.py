"""What a lab saw is plain data: every report draws from it, and none needs the lab any more."""

from __future__ import annotations

import base64
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class CapturedFrame:
    """A frame at one end of its way: `host` sent it, or it was `received` (delivered to that host's interface).

    `t_ms` is on the timeline's clock; `data` is the whole frame from its Ethernet header on.
    """

    t_ms: float
    host: str
    ifname: str
    direction: Literal["sent", "received"]
    data: bytes

    def to_plain(self) -> list[Any]:
        """The frame as a list, fit for JSON."""
        return [self.t_ms, self.host, self.ifname, self.direction, base64.b64encode(self.data).decode()]

    @classmethod
    def from_plain(cls, plain: Sequence[Any]) -> CapturedFrame:
        """The inverse of to_plain; ValueError or TypeError when `plain` is something else."""
        t_ms, host, ifname, direction, data = plain
        return cls(t_ms, host, ifname, direction, base64.b64decode(data, validate=True))


@dataclass(frozen=True, slots=True)
class Interface:
    """One host's interface: its addresses, and what is at the other end.

    `peer` is `HOST/IFNAME` of a wire's far end, or the name of a bridge.
    """

    host: str
    ifname: str
    lladdr: str
    addrs: tuple[str, ...] = ()
    peer: str = ""

    def to_plain(self) -> list[Any]:
        """The interface as a list, fit for JSON."""
        return [self.host, self.ifname, self.lladdr, list(self.addrs), self.peer]

    @classmethod
    def from_plain(cls, plain: Sequence[Any]) -> Interface:
        """The inverse of to_plain."""
        host, ifname, lladdr, addrs, peer = plain
        return cls(host, ifname, lladdr, tuple(addrs), peer)


@dataclass(slots=True)
class Evidence:
    """All that was gathered about one case: its interfaces as the story began, and every captured frame in order of
    arrival.

    A timeline entry about a frame names the frame's place in `frames` by its field `frame`.
    """

    interfaces: list[Interface] = field(default_factory=list)
    frames: list[CapturedFrame] = field(default_factory=list)

    def to_plain(self) -> dict[str, Any]:
        """The evidence as dicts and lists, fit for JSON."""
        return {
            "interfaces": [one.to_plain() for one in self.interfaces],
            "frames": [one.to_plain() for one in self.frames],
        }

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Evidence:
        """The inverse of to_plain; ValueError, LookupError or TypeError when `plain` is something else."""
        return cls(
            [Interface.from_plain(one) for one in plain["interfaces"]],
            [CapturedFrame.from_plain(one) for one in plain["frames"]],
        )

    def deliveries(self) -> list[tuple[int, list[int]]]:
        """Each sent frame by its place, and the places where it was received: the same bytes, before they were sent
        again.

        A bridge copies a frame unchanged, so equal bytes are the same frame; a router makes a new one.
        """
        waiting: dict[bytes, list[tuple[int, list[int]]]] = defaultdict(list)
        pairs: list[tuple[int, list[int]]] = []
        for place, frame in enumerate(self.frames):
            if frame.direction == "sent":
                pairs.append((place, []))
                waiting[frame.data].append(pairs[-1])
                continue
            for sent, places in waiting[frame.data]:
                if all(
                    (self.frames[one].host, self.frames[one].ifname) != (frame.host, frame.ifname)
                    for one in (sent, *places)
                ):
                    places.append(place)
                    break
        return pairs

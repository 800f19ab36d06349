"""The lab hears every ARP and ND frame on every link once, with the kernel's own time of it."""

from __future__ import annotations

import errno
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from neighlab.kernel.ns import NetNS
from neighlab.model.frame_words import describe
from neighlab.model.frames import Parsed, parse
from neighlab.wire import bpf, stamps
from neighlab.wire.port import ETH_P_ALL

_OUTGOING: Final = 4
_SO_RCVBUFFORCE: Final = 33
_SOL_PACKET, _PACKET_STATISTICS = 263, 6


@dataclass(frozen=True, slots=True)
class Seen:
    """A frame on a link, as the host `host` had to do with it: it `sent` it, or it was `received` (delivered to its
    end).
    """

    at: float
    host: str
    ifname: str
    direction: Literal["sent", "received"]
    frame: bytes

    @property
    def parsed(self) -> Parsed:
        """The frame's fields."""
        return parse(self.frame)

    def __str__(self) -> str:
        return describe(self.frame)


End = tuple[str, str]
"""A host and its interface."""
Ends = tuple[End, End | None]
"""Who is at a captured interface: the host at its near end, and at its far end for a wire without bridge."""


class Tap:
    """One capture socket, on all interfaces of a namespace or on one; `ends` tells who is behind which interface.

    In the lab's root namespace the interfaces are the bridges' ports: what comes in there was sent by the host
    behind it. On a wire between two hosts it is the near end's interface: what comes in was sent by the far end.
    """

    def __init__(self, netns: NetNS, ends: Mapping[str, Ends], ifname: str = "", *, everything: bool = False) -> None:
        self.ends = ends
        # without a name to bind to, the protocol must be given at once: the socket then hears every interface
        self.sock = netns.socket(socket.AF_PACKET, socket.SOCK_RAW, 0 if ifname else socket.htons(ETH_P_ALL))
        stamps.ask_for(self.sock)
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, 32 << 20)
        except OSError:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
        self._filter = bpf.EVERYTHING if everything else bpf.NEIGHBOURS
        self.unmute()
        if ifname:
            self.sock.bind((ifname, ETH_P_ALL))
        self.sock.setblocking(False)
        self.lost = 0
        self.read()  # what came in before the filter was there

    def mute(self) -> None:
        """Hear nothing until unmute()."""
        bpf.attach(self.sock, bpf.NOTHING)

    def unmute(self) -> None:
        """Hear what this tap is for."""
        bpf.attach(self.sock, self._filter)

    def widen(self) -> None:
        """Capture all traffic from now on, not only ARP and ND."""
        self._filter = bpf.EVERYTHING
        self.unmute()

    def read(self) -> list[Seen]:
        """What has been captured since the last call; `lost` counts what the kernel had no room for."""
        seen: list[Seen] = []
        offset = 0.0
        while True:
            try:
                frame, ancillary, _flags, sender = self.sock.recvmsg(65536, stamps.ANCILLARY)
            except BlockingIOError:
                break
            except OSError as problem:
                if problem.errno != errno.ENETDOWN:
                    raise
                continue  # told once for an interface that went down (packet_notifier); what was heard before is there
            if not offset:
                offset = _clock_offset()
            at = stamps.arrival(ancillary)
            moment = at + offset if at is not None else time.monotonic()
            seen.extend(self._place(moment, frame, sender))
        if seen:
            _packets, drops = struct.unpack("@II", self.sock.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 8))
            self.lost += drops
        return seen

    def _place(self, at: float, frame: bytes, sender: tuple[str, int, int, int, bytes]) -> list[Seen]:
        ends = self.ends.get(sender[0])
        if ends is None:
            return []
        near, far = ends
        leaving = sender[2] == _OUTGOING
        if far is None:  # a bridge port: what leaves it reaches the host, what enters it was sent by the host
            return [Seen(at, *near, "received" if leaving else "sent", frame)]
        source, target = (near, far) if leaving else (far, near)
        return [Seen(at, *source, "sent", frame), Seen(at, *target, "received", frame)]

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


def _clock_offset() -> float:
    """What turns the frames' wall-clock times into monotonic ones: of a few readings the least disturbed, for a
    process may be put to sleep between the two clocks.
    """
    readings = []
    for _ in range(3):
        before = time.monotonic()
        wall = time.time()
        after = time.monotonic()
        readings.append((after - before, (before + after) / 2 - wall))
    return min(readings)[1]

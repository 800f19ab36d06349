"""One socket hears the neighbour and address events of every namespace of a lab, and says so when it missed any."""

from __future__ import annotations

import errno
import select
import socket
import struct
import time
from typing import Final, NamedTuple, TypeAlias

from neighlab.kernel import nlattr, rtaddr, rtneigh
from neighlab.kernel.netlink import NETLINK_ADD_MEMBERSHIP, NETLINK_LISTEN_ALL_NSID, NETLINK_ROUTE, SOL_NETLINK
from neighlab.model.ifaddr import IfAddr
from neighlab.model.neigh import Neigh

RTNLGRP_NEIGH: Final = 3
RTNLGRP_IFADDR: Final = {4: 5, 6: 9}
_SO_RCVBUFFORCE: Final = 33
_WANTED_BYTES: Final = 32 << 20
_ANCILLARY: Final = socket.CMSG_SPACE(4)
_NEIGH_TYPES: Final = frozenset({rtneigh.RTM_NEWNEIGH, rtneigh.RTM_DELNEIGH, rtneigh.RTM_GETNEIGH})

EVENT_TRUESIZE: Final = 1280
"""What one event costs of the receive buffer at most (skb truesize of neigh_nlmsg_size bytes)."""


class NeighEvent(NamedTuple):
    """One notification: `nsid` is the number the lab gave the namespace, `at` the monotonic clock in seconds."""

    nsid: int
    kind: int
    neigh: Neigh
    at: float


class AddrEvent(NamedTuple):
    """An address came, went or changed its state: `kind` is RTM_NEWADDR or RTM_DELADDR."""

    nsid: int
    kind: int
    address: IfAddr
    at: float

    def __str__(self) -> str:
        return f"{'DELADDR' if self.kind == rtaddr.RTM_DELADDR else 'NEWADDR'} {self.address}"


Event: TypeAlias = NeighEvent | AddrEvent


class Monitor:
    """Subscribed to RTNLGRP_NEIGH with NETLINK_LISTEN_ALL_NSID, in the namespace that is current when it is made."""

    __slots__ = ("capacity", "lost", "sock")

    def __init__(self) -> None:
        self.sock = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK, NETLINK_ROUTE
        )
        try:
            self.sock.setsockopt(socket.SOL_SOCKET, _SO_RCVBUFFORCE, _WANTED_BYTES)
        except OSError:  # only the machine's real root may pass net.core.rmem_max
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _WANTED_BYTES)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_LISTEN_ALL_NSID, 1)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEIGH)
        self.capacity = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // EVENT_TRUESIZE
        """How many events fit into the receive buffer: whoever causes more must read in between."""
        self.lost = 0
        """How often the kernel said ENOBUFS: that many times an unknown number of events is missing."""

    def shrink(self, size: int) -> None:
        """Give the receive buffer only so much room (the kernel doubles it, and gives 2304 bytes at least)."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        self.capacity = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) // EVENT_TRUESIZE

    def hear_addresses(self, version: int = 6) -> None:
        """From now on hear addresses come, go and (IPv6) change, too, in their order with all else that is heard."""
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_IFADDR[version])

    def read(self) -> tuple[list[Event], bool]:
        """Everything that has arrived, without waiting; and whether the kernel dropped events meanwhile (ENOBUFS)."""
        events: list[Event] = []
        overflow = False
        while True:
            try:
                data, ancillary, _flags, _sender = self.sock.recvmsg(65536, _ANCILLARY)
            except BlockingIOError:
                return events, overflow
            except OSError as problem:
                if problem.errno != errno.ENOBUFS:
                    raise
                overflow = True
                self.lost += 1
                continue
            at = time.monotonic()
            nsid = -1
            for level, kind, value in ancillary:
                if level == SOL_NETLINK and kind == NETLINK_LISTEN_ALL_NSID:
                    (nsid,) = struct.unpack("=i", value)
            for kind, _f, _seq, _pid, start, end in nlattr.iter_messages(data):
                if kind in _NEIGH_TYPES:
                    _type, neigh = rtneigh.decode_neigh(data, start - 16)
                    events.append(NeighEvent(nsid, kind, neigh, at))
                elif kind in (rtaddr.RTM_NEWADDR, rtaddr.RTM_DELADDR):
                    events.append(AddrEvent(nsid, kind, rtaddr.decode_addr(data, start, end), at))

    def wait(self, timeout_s: float) -> bool:
        """Wait until something arrives, at most `timeout_s` seconds; True if it did."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        return bool(poll.poll(max(0.0, timeout_s) * 1000))

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


def describe(event: NeighEvent) -> str:
    """The event as a line of the timeline: `NEWNEIGH 192.0.2.1 STALE lladdr 00:00:5e:00:53:01`."""
    names = {
        rtneigh.RTM_NEWNEIGH: "NEWNEIGH",
        rtneigh.RTM_DELNEIGH: "DELNEIGH",
        rtneigh.RTM_GETNEIGH: "GETNEIGH (miss)",
    }
    return f"{names[event.kind]} {event.neigh}"

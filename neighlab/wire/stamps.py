"""A captured frame has the time of its arrival only while the kernel stamps every frame that passes.

It begins to some milliseconds after the first socket of the machine has asked for it, in a work queue
(net_enable_timestamp); until then a frame gets the time at which it is read (__sock_recv_timestamp), and seems to be
younger than what it has caused.
"""

from __future__ import annotations

import select
import socket
import struct
import time
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel.ns import NetNS

SO_TIMESTAMPNS: Final = 35
_TIMESPEC: Final = struct.Struct("@qq")
ANCILLARY: Final = socket.CMSG_SPACE(_TIMESPEC.size)
"""The room that a time needs beside a frame."""
_ETH_P_EXPERIMENT: Final = 0x88B5
"""For local experiments (IEEE 802): no protocol handler of the kernel takes it."""
_PROBE: Final = struct.pack("!6s6sH46x", bytes(6), bytes(6), _ETH_P_EXPERIMENT)


def ask_for(sock: socket.socket) -> None:
    """Let the kernel tell with each frame when it came."""
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)


def arrival(ancillary: list[tuple[int, int, bytes]]) -> float | None:
    """When a frame came, in seconds of the wall clock; None if the kernel did not say."""
    for _level, kind, data in ancillary:
        if kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            return float(seconds + nanoseconds / 1e9)
    return None


def wait_until_given(netns: NetNS, *, within_s: float) -> socket.socket:
    """Return as soon as frames are stamped when they come, and not when they are read.

    A frame is sent over lo (which is up) and left there for a moment before it is read. While the returned socket is
    open, frames are stamped; closing it takes an RCU grace period (packet_release).
    """
    deadline = time.monotonic() + within_s
    sock = netns.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    ask_for(sock)
    sock.bind(("lo", _ETH_P_EXPERIMENT))
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    while time.monotonic() < deadline:
        sock.send(_PROBE)
        if poll.poll(100):
            before_reading = time.time()
            _frame, ancillary, _flags, _sender = sock.recvmsg(len(_PROBE), ANCILLARY)
            at = arrival(ancillary)
            if at is not None and at < before_reading:
                return sock
            poll.poll(1)  # nothing comes; it is time for the work queue
    raise EnvironmentProblem(f"the kernel does not tell when frames come: not within {within_s:.0f} s")

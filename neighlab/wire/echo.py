"""An echo request is answered by the other host's kernel, or not at all within the time given."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import time

from neighlab.kernel.ns import NetNS
from neighlab.wire.looks import looks


def echo(netns: NetNS, addr: str, *, timeout_s: float = 1.0, payload: bytes = b"neighlab") -> float | None:
    """Send one ICMP or ICMPv6 echo request and return the milliseconds until its reply, or None.

    Raises OSError when the kernel refuses to send or has learned that the host is unreachable.
    """
    v6 = ":" in addr
    family = socket.AF_INET6 if v6 else socket.AF_INET
    with netns.socket(family, socket.SOCK_RAW, socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP) as sock:
        ident = struct.unpack("!H", os.urandom(2))[0]
        body = struct.pack("!HH", ident, 1) + payload
        if v6:
            packet = struct.pack("!BBH", 128, 0, 0) + body  # the kernel fills the checksum of ICMPv6 raw sockets
        else:
            packet = struct.pack("!BBH", 8, 0, _checksum(struct.pack("!BBH", 8, 0, 0) + body)) + body
        start = time.monotonic()
        sock.sendto(packet, (addr, 0))
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        for left in looks(timeout_s):
            poll.poll(left * 1000)
            with contextlib.suppress(BlockingIOError):
                while True:
                    data = sock.recv(65536, socket.MSG_DONTWAIT)
                    message = data if v6 else data[(data[0] & 15) * 4 :]
                    if message[0] == (129 if v6 else 0) and message[4:8] == body[:4]:
                        return (time.monotonic() - start) * 1000
    return None


def _checksum(data: bytes) -> int:
    data += b"\0" * (len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF

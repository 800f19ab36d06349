"""What an application on a host receives, in which order, and with which error it is told that it cannot send."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import select
import socket
import struct
import time
from typing import Any, Final

from neighlab.errors import ExpectationFailed
from neighlab.kernel.ns import NetNS
from neighlab.wire.looks import looks

PORT: Final = 7777
_IP_RECVERR, _IPV6_RECVERR, _MSG_CONFIRM = 11, 25, 0x800
_SIOCOUTQ: Final = 0x5411


def _family(addr: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in addr else socket.AF_INET


def error_name(number: int) -> str:
    """`EHOSTUNREACH` for 113: errors are told by their names."""
    return errno.errorcode.get(number, str(number))


class Inbox:
    """A UDP socket that keeps what arrives."""

    def __init__(self, netns: NetNS, *, addr: str, port: int = PORT) -> None:
        self.sock = netns.socket(_family(addr), socket.SOCK_DGRAM)
        with contextlib.suppress(OSError):
            self.sock.setsockopt(socket.SOL_SOCKET, 33, 8 << 20)  # SO_RCVBUFFORCE
        self.sock.bind((addr, port))
        self.sock.setblocking(False)
        self.messages: list[tuple[str, bytes]] = []

    def read(self) -> list[bytes]:
        """All payloads that have arrived so far, in their order."""
        while True:
            try:
                data, sender = self.sock.recvfrom(65536)
            except BlockingIOError:
                return [payload for _, payload in self.messages]
            self.messages.append((sender[0], data))

    def wait_for(self, count: int, *, within_ms: float = 2000) -> list[bytes]:
        """Wait until `count` datagrams have arrived and return all payloads; ExpectationFailed when they do not."""
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        payloads: list[bytes] = []
        for left in looks(within_ms / 1000):
            if len(payloads := self.read()) >= count:
                return payloads
            poll.poll(left * 1000)
        raise ExpectationFailed(f"{len(payloads)} of {count} datagrams arrived within {within_ms:.0f} ms")

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


class Outbox:
    """A connected UDP socket that is told why its datagrams do not arrive (IP_RECVERR)."""

    def __init__(
        self,
        netns: NetNS,
        *,
        addr: str,
        port: int = PORT,
        source: str | None = None,
        dev: str | None = None,
        tell: bool = True,
    ) -> None:
        family = _family(addr)
        self.addr = addr
        self.sock = netns.socket(family, socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)  # without it: EACCES (ip4_datagram_connect)
        if dev is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, dev.encode())
        if tell:
            v6 = family == socket.AF_INET6
            self.sock.setsockopt(
                socket.IPPROTO_IPV6 if v6 else socket.IPPROTO_IP, _IPV6_RECVERR if v6 else _IP_RECVERR, 1
            )
        if source is not None:
            self.sock.bind((source, 0))
        self.sock.connect((addr, port))

    def send(self, payload: bytes = b"x", *, confirm: bool = False) -> str | None:
        """Send one datagram; None when the kernel took it, else the error's name (`ENOBUFS`, `EHOSTUNREACH`, ...).

        `confirm` passes MSG_CONFIRM: the application tells the kernel that the neighbour is alive (sendto(2)).
        """
        try:
            self.sock.send(payload, _MSG_CONFIRM if confirm else 0)
        except OSError as problem:
            return error_name(problem.errno or 0)
        return None

    def error(self, *, within_ms: float = 5000) -> str | None:
        """Wait for an error that the kernel reports for what was sent; its name, or None if there is none in time.

        Each call tells one: with IP_RECVERR the kernel queues them, and goes on signalling until all are taken.
        """
        poll = select.poll()
        poll.register(self.sock, 0)
        deadline = time.monotonic() + within_ms / 1000
        while poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            try:
                _, ancillary, _, _ = self.sock.recvmsg(0, 256, socket.MSG_ERRQUEUE | socket.MSG_DONTWAIT)
            except BlockingIOError:
                number = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            else:
                (number,) = struct.unpack_from("=I", ancillary[0][2])  # sock_extended_err begins with ee_errno
            if number:
                return error_name(number)
        return None

    def held_bytes(self) -> int:
        """The memory of datagrams that the kernel has taken and not yet got rid of (SIOCOUTQ), as skb->truesize."""
        (held,) = struct.unpack("=i", fcntl.ioctl(self.sock, _SIOCOUTQ, bytes(4)))
        return int(held)

    def close(self) -> None:
        """Close the socket."""
        self.sock.close()


def bind(netns: NetNS, addr: str) -> str | None:
    """Try to bind a UDP socket to an address: None when the kernel lets it, else the error's name (`EADDRNOTAVAIL`)."""
    with netns.socket(_family(addr), socket.SOCK_DGRAM) as sock:
        try:
            sock.bind((addr, 0))
        except OSError as problem:
            return error_name(problem.errno or 0)
    return None


def tcp_connect(netns: NetNS, addr: str, *, port: int = PORT, within_ms: float = 5000) -> str | None:
    """Try to open a TCP connection: None when it is established, else the error's name (`ETIMEDOUT` if nothing came in
    time).
    """
    with netns.socket(_family(addr), socket.SOCK_STREAM) as sock:
        sock.setblocking(False)
        number = sock.connect_ex((addr, port))
        if number not in (0, errno.EINPROGRESS):
            return error_name(number)
        poll = select.poll()
        poll.register(sock, select.POLLOUT)
        if not poll.poll(within_ms):
            return "ETIMEDOUT"
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return error_name(number) if number else None


class TcpPair:
    """An established TCP connection between two hosts of a lab, whose two ends the story drives."""

    def __init__(self, client: NetNS, server: NetNS, *, addr: str, port: int = PORT, within_ms: float = 5000) -> None:
        listener = server.socket(_family(addr), socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((addr, port))
        listener.listen(1)
        self.client: Any = client.socket(_family(addr), socket.SOCK_STREAM)
        self.client.settimeout(within_ms / 1000)
        listener.settimeout(within_ms / 1000)
        try:
            self.client.connect((addr, port))
            self.server, _ = listener.accept()
        except OSError as problem:
            raise ExpectationFailed(f"TCP connection to {addr}: {problem.strerror or problem}") from None
        finally:
            listener.close()
        for end in (self.client, self.server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.settimeout(within_ms / 1000)

    def exchange(self, payload: bytes = b"ping") -> None:
        """Client to server and back: forward progress in both directions."""
        for source, target in ((self.client, self.server), (self.server, self.client)):
            source.sendall(struct.pack("!I", len(payload)) + payload)
            wanted = 4 + len(payload)
            while wanted:
                data = target.recv(wanted)
                if not data:
                    raise ExpectationFailed("the TCP connection was closed")
                wanted -= len(data)

    def send(self, payload: bytes = b"ping") -> None:
        """Client to server, without looking whether it arrives."""
        self.client.sendall(payload)

    def close(self) -> None:
        """Close both ends."""
        self.client.close()
        self.server.close()

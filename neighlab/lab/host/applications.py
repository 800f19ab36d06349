"""A host runs applications and programs, and each tells its errors by name."""

from __future__ import annotations

import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

from neighlab.lab import programs
from neighlab.lab.host.base import HostBase
from neighlab.wire import inbox
from neighlab.wire.echo import echo

if TYPE_CHECKING:
    from neighlab.lab.host import Host


class Applications(HostBase):
    """The verbs of what runs on a host."""

    def listen(self, *, addr: str | None = None, port: int = inbox.PORT) -> inbox.Inbox:
        """Open a UDP socket that keeps what arrives; `addr` is this host's own address unless given."""
        return inbox.Inbox(self.node.netns, addr=addr or self.addr, port=port)

    def udp(
        self,
        addr: str,
        *,
        port: int = inbox.PORT,
        source: str | None = None,
        dev: str | None = None,
        tell: bool = True,
    ) -> Outbox:
        """Open a UDP socket to `addr`; `tell=False` leaves IP_RECVERR off, as most applications do.

        `dev` binds it to an interface, which link-local groups (ff02::1) and 255.255.255.255 want: no route has them.
        """
        return Outbox(
            self.whole, inbox.Outbox(self.node.netns, addr=addr, port=port, source=source, dev=dev, tell=tell)
        )

    def tcp(self, server: Host, *, addr: str | None = None) -> inbox.TcpPair:
        """Open a TCP connection to `server`; the story drives both ends with exchange()."""
        target = addr or server.addr
        self.lab.act(self.name, "sent", f"TCP connection to {target}")
        return inbox.TcpPair(self.node.netns, server.node.netns, addr=target)

    def bind(self, addr: str) -> str | None:
        """Try to bind a UDP socket to an address: None when that works, else the error's name (EADDRNOTAVAIL)."""
        self.lab.act(self.name, "command", f"bind to {addr}")
        return inbox.bind(self.node.netns, addr)

    def tcp_connect(self, addr: str, *, within_ms: float = 5000) -> str | None:
        """Try to connect: None when it succeeds, else the error's name (EHOSTUNREACH, ECONNREFUSED, ETIMEDOUT, ...)."""
        self.lab.act(self.name, "sent", f"TCP connect to {addr}")
        return inbox.tcp_connect(self.node.netns, addr, within_ms=within_ms * self.lab.time_scale)

    def ping(self, addr: str, *, within_ms: float = 1000) -> float | None:
        """Send one echo request: milliseconds until its reply, or None."""
        self.lab.act(self.name, "sent", f"ICMP echo request to {addr}")
        try:
            return echo(self.node.netns, addr, timeout_s=within_ms / 1000 * self.lab.time_scale)
        except OSError as problem:
            self.lab.timeline.add(self.name, "story", "note", f"ping {addr}: {inbox.error_name(problem.errno or 0)}")
            return None

    def cmd(self, *words: Any) -> str:
        """Run a shell command as Mininet does and return what it prints; its exit status is lost: see run()."""
        self.lab.act(self.name, "command", " ".join(map(str, words)))
        return str(self.node.cmd(*words))

    def run(
        self, *argv: str, check: bool = True, needs: str | None = None, timeout_s: float = 30
    ) -> subprocess.CompletedProcess[str]:
        """Run a program without a shell; a non-zero status is a ScenarioError unless `check` is False.

        A program that is not installed is Unsupported: the case is skipped and says which. `needs` names what of the
        kernel the program relies on ("IPVS"): then its failure is Unsupported, too.
        """
        return programs.run(self.lab, self.node, argv, check=check, needs=needs, timeout_s=timeout_s)

    def daemon(self, *argv: str, ready: str | None = None) -> programs.Daemon:
        """Start a program that goes on beside the story, and wait until it says `ready`."""
        daemon = programs.Daemon(self.lab, self.node, argv)
        if ready is not None:
            daemon.expect(ready)
        return daemon

    def iproute(self) -> Any:
        """A pyroute2 IPRoute inside this host, for everything that has no verb here; close it after use."""
        from pyroute2 import IPRoute

        with self.node.netns.entered():
            return IPRoute()


class Outbox:
    """A host's UDP socket to one address; what it sends is an act of the story."""

    def __init__(self, host: Host, socket: inbox.Outbox) -> None:
        self._host = host
        self._socket = socket

    def send(self, payload: bytes = b"x", *, count: int = 1, confirm: bool = False) -> list[str | None]:
        """Send `count` datagrams; for each None, or the name of the error with which the kernel refused it."""
        text = f"UDP to {self._socket.addr}, {len(payload)} bytes" + (f", {count} times" if count > 1 else "")
        self._host.lab.act(self._host.name, "sent", text, confirm=confirm)
        errors = [self._socket.send(payload, confirm=confirm) for _ in range(count)]
        self._host.lab.pump()
        if refused := Counter(name for name in errors if name):
            said = ", ".join(f"{name} {number} times" for name, number in refused.items())
            self._host.lab.timeline.add(self._host.name, "story", "note", f"UDP to {self._socket.addr}: {said}")
        return errors

    def error(self, *, within_ms: float = 5000) -> str | None:
        """The name of the error that the kernel reports for what was sent, or None if there is none in time."""
        found = self._socket.error(within_ms=within_ms * self._host.lab.time_scale)
        self._host.lab.pump()
        self._host.lab.timeline.add(self._host.name, "story", "note", f"UDP to {self._socket.addr}: error {found}")
        return found

    def held_bytes(self) -> int:
        """How much memory, in bytes, is bound by what was sent and still waits in a queue: for a neighbour's answer, or
        for the device.
        """
        return self._socket.held_bytes()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

"""What this machine can do is found out by doing it, in a sandbox, and never by changing the machine."""

from __future__ import annotations

import os
import platform
import select
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from neighlab.errors import EnvironmentProblem, NeighlabError
from neighlab.kernel import features, hostjournal, hosttable
from neighlab.lab import channel as wire
from neighlab.lab import sandbox

TOOLS: Final = {
    "ip": "iproute2",
    "arping": "iputils-arping",
    "tcpdump": "tcpdump",
    "arptables": "arptables",
    "nft": "nftables",
    "arpwatch": "arpwatch",
    "bash": "bash",
}
"""Programs that single scenarios or the prompt use, and the Debian packages that bring them."""
DEVICES: Final = {"bonding": "bond", "dummy": "dummy", "vrf": "vrf"}
_PATIENCE_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that this machine can do, or cannot; `needed` says that without it there is no lab at all."""

    what: str
    ok: bool
    needed: bool = False
    detail: str = ""
    remedy: str = ""


def examine() -> list[Finding]:
    """Try everything that labs and scenarios may want; the order is that of importance."""
    return [
        Finding("Python", True, True, platform.python_version()),
        Finding("kernel", True, True, features.kernel_release()),
        *_labs(),
        *_host_table(),
        _tracepoints(),
        *(_tool(name, package) for name, package in TOOLS.items()),
    ]


def _labs() -> Iterator[Finding]:
    """A sandbox, a lab in it, and what the kernel has to offer there."""
    box = sandbox.spawn(_look_around)
    try:
        poll = select.poll()
        poll.register(box.channel, select.POLLIN)
        kind, said = wire.receive(box.channel) if poll.poll(_PATIENCE_S * 1000) else ("silent", None)
    except EOFError:
        kind, said = "silent", None
    finally:
        box.kill()
        box.reap()
    if kind == "environment":
        yield _refused("sandbox (user namespaces)", str(said), needed=True)
        return
    if kind == "silent":
        yield Finding("sandbox (user namespaces)", False, True, f"said nothing within {_PATIENCE_S:.0f} s, or died")
        return
    how = "as root" if os.geteuid() == 0 else "without root"
    yield Finding("sandbox (user namespaces)", True, True, how)
    for one in said or ():
        yield Finding(*one)


def _look_around(channel: socket.socket) -> None:
    """What is done inside the sandbox: every finding as a list of a Finding's fields."""
    from neighlab.kernel.netlink import Route
    from neighlab.lab.lab import Lab
    from neighlab.model.nud import NUD
    from neighlab.topologies import TwoHosts

    ipv6 = os.path.exists("/proc/net/if_inet6")
    found: list[list[Any]] = []
    try:
        started = time.monotonic()
        lab = Lab(TwoHosts, families="dual" if ipv6 else "ipv4")
        one, two = lab
        built_ms = (time.monotonic() - started) * 1000
        one.ping(two.addr)
        one.expect(two.addr, NUD.REACHABLE)
        whole_ms = (time.monotonic() - started) * 1000
        found.append(["lab", True, True, f"built in {built_ms:.0f} ms, a neighbour resolved after {whole_ms:.0f} ms"])
        one.conf(arp_accept=1, retrans_time_ms=100)
        kept = one.knob("arp_accept") == 1 and one.knob("retrans_time_ms") == 100
        found.append(["neighbour settings", kept, True, "can be set" if kept else "do not keep what is written"])
    except NeighlabError as problem:
        found.append(["lab", False, True, *_split(str(problem))])
    text, remedy = ("is there", "") if ipv6 else ("this kernel runs without it", "boot without ipv6.disable=1")
    found.append(["IPv6", ipv6, False, text, remedy])
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as sock:
        route = Route(sock, "lab")
        offers = {name: features.has_device(route, kind) for name, kind in DEVICES.items()}
        offers["netem"] = features.has_qdisc(route, "netem")
        offers["IPVS"] = features.has_generic_family("IPVS")
    for name, there in sorted(offers.items(), key=lambda offer: offer[0].lower()):
        text = "is there" if there else "not in this kernel, and no module of it is found"
        found.append([f"kernel: {name}", there, False, text])
    wire.send(channel, ("found", found))


def _host_table() -> Iterator[Finding]:
    """The kernel's own neighbour table, and what a killed run has left of it."""
    try:
        done = hostjournal.restore_leftovers()
        if done:
            yield Finding("leftovers of a killed run", True, False, f"put back: {', '.join(done)}")
        hosttable.require()
        yield Finding("the kernel's neighbour table", True, False, "can be set: neighlab run --host-table")
    except EnvironmentProblem as problem:
        yield _refused("the kernel's neighbour table", str(problem))


def _tracepoints() -> Finding:
    """What nobody is told: every transition and every dropped packet (run --evidence, scenarios/trace)."""
    from neighlab.kernel.tracing.trace import unavailable

    what, why = "the kernel's tracepoints", unavailable()
    return Finding(what, True, False, "can be heard: neighlab run --evidence") if why is None else _refused(what, why)


def _tool(name: str, package: str) -> Finding:
    found = shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin")
    return Finding(f"program: {name}", bool(found), False, found or "", f"apt install {package}")


def _refused(what: str, text: str, needed: bool = False) -> Finding:
    return Finding(what, False, needed, *_split(text))


def _split(text: str) -> list[str]:
    """A refusal as what is wrong and what would change it: our texts end with the remedy."""
    detail, _, remedy = max((text.rpartition(mark) for mark in ("; ", ": ")), key=lambda parts: len(parts[0]))
    return [detail, remedy] if detail else [text, ""]

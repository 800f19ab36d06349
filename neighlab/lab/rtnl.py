"""RTNL is one lock for the configuration of all namespaces: whoever holds it makes every other host wait."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple

from neighlab.errors import EnvironmentProblem, ScenarioError, Unsupported
from neighlab.kernel import links, nlattr, rtneigh
from neighlab.kernel.netlink import NETLINK_ROUTE, Route
from neighlab.kernel.ns import NetNS
from neighlab.model.addresses import OTHER
from neighlab.model.nud import NUD
from neighlab.wire import bpf

if TYPE_CHECKING:
    from neighlab.lab.host import Host
    from neighlab.lab.lab import Lab

_AF_NETLINK: Final = 16
_RTMGRP_LINK: Final = 1
_GROUP: Final = 4242
_TRIES: Final = 20
_PATIENCE_S: Final = 10.0
_SHARES: Final = 8
_ifinfo = struct.Struct("=BxHiII")
_LOWEST_BYTE_OF_INDEX: Final = 4 if sys.byteorder == "little" else 7


class Contention(NamedTuple):
    """How many requests were made while RTNL was held, and how many of them were answered before it was let go."""

    asked: int
    answered: int


def numbered(version: int, count: int) -> list[str]:
    """The first addresses of a documentation prefix that no topology uses."""
    return [f"2001:db8:1::{number:x}" if version == 6 else f"198.51.100.{number}" for number in range(1, count + 1)]


def many(host: Host, what: str, count: int) -> list[links.Request]:
    """The requests that make `count` veth pairs, addresses, routes or neighbours of the lab's first family."""
    v6, ifindex = host.lab.version == 6, host.intf().ifindex
    addrs = numbered(host.lab.version, count)
    if count > 254:
        raise ScenarioError(f"fill() makes 254 {what} at most (asked for {count})")
    if what == "links":
        return [_veth(host.node.netns.fd, number) for number in range(count)]
    if what == "addresses":
        return [links.new_addr(ifindex, f"{addr}/{128 if v6 else 32}") for addr in addrs]
    if what == "routes":
        return [links.new_route(f"{addr}/{128 if v6 else 32}", ifindex=ifindex) for addr in addrs]
    if what == "neighbours":
        family = int(socket.AF_INET6 if v6 else socket.AF_INET)
        flags = nlattr.NLM_F_CREATE | nlattr.NLM_F_EXCL
        return [
            (nlattr.RTM_NEWNEIGH, flags, rtneigh.encode_neigh(
                family=family, ifindex=ifindex, addr=addr, state=NUD.PERMANENT, lladdr=OTHER))
            for addr in addrs
        ]  # fmt: skip
    raise ScenarioError(f"fill({what!r}): it is 'links', 'addresses', 'routes' or 'neighbours'")


def _veth(ns: int, number: int) -> links.Request:
    near, far = (
        links.End(f"{side}{number}", 0, f"02:00:00:{code}:00:{number:02x}", ns)
        for side, code in (("near", "01"), ("far", "02"))
    )
    return links.new_veth(near, far)


def contention(lab: Lab, request: Callable[[], object], *, pairs: int, holds: int) -> Contention:
    """Make requests while another thread takes a group of links up and down, all under one hold of RTNL.

    The links are in the lab's own namespace, where no host is. The kernel announces each while it holds the lock: a
    request that is made after the first announcement and answered before the last was made and answered while RTNL was
    held, whatever the clock says. A hold counts if this process could ask during it (it has one CPU, and the kernel may
    not let go of it), and if it was longer than three times what the request takes when nobody is in its way.
    """
    ends = 2 * pairs
    asked = answered = useful = 0
    calm_s = sorted(_seconds(request) for _ in range(5))[2]
    with _group(lab, pairs) as (route, news), ThreadPoolExecutor(1, initializer=_use_other_cpus) as pool:
        for number in range(_TRIES * holds):
            up = number % 2 == 0
            news.changed.clear()
            hold = partial(route.ask, *links.set_link(0, group=_GROUP, up=up), "hold RTNL")
            holder = pool.submit(_seconds, hold)
            news.wait(holder, up)
            asked_now = answered_now = 0
            while 0 < news.read(up) < ends:
                request()
                asked_now += 1
                answered_now += news.read(up) < ends
            if asked_now and (holder.result(_PATIENCE_S) > 3 * calm_s or answered_now):
                asked, answered, useful = asked + asked_now, answered + answered_now, useful + 1
            if useful == holds:
                return Contention(asked, answered)
    raise Unsupported("seeing RTNL held for long, which takes a second CPU, and tables that are read quickly")


def _seconds(request: Callable[[], object]) -> float:
    begin = time.monotonic()
    request()
    return time.monotonic() - begin


def _use_other_cpus() -> None:
    """Move this thread away from the CPU that the sandbox has been given; the holder shall not keep that busy."""
    with contextlib.suppress(OSError):
        os.sched_setaffinity(0, set(range(os.cpu_count() or 1)) - os.sched_getaffinity(0))


class _News:
    """Which links of a host have been announced in a new state."""

    def __init__(self, socks: list[socket.socket], own: frozenset[int]) -> None:
        self.socks = socks
        self.own = own
        self.changed: set[int] = set()

    def read(self, up: bool) -> int:
        """Take in what has arrived; the number of links that are in that state now."""
        for sock in self.socks:
            with contextlib.suppress(BlockingIOError):
                while True:
                    self._heed(sock.recv(65536), up)
        return len(self.changed)

    def _heed(self, data: bytes, up: bool) -> None:
        for kind, _flags, _seq, _pid, start, _end in nlattr.iter_messages(data):
            _family, _type, ifindex, flags, _change = _ifinfo.unpack_from(data, start)
            if kind == links.RTM_NEWLINK and ifindex in self.own and bool(flags & links.IFF_UP) is up:
                self.changed.add(ifindex)

    def wait(self, holder: Future[float], up: bool) -> None:
        """Wait until the first link has been announced."""
        poll = select.poll()
        for sock in self.socks:
            poll.register(sock, select.POLLIN)
        while not self.read(up):
            if holder.done():
                holder.result()
            if not poll.poll(_PATIENCE_S * 1000):
                raise EnvironmentProblem("no link of the group was announced: RTNL is held by somebody else")


@contextmanager
def _group(lab: Lab, pairs: int) -> Iterator[tuple[Route, _News]]:
    """Make a group of veth links in the lab's own namespace, and be told of them; nothing remains."""
    root, home = lab.plumbing.root, lab.plumbing.home
    before = _indexes()
    root.ask_all([_veth(home, number) for number in range(pairs)], "make links")
    own = _indexes() - before
    root.ask_all([links.set_link(one, group=_GROUP) for one in own], "put links into a group")
    netns = NetNS("lab", home, home)
    with contextlib.ExitStack() as sockets:
        asking = sockets.enter_context(netns.socket(_AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE))
        hearing = [sockets.enter_context(_hearing(netns, share)) for share in range(_SHARES)]
        yield Route(asking, "lab"), _News(hearing, own)
    root.ask(links.RTM_DELLINK, 0, links.set_link(0, group=_GROUP)[2], "remove the links")


def _hearing(netns: NetNS, share: int) -> socket.socket:
    """A socket that is told of the links whose index has the remainder `share`.

    The announcements of one hold do not fit into what one socket may keep (net.core.rmem_max, 208 KiB until 6.17).
    """
    sock = netns.socket(_AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, NETLINK_ROUTE)
    bpf.attach(sock, bpf.remainder(nlattr.HEADER_LEN + _LOWEST_BYTE_OF_INDEX, _SHARES, share))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 << 20)
    sock.bind((0, _RTMGRP_LINK))
    return sock


def _indexes() -> frozenset[int]:
    return frozenset(index for index, _name in socket.if_nameindex())

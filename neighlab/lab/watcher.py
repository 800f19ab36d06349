"""Who watches a lab hears and reads what everybody may, through sockets of his own, and changes nothing in it.

He asks for tables and parameters (RTM_GETNEIGH, RTM_GETNEIGHTBL), listens to announcements and to the wires, and sends
no frame. What it costs the lab: a dump of each table now and then, and one more copy of each ARP and ND frame.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import nlattr, ns, rtneigh, rtneightbl
from neighlab.kernel.monitor import Monitor, NeighEvent
from neighlab.kernel.netlink import NETLINK_ROUTE, Route
from neighlab.kernel.ns import NetNS
from neighlab.kernel.rtneightbl import NDTPA, NeighTable
from neighlab.lab.plumbing import TABLES
from neighlab.lab.running import Running
from neighlab.model import knobs
from neighlab.model.countdown import next_timer
from neighlab.model.families import VERSIONS
from neighlab.model.live import EntryNow, FrameNow, LabNow, LossNow, NewsNow, TableNow
from neighlab.model.neigh import Neigh
from neighlab.model.nud import NUD
from neighlab.wire.tap import Tap

News = NewsNow | FrameNow | LossNow
_Key = tuple[str, int, str]
_Seen = tuple[object, ...]

_AF: Final = {int(socket.AF_INET): 4, int(socket.AF_INET6): 6}
_KINDS: Final = {
    rtneigh.RTM_NEWNEIGH: "NEWNEIGH",
    rtneigh.RTM_DELNEIGH: "DELNEIGH",
    rtneigh.RTM_GETNEIGH: "GETNEIGH",
}
_PARMS_HOLD_S: Final = 2.0
_PARMS: Final = {
    version: {
        knob.ndta.number: knob.name
        for knob in knobs.knobs()
        if knob.ndta is not None and knob.same_as is None and version in knob.families
    }
    | {int(NDTPA.REACHABLE_TIME): "reachable_time_ms"}
    for version in (4, 6)
}


class Watcher:
    """Everything there is to be known of a lab from inside its user and network namespaces (see lab.enter.call)."""

    def __init__(self, lab: Running, *, listen: bool = True) -> None:
        self.lab = lab
        self.started = time.monotonic()
        home = ns.open_current_net()
        self.monitor = Monitor()
        self._root = NetNS("lab", home, home)
        self._hosts = {name: _opened(lab, name, home) for name in lab.hosts}
        self._routes = {
            name: Route(netns.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE), name)
            for name, netns in self._hosts.items()
        }
        self._asker = Route(self._root.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE), lab.name)
        self.taps = [
            Tap(self._hosts[where] if where else self._root, ends, ifname)
            for where, ifname, ends in (lab.places if listen else ())
        ]
        self._parms_of: dict[str, tuple[float, dict[tuple[int, int], dict[str, int]]]] = {}
        self._ifnames: dict[tuple[str, int], str] = {}
        self._known: dict[_Key, _Seen] = {}
        self._lost = 0
        self._looked = False
        self._took_s = 0.0

    @property
    def sockets(self) -> list[socket.socket]:
        """What becomes readable when there is news."""
        return [self.monitor.sock, *(tap.sock for tap in self.taps)]

    def now_ms(self) -> float:
        """Milliseconds since the watching began."""
        return (time.monotonic() - self.started) * 1000

    def pause_s(self, wanted_s: float) -> float:
        """How long to wait after a look before the next: as wanted, but looking takes a fifth of the time at most."""
        return max(wanted_s, 4 * self._took_s)

    def news(self) -> list[News]:
        """What has been announced and heard since the last call, by time."""
        found: list[News] = list(self._announced())
        for tap in self.taps:
            for seen in tap.read():
                if seen.direction == "sent":
                    found.append(FrameNow(self._ms(seen.at), seen.host, seen.ifname, seen.frame))
        lost = sum(tap.lost for tap in self.taps)
        if lost > self._lost:
            found.append(LossNow(self.now_ms(), "frames", lost - self._lost))
            self._lost = lost
        return sorted(found, key=lambda one: one.t_ms)

    def look(self) -> tuple[LabNow, list[News]]:
        """The lab as it is now; and the news, those included of which the kernel says nothing (it enters INCOMPLETE and
        DELAY silently).
        """
        started = time.monotonic()
        news = self.news()
        before = dict(self._known)
        tables = self._tables(self._asker)
        dumped = {name: self._dump(name) for name in self._hosts}
        at = self.now_ms()
        meanwhile = self.news()
        told = {(one.host, one.neigh.ifindex, one.neigh.addr) for one in meanwhile if isinstance(one, NewsNow)}
        entries = list(self._entries(dumped, tables))
        found = [one for one in self._unannounced(dumped, before, at) if _key(one) not in told]
        news += found if self._looked else []
        self._looked = True
        for one in found:
            self._remember(one)
        self._took_s = time.monotonic() - started
        own = {version: sum(_AF.get(one.neigh.family) == version for one in entries) for version in (4, 6)}
        lab = self.lab
        now = LabNow(
            lab.name, lab.title, lab.families, lab.hosts, at, time.time(), lab.age_s, entries,
            [_table(tables[version], own[version]) for version in _versions(lab) if version in tables],
            bool(lab.places),
        )  # fmt: skip
        return now, [*news, *meanwhile]

    # -- inside

    def _ms(self, at: float) -> float:
        return (at - self.started) * 1000

    def _announced(self) -> Iterator[News]:
        events, overflow = self.monitor.read()
        for event in events:
            if isinstance(event, NeighEvent) and 0 < event.nsid <= len(self.lab.hosts):
                host = self.lab.hosts[event.nsid - 1]
                ifname = self._ifname(host, event.neigh.ifindex)
                one = NewsNow(self._ms(event.at), host, ifname, _KINDS[event.kind], event.neigh)
                self._remember(one)
                yield one
        if overflow:
            yield LossNow(self.now_ms(), "events", 1)

    def _remember(self, one: NewsNow) -> None:
        if one.event in ("DELNEIGH", "MISSED"):
            self._known.pop(_key(one), None)
        elif one.event != "GETNEIGH":
            self._known[_key(one)] = _seen(one.neigh)

    def _unannounced(self, dumped: dict[str, list[Neigh]], before: dict[_Key, _Seen], at: float) -> Iterator[NewsNow]:
        present = set()
        for host, neighs in dumped.items():
            for neigh in neighs:
                key = (host, neigh.ifindex, neigh.addr)
                present.add(key)
                if before.get(key) != _seen(neigh):
                    yield NewsNow(at, host, self._ifname(host, neigh.ifindex), "FOUND", neigh)
        for host, ifindex, addr in before.keys() - present:
            gone = Neigh(addr, NUD.NONE, None, ifindex, 10 if ":" in addr else 2)
            yield NewsNow(at, host, self._ifname(host, ifindex), "MISSED", gone)

    def _dump(self, host: str) -> list[Neigh]:
        body = rtneigh.encode_dump()
        neighs = self._routes[host].collect(
            nlattr.RTM_GETNEIGH, body, "read the neighbour table", rtneigh.decode_neighs
        )
        return [neigh for neigh in neighs if neigh.family in _AF]

    def _entries(self, dumped: dict[str, list[Neigh]], tables: dict[int, NeighTable]) -> Iterator[EntryNow]:
        for host, neighs in dumped.items():
            parms = self._parms(host) if neighs else {}
            for neigh in neighs:
                version = _AF[neigh.family]
                mine = parms.get((version, neigh.ifindex))
                every = _collected_every_ms(tables.get(version))
                timer = next_timer(neigh, mine, collected_every_ms=every) if mine is not None else None
                yield EntryNow(host, self._ifname(host, neigh.ifindex), neigh, timer)

    def _parms(self, host: str) -> dict[tuple[int, int], dict[str, int]]:
        """The parameters in force by IP version and interface index, read again after some seconds."""
        read, found = self._parms_of.get(host, (0.0, {}))
        if time.monotonic() < read + _PARMS_HOLD_S:
            return found
        found = {}
        for one in self._collect_tables(self._routes[host]):
            if one.ifindex and one.family in _AF:
                found[_AF[one.family], one.ifindex] = parameters(one)
        self._parms_of[host] = time.monotonic(), found
        return found

    def _tables(self, route: Route) -> dict[int, NeighTable]:
        """The kernel's tables by IP version."""
        versions = {name: version for version, name in TABLES.items()}
        return {
            versions[one.name]: one
            for one in self._collect_tables(route)
            if one.name in versions and one.stats is not None
        }

    def _collect_tables(self, route: Route) -> list[NeighTable]:
        body = rtneightbl.encode_dump()
        return route.collect(nlattr.RTM_GETNEIGHTBL, body, "read the tables", rtneightbl.decode_tables)

    def _ifname(self, host: str, ifindex: int) -> str:
        """The name of an interface; asked for again when there is a new one."""
        if (host, ifindex) not in self._ifnames:
            with self._hosts[host].entered():
                self._ifnames.update({(host, index): name for index, name in socket.if_nameindex()})
        return self._ifnames.setdefault((host, ifindex), f"if{ifindex}")


def parameters(table: NeighTable) -> dict[str, int]:
    """The parameters of one interface by knob name, and `reachable_time_ms`, the time that the kernel has drawn."""
    names = _PARMS[_AF[table.family]]
    return {names[number]: value for number, value in table.parms.items() if number in names}


def _opened(lab: Running, host: str, home: int) -> NetNS:
    try:
        return NetNS(host, os.open(lab.net(host), os.O_RDONLY | os.O_CLOEXEC), home)
    except OSError as problem:
        raise EnvironmentProblem(f"cannot look into {host} of {lab.name}: {problem.strerror}") from None


def _key(one: NewsNow) -> _Key:
    return one.host, one.neigh.ifindex, one.neigh.addr


def _seen(neigh: Neigh) -> _Seen:
    """What of an entry is news when it changes: not its ages."""
    return neigh.state, neigh.lladdr, neigh.flags


def _versions(lab: Running) -> tuple[int, ...]:
    return next((versions for families, versions in VERSIONS.items() if families == lab.families), (4, 6))


def _table(table: NeighTable, own: int) -> TableNow:
    entries = table.stats.entries if table.stats is not None else 0
    return TableNow(table.name, entries, own, table.thresh1 or 0, table.thresh2 or 0, table.thresh3 or 0)


def _collected_every_ms(table: NeighTable | None) -> float | None:
    """How often the periodic collection looks at a table, None while it holds so little that nothing is collected
    (neigh_periodic_work).
    """
    if table is None or table.stats is None or table.stats.entries < (table.thresh1 or 0):
        return None
    return table.parms.get(NDTPA.BASE_REACHABLE_TIME, 30_000) / 2

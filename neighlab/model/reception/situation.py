"""Whether a frame has an effect depends on its receiver at that moment: settings, addresses, routes, one entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_interface, ip_network
from typing import Final, NamedTuple

from neighlab.model import knobs
from neighlab.model.ifaddr import IFA
from neighlab.model.neigh import Neigh

SCOPE_LINK: Final = 253
SCOPE_HOST: Final = 254


class OwnAddr(NamedTuple):
    """An address of the host, on any of its interfaces; `scope` is 0 (universe), 253 (link) or 254 (host)."""

    addr: str
    prefixlen: int
    ifname: str
    scope: int = 0
    flags: IFA = IFA.NONE

    def covers(self, addr: str) -> bool:
        """Is another address in this one's subnet (inet_ifa_match, ipv6_chk_prefix)?"""
        other = ip_address(addr)
        network = ip_interface(f"{self.addr}/{self.prefixlen}").network
        return other.version == network.version and other in network


class Route(NamedTuple):
    """A route: `kind` is unicast, local, broadcast, unreachable, ...; `table` 255 is the local one, 254 main."""

    destination: str
    kind: str
    table: int
    ifname: str
    metric: int = 0
    scope: int = 0
    gateway: str = ""


class Rule(NamedTuple):
    """A policy rule: which table is asked for lookups from `src` to `dst` that came in by `iif` ("" is any).

    `action` is "table", or what becomes of the lookup: "blackhole", "unreachable", "prohibit", "nop".
    """

    priority: int
    src: str = ""
    dst: str = ""
    iif: str = ""
    table: int = 254
    action: str = "table"
    inverted: bool = False

    def fits(self, addr: str, src: str, iif: str) -> bool:
        """Is this rule about a lookup of `addr`, asked from `src` (fib4_rule_match, fib_rule_match)?"""
        by = (
            self.iif in ("", iif)
            and (not self.src or ip_address(src) in ip_network(self.src))
            and (not self.dst or ip_address(addr) in ip_network(self.dst))
        )
        return by is not self.inverted


RULES: Final = (Rule(0, table=255), Rule(32766, table=254), Rule(32767, table=253))
"""What every namespace has from its birth: the tables local, main and default."""


class Value(NamedTuple):
    """A setting as it is in force, and what it is made of: `arp_accept=1 (conf.all=0 conf.eth0=1)`."""

    name: str
    value: int
    sources: tuple[tuple[str, int], ...] = ()

    def __str__(self) -> str:
        return f"{self.name}={self.value}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is true of a receiver whoever sends: it changes only when somebody sets something."""

    host: str
    ifname: str
    lladdr: str
    arp: bool = True
    """False when the interface is IFF_NOARP (`ip link set arp off`)."""
    addrs: tuple[OwnAddr, ...] = ()
    routes: tuple[Route, ...] = ()
    rules: tuple[Rule, ...] = RULES
    settings: Mapping[tuple[int, str, str], int] = field(default_factory=dict)
    """(4 or 6, `all` or an interface, knob's name) -> value of its sysctl."""
    parms: Mapping[str, int] = field(default_factory=dict)
    """The interface's neighbour parameters that decide something: `locktime_ms`, and `proxy_delay_ms` of IPv4 and, as
    `proxy_delay6_ms`, of IPv6."""
    groups: frozenset[str] = frozenset()
    """The IPv6 groups that the interface has joined."""
    anycast: frozenset[str] = frozenset()
    proxies: frozenset[str] = frozenset()
    """The addresses that the interface answers for (`ip neigh add proxy`)."""
    kernel: tuple[int, ...] = (6, 18)


@dataclass(frozen=True, slots=True)
class Situation:
    """A receiver at the moment in which a frame reaches it: `entry` is what it has for the address that the frame is
    about, and `since_update_ms` how long ago that entry last changed.
    """

    here: Surroundings
    entry: Neigh | None = None
    since_update_ms: float = float("inf")

    def value(self, version: int, name: str) -> Value:
        """A conf knob as it is in force on the receiving interface, all and the interface combined."""
        knob = knobs.find(name, version)
        parts = {dev: self.here.settings.get((version, dev, name), 0) for dev in ("all", self.here.ifname)}
        value = knobs.effective(knob, parts["all"], parts[self.here.ifname])
        relevant = parts if knob.combine != "device" else {self.here.ifname: parts[self.here.ifname]}
        return Value(name, value, tuple((f"conf.{dev}", one) for dev, one in relevant.items()))

    def of(self, version: int, dev: str, name: str) -> int:
        """A conf knob of one device, or of `all`, by itself."""
        return self.here.settings.get((version, dev, name), 0)

    def own(self, version: int, *, ifname: str | None = None) -> list[OwnAddr]:
        """The host's addresses of a family, or those of one interface."""
        return [
            one
            for one in self.here.addrs
            if (":" in one.addr) == (version == 6) and ifname in (None, one.ifname)
        ]  # fmt: skip

    def on_link(self, addr: str) -> bool:
        """Is an address in a subnet of the receiving interface (inet_addr_onlink, ipv6_chk_prefix)?"""
        version = 6 if ":" in addr else 4
        return any(one.covers(addr) for one in self.own(version, ifname=self.here.ifname))

    def ways(self, addr: str, table: int) -> list[Route]:
        """The routes of a table to an address: the longest prefix first, then the least metric."""
        ip = ip_address(addr)
        fits = [one for one in self.here.routes if one.table == table and ip in ip_network(one.destination)]
        return sorted(fits, key=lambda one: (-ip_network(one.destination).prefixlen, one.metric))

    def main_addr(self, version: int) -> str | None:
        """The first global address of the receiving interface."""
        mine = self.own(version, ifname=self.here.ifname)
        return next((one.addr for one in mine if one.scope == 0), mine[0].addr if mine else None)

    def spare_addr(self, version: int) -> str:
        """An address in the receiving interface's subnet that is not the host's own."""
        mine = {one.addr for one in self.here.addrs}
        for one in self.own(version, ifname=self.here.ifname):
            if one.scope != 0:
                continue
            network = ip_interface(f"{one.addr}/{one.prefixlen}").network
            for number in range(1, min(network.num_addresses - 1, 256)):
                candidate = str(network.network_address + number)
                if candidate not in mine:
                    return candidate
        return "192.0.2.200" if version == 4 else "2001:db8::200"

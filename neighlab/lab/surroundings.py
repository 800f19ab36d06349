"""A receiver is read as it is now: addresses, routes, settings and one entry, in some ten requests."""

from __future__ import annotations

import socket
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from neighlab.kernel import links, rtaddr, rtneightbl, rtroute, rtrule
from neighlab.kernel.features import kernel_version
from neighlab.kernel.netlink import NetlinkError
from neighlab.lab.expect import Watcher
from neighlab.model.neigh import Neigh
from neighlab.model.reception.situation import OwnAddr, Route, Rule, Situation, Surroundings

if TYPE_CHECKING:
    from neighlab.lab.host import Host

_ROOT: Final = "/proc/sys/net/"
_FAMILIES: Final = {4: socket.AF_INET, 6: socket.AF_INET6}
_KNOBS: Final = {
    4: ("accept_local", "arp_accept", "arp_filter", "arp_ignore", "drop_gratuitous_arp", "forwarding", "medium_id",
        "proxy_arp", "proxy_arp_pvlan", "route_localnet", "rp_filter", "send_redirects"),
    6: ("accept_redirects", "accept_untracked_na", "dad_transmits", "disable_ipv6", "drop_unicast_in_l2_multicast",
        "drop_unsolicited_na", "forwarding", "proxy_ndp", "router_solicitation_delay"),
}  # fmt: skip
"""The conf knobs that decide what becomes of a frame."""


def surroundings(host: Host, dev: str | None = None) -> Surroundings:
    """What is true of one interface of a host now, whoever sends."""
    intf = host.intf(dev)
    ifname, route = str(intf.name), host.node.route
    versions = host.lab.plumbing.versions
    with host.node.netns.entered():
        names = dict(socket.if_nameindex())
        groups = _joined("igmp6", ifname) if 6 in versions else frozenset[str]()
        anycast = _joined("anycast6", ifname) if 6 in versions else frozenset[str]()
        settings = {
            (version, device, knob): value
            for version in versions
            for device in ("all", *names.values())
            for knob in _KNOBS[version]
            if (value := _read(f"ipv{version}/conf/{device}/{knob}")) is not None
        }
    addrs: list[OwnAddr] = route.collect(
        rtaddr.RTM_GETADDR,
        rtaddr.encode_dump(),
        "read the addresses",
        lambda data, out: rtaddr.decode_own(data, names, out),
    )
    routes: list[Route] = [
        one
        for version in versions
        for one in route.collect(
            rtroute.RTM_GETROUTE, rtroute.encode_dump(_FAMILIES[version]), "read the routes",
            lambda data, out: rtroute.decode_routes(data, names, out),
        )
    ]  # fmt: skip
    rules: list[Rule] = route.collect(
        rtrule.RTM_GETRULE, rtrule.encode_dump(socket.AF_INET), "read the rules", rtrule.decode_rules
    )
    data, start, _end = route.get(links.RTM_GETLINK, links.query_link(intf.ifindex), f"look at {ifname}")
    flags = links.flags_of(data, start)
    proxies = frozenset(one.addr for one in host.neigh_dump(proxy=True) if one.ifindex == intf.ifindex)
    return Surroundings(
        host.name, ifname, str(intf.lladdr), not flags & links.IFF_NOARP, tuple(addrs), tuple(routes),
        tuple(rules), settings,
        _parms(host, intf.ifindex, versions), groups, anycast, proxies, kernel_version(),
    )  # fmt: skip


def situation(host: Host, addr: str | None, dev: str | None = None, *, here: Surroundings | None = None) -> Situation:
    """A receiver as it is now, with its entry for an address; `here` is its surroundings if they are known."""
    here = here or surroundings(host, dev)
    entry = entry_of(host, addr, here.ifname) if addr is not None else None
    return Situation(here, entry, float(entry.updated_ms) if entry is not None else float("inf"))


def entry_of(host: Host, addr: str, dev: str) -> Neigh | None:
    """The entry as it is; None where there is none, or can be none (an address of a family that the lab lacks)."""
    try:
        return host.neigh_get(addr, dev=dev)
    except NetlinkError:
        return None


def _parms(host: Host, ifindex: int, versions: tuple[int, ...]) -> dict[str, int]:
    number = rtneightbl.NDTPA
    found = {}
    for version, suffix in ((4, ""), (6, "6")):
        if version in versions:
            parms = Watcher(host.lab, host).parms(ifindex, version)
            found[f"proxy_delay{suffix}_ms"] = parms[number.PROXY_DELAY]
            found[f"retrans_time{suffix}_ms"] = parms[number.RETRANS_TIME]
            found[f"locktime{suffix}_ms"] = parms[number.LOCKTIME]
    return found


def _read(path: str) -> int | None:
    """A sysctl in the namespace of this thread; None where this kernel has none."""
    try:
        with open(_ROOT + path, "rb", buffering=0) as file:
            return int(file.read(32))
    except (OSError, ValueError):
        return None


def _joined(table: str, ifname: str) -> frozenset[str]:
    """The groups, or anycast addresses, of an interface in the namespace of this thread."""
    try:
        with open(f"/proc/thread-self/net/{table}") as file:
            rows = [line.split() for line in file]
    except OSError:
        return frozenset()
    return frozenset(str(IPv6Address(int(row[2], 16))) for row in rows if row[1] == ifname)

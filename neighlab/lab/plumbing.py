"""What a lab's namespaces have in common: who is at home where, which numbers are taken, which families are spoken."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from neighlab.errors import EnvironmentProblem, ScenarioError, Unsupported
from neighlab.kernel import links, nlattr, ns, rtneightbl, sysctl
from neighlab.kernel.netlink import NETLINK_ROUTE, NetlinkError, Route
from neighlab.kernel.ns import NetNS
from neighlab.lab import enclosure
from neighlab.model import knobs
from neighlab.model.addresses import host_lladdr
from neighlab.model.families import VERSIONS, Families
from neighlab.model.knobs import Knob, Scope, Setting

_AF_NETLINK = 16
_SOCK_RAW = 3
TABLES = {4: "arp_cache", 6: "ndisc_cache"}


@dataclass(slots=True)
class Plumbing:
    """The lab's own root namespace (bridges live there), and how namespaces of hosts are made."""

    families: Families
    settings: tuple[Setting, ...] = ()
    """Deviations from the baseline that hold in every host (`run --set`), and that a story may override."""
    make_net: Callable[[str], int | None] | None = None
    """Who else makes the namespace of a host of this name (see lab.owner): a descriptor, or None for the lab itself."""
    watch: Callable[[str, int], None] | None = None
    """Who wants to know each namespace of the lab as soon as there is one, by a descriptor (see lab.witness)."""
    home: int = -1
    root: Route = field(init=False)
    namespaces: dict[str, tuple[NetNS, Route]] = field(default_factory=dict)
    taken: int = 0
    own_devices: int = 0
    next_ifindex: int = 2
    lacking: set[str] = field(default_factory=set)
    """Baseline settings that this kernel does not have."""

    def __post_init__(self) -> None:
        self.home = ns.open_current_net()
        if self.watch is not None:
            self.watch("lab", self.home)
        quiet = {f"ipv6/conf/{dev}/disable_ipv6": 1 for dev in ("all", "default")}
        sysctl.write_here(quiet)  # a bridge with IPv6 would send reports and solicitations of its own
        self.root = Route(NetNS("lab", self.home, self.home).socket(_AF_NETLINK, _SOCK_RAW, NETLINK_ROUTE), "lab")
        self.root.ask(*links.set_link(1, up=True), "bring lo up")

    @property
    def versions(self) -> tuple[int, ...]:
        """The IP versions that the lab speaks: (4,), (6,) or (4, 6)."""
        return VERSIONS[self.families]

    def make_namespace(self, name: str) -> tuple[NetNS, Route]:
        """Make a namespace, visible to `ip netns` as `name`, with every conf knob at its baseline before any device
        exists.
        """
        made = self.make_net(name) if self.make_net is not None else None
        try:
            if made is None:
                ns.unshare(ns.CLONE_NEWNET)
            else:
                ns.setns(made, ns.CLONE_NEWNET)
                os.close(made)
        except OSError as problem:
            raise EnvironmentProblem(f"cannot make a network namespace for {name}: {problem.strerror}") from None
        try:
            fd = ns.open_current_net()
            if self.watch is not None:
                self.watch(name, fd)
            self.lacking.update(sysctl.write_here(self.baseline_conf()))
            enclosure.protect_machine()
            here = NetNS(name, fd, self.home)
            with contextlib.suppress(FileExistsError):
                os.close(os.open(f"/run/netns/{name}", os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444))
            ns.mount("/proc/thread-self/ns/net", f"/run/netns/{name}", None, ns.MS_BIND)
        finally:
            ns.setns(self.home, ns.CLONE_NEWNET)
        route = Route(here.socket(_AF_NETLINK, _SOCK_RAW, NETLINK_ROUTE), name)
        self.namespaces[name] = here, route
        self.root.ask(*links.name_nsid(fd, len(self.namespaces)), f"number the namespace of {name}")
        return here, route

    def baseline_conf(self) -> dict[str, int]:
        """The conf sysctls of a fresh host: `all`, `default` (new devices copy it), and those for `lo`."""
        values: dict[str, int] = {}
        for version in self.versions:
            for name, value in knobs.baseline_conf(version).items():
                values[f"ipv{version}/conf/all/{name}"] = value
                values[f"ipv{version}/conf/default/{name}"] = value
            for dev in (None, "default", "all", "lo"):
                values |= self._chosen(Scope.CONF, version, dev)
        if 6 not in self.versions:
            values["ipv6/conf/all/disable_ipv6"] = values["ipv6/conf/default/disable_ipv6"] = 1
        return values

    def device_conf(self, ifname: str) -> dict[str, int]:
        """The conf sysctls that were chosen for interfaces of this name; they can be written when it exists."""
        return {
            path: value
            for version in self.versions
            for path, value in self._chosen(Scope.CONF, version, ifname).items()
        }

    def _chosen(self, scope: Scope, version: int, dev: str | None) -> dict[str, int]:
        """The settings of one scope and version for one device (None: for every device), by sysctl path."""
        return {
            f"ipv{version}/{scope.value}/{dev or 'default'}/{knob.sysctl}": value
            for knob, where, value in self._settings_of(version)
            if knob.scope is scope and where == dev
        }

    def _settings_of(self, version: int) -> Iterator[tuple[Knob, str | None, int]]:
        """The settings that concern one version; without a family said, those of its knobs that have the name."""
        for said, dev, family, value in self.settings:
            for knob in knobs.knobs():
                if knob.name == said.name and version in knob.families and family in (None, version):
                    yield knob, dev, value

    def baseline_neigh(self, ifname: str, ifindex: int) -> list[links.Request]:
        """The requests that write every per-device neighbour parameter of a new device."""
        requests = []
        for version in self.versions:
            values = {knobs.find(name, version): value for name, value in knobs.baseline_neigh(version).items()}
            for knob, dev, value in self._settings_of(version):
                if knob.scope is Scope.NEIGH and dev in (None, ifname):
                    values[knob] = value
            requests.append(neigh_request(version, ifindex, values))
        return requests

    def new_lladdr(self) -> str:
        """The next link-layer address of this lab."""
        self.taken += 1
        return host_lladdr(self.taken)

    def new_bridge_lladdr(self) -> str:
        """The next address for a device of the lab's own side, which no story ever sees."""
        self.own_devices += 1
        return f"02:00:00:00:{self.own_devices >> 8:02x}:{self.own_devices & 0xFF:02x}"

    def new_ifindex(self) -> int:
        """The next interface index in the lab's root namespace."""
        self.next_ifindex += 1
        return self.next_ifindex


def neigh_request(version: int, ifindex: int, values: Mapping[Knob, int]) -> links.Request:
    """The request that sets neighbour parameters of one device in one of the two tables, exact to the millisecond."""
    parms = {knob.ndta.number: knob.wire(value) for knob, value in values.items() if knob.ndta is not None}
    return nlattr.RTM_SETNEIGHTBL, 0, rtneightbl.encode_set_parms(TABLES[version], ifindex, parms)


def carry_out(route: Route, requests: list[links.Request], doing: str) -> None:
    """Send requests; a refusal becomes a line that says what the lab was doing and what the kernel lacks."""
    if not requests:
        return
    try:
        route.ask_all(requests, doing)
    except NetlinkError as problem:
        if problem.errno in (95, 93):  # EOPNOTSUPP: the kernel does not know this kind of device
            raise Unsupported(f"{problem}: this kernel lacks it") from None
        raise ScenarioError(str(problem)) from None

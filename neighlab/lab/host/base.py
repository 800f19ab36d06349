"""A host has a name, interfaces and addresses, and its verbs fail with one clear line."""

from __future__ import annotations

import contextlib
import socket
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any, cast

from neighlab.errors import ScenarioError
from neighlab.kernel import links, sysctl
from neighlab.kernel.netlink import NetlinkError
from neighlab.lab.expect import Watcher
from neighlab.wire.port import Port

if TYPE_CHECKING:
    from neighlab.lab.host import Host
    from neighlab.lab.lab import Lab


class HostBase:
    """Who a host is: what all its verbs build on."""

    def __init__(self, lab: Lab, node: Any) -> None:
        self.lab = lab
        self.node = node
        self.name: str = node.name
        self._ports: dict[str, Port] = {}
        self._watcher = Watcher(lab, self.whole)

    @property
    def whole(self) -> Host:
        """This host with all its verbs, whichever of them is speaking."""
        return cast("Host", self)

    def __repr__(self) -> str:
        return f"<Host {self.name}>"

    def intf(self, dev: str | None = None) -> Any:
        """The Mininet interface `dev`, or the first one."""
        found = self.node.nameToIntf.get(dev) if dev else self.node.defaultIntf()
        if found is None:
            names = ", ".join(self.node.nameToIntf) or "none"
            raise ScenarioError(f"{self.name} has no interface{f' {dev}' if dev else ''}: it has {names}")
        return found

    @property
    def ifname(self) -> str:
        """Name of the first interface."""
        return str(self.intf().name)

    @property
    def lladdr(self) -> str:
        """Link-layer address of the first interface."""
        return str(self.intf().lladdr)

    @property
    def addr(self) -> str:
        """The address of the first interface in the lab's (first) family."""
        return self.addr_of(self.lab.version)

    def addr_of(self, version: int, dev: str | None = None) -> str:
        """The first IPv4 (4) or IPv6 (6) address given to an interface."""
        for addr in self.intf(dev).addrs:
            if (":" in addr) == (version == 6):
                return str(addr)
        raise ScenarioError(f"{self.name} {self.intf(dev).name} has no IPv{version} address in this lab")

    def ifindex_of(self, dev: str | None) -> int:
        """Index of an interface, which may also be lo or one that the story has made by itself."""
        if dev and dev not in self.node.nameToIntf:
            with self.node.netns.entered(), contextlib.suppress(OSError):
                return socket.if_nametoindex(dev)
        return int(self.intf(dev).ifindex)

    def ifname_of(self, ifindex: int) -> str:
        """Name of the interface with this index."""
        return next((str(one.name) for one in self.node.intfList() if one.ifindex == ifindex), f"if{ifindex}")

    def _ask(self, request: links.Request, doing: str) -> None:
        try:
            self.node.route.ask(*request, doing)
        except NetlinkError as problem:
            raise ScenarioError(str(problem)) from None

    def _check_addr(self, addr: str) -> str:
        """The address as the kernel's announcements have it."""
        try:
            return str(ip_address(addr))
        except ValueError as problem:
            raise ScenarioError(f"{self.name}: {problem}") from None

    def read_sysctl(self, path: str) -> str:
        """Read a sysctl of this host by its path below net/."""
        return sysctl.read(self.node.netns, path)


def far_end(intf: Any) -> Any:
    """The other end of an interface's wire: another host's interface, or a port of a bridge."""
    return intf.link.intf2 if intf.link.intf1 is intf else intf.link.intf1

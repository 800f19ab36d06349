"""A lab is a mininet.net.Mininet whose hosts, links and bridges are made by netlink, unprivileged, without any
helper program.

Everything that talks to Mininet's classes is in this folder. Node.cmd() and Mininet's prompt work as documented there;
fixLimits() (which would raise the machine's gc_thresh for good), `mn -c` and every call of ifconfig, brctl, mnexec and
ethtool are gone.
"""

from __future__ import annotations

import contextlib
from typing import Any

from neighlab.lab.mininet.nodes import LabBridge, LabHost, LabNode
from neighlab.lab.mininet.stock import Mininet, output
from neighlab.lab.mininet.wires import LabLink, LongNameLink
from neighlab.lab.plumbing import Plumbing


class LabNet(Mininet):  # type: ignore[misc]
    """The network of one lab. Mininet's verbs work; what they cannot do here they say."""

    def __init__(self, topo: Any, plumbing: Plumbing, *, short_names: bool = True) -> None:
        self.plumbing = plumbing
        self.next_ip6 = 1
        Mininet.inited = True  # never fixLimits(): it would raise the machine's gc_thresh1..3 for good
        link = LabLink if short_names else LongNameLink
        super().__init__(topo=topo, host=LabHost, switch=LabBridge, link=link, controller=None, build=False)
        self.start()

    def addHost(self, name: str, cls: Any = None, **params: Any) -> LabNode:
        """Add a host; a user's own Node class keeps its behaviour on top of a lab's host."""
        params.setdefault("ip6", f"2001:db8::{self.next_ip6:x}/64")
        self.next_ip6 += 1
        host: LabNode = super().addHost(name, cls=_adapt(cls, LabHost), plumbing=self.plumbing, **params)
        return host

    def addSwitch(self, name: str, cls: Any = None, **params: Any) -> LabBridge:
        """Add a bridge; Mininet's own switch classes (Open vSwitch and the like) become one, too."""
        stock = cls is not None and cls.__module__.startswith("mininet.")
        switch: LabBridge = super().addSwitch(
            name, cls=None if stock else _adapt(cls, LabBridge), plumbing=self.plumbing, **params
        )
        return switch

    def addLink(
        self, node1: Any, node2: Any, port1: Any = None, port2: Any = None, cls: Any = None, **params: Any
    ) -> Any:
        """Add a link; TCLink and other classes become a plain veth, whose options are refused one by one if they mean
        netem.
        """
        return super().addLink(node1, node2, port1=port1, port2=port2, cls=self.link, **params)

    @staticmethod
    def randMac() -> None:
        """No random addresses: a lab's are the same each time (LabLink gives them out)."""

    def configHosts(self) -> None:
        """Configure the hosts as their topology says; hosts without interface stay as they are."""
        for host in self.hosts:
            if host.defaultIntf():
                host.configDefault()

    def ping(self, hosts: Any = None, timeout: Any = None) -> float:
        """Ping between all (or the given) hosts with neighlab's own echo requests; return the loss in percent."""
        from neighlab.wire.echo import echo

        chosen = hosts or self.hosts
        sent = lost = 0
        output("*** Ping: testing ping reachability\n")
        for node in chosen:
            output(f"{node.name} -> ")
            for other in chosen:
                if node is other:
                    continue
                target = next((addr for intf in other.intfList() for addr in intf.addrs), None)
                sent += 1
                answered = False
                if target is not None:
                    with contextlib.suppress(OSError):  # no route, or known to be unreachable: as good as no answer
                        answered = echo(node.netns, target, timeout_s=float(timeout or 1)) is not None
                lost += not answered
                output(f"{other.name} " if answered else "X ")
            output("\n")
        percent = 100.0 * lost / sent if sent else 0.0
        output(f"*** Results: {percent:.0f}% dropped ({sent - lost}/{sent} received)\n")
        return percent


def _adapt(cls: Any, base: type[LabNode]) -> Any:
    """A user's Node subclass with the lab's machinery below: its own methods win over ours, ours over Mininet's."""
    if cls is None or issubclass(cls, LabNode):
        return cls
    if cls.__module__.startswith("mininet."):
        return None
    return type(cls.__name__, (cls, base), {"__module__": cls.__module__})

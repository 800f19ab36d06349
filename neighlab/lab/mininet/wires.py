"""A link is a veth pair whose ends are born in their namespaces, under their final names."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from ipaddress import ip_interface
from typing import Any, Final, TypeAlias

from neighlab.errors import ScenarioError, Unsupported
from neighlab.kernel import links, sysctl
from neighlab.kernel.netlink import NetlinkError
from neighlab.lab.mininet.nodes import LabBridge, LabNode
from neighlab.lab.mininet.stock import Intf, Link
from neighlab.lab.plumbing import carry_out


class LabIntf(Intf):  # type: ignore[misc]
    """One end of a veth pair; `ifindex` is known from the start because the lab chose it."""

    def __init__(self, name: str, ifindex: int, lladdr: str, **params: Any) -> None:
        self.ifindex = ifindex
        self.lladdr = lladdr
        self.addrs: list[str] = []
        super().__init__(name, **params)

    @property
    def host_name(self) -> str:
        """Name of the node that the interface belongs to."""
        return str(self.node.name)

    def _ask(self, request: links.Request, doing: str) -> None:
        carry_out(self.node.route, [request], f"{doing} on {self.name}")

    def setMAC(self, macstr: str) -> str:
        """Change the link-layer address."""
        if macstr.lower() != self.lladdr:
            self._ask(links.set_link(self.ifindex, lladdr=macstr), f"set the address {macstr}")
            self.lladdr = macstr.lower()
        self.mac = self.lladdr
        return ""

    def setIP(self, ipstr: str, prefixLen: int | None = None, **_kwargs: Any) -> str:
        """Add an address, `192.0.2.1/24` or `2001:db8::1/64`; one of a family that the lab does not speak is passed
        over.
        """
        text = ipstr if "/" in ipstr else f"{ipstr}/{prefixLen}" if prefixLen else ipstr
        try:
            interface = ip_interface(text)
        except ValueError as problem:
            raise ScenarioError(f"{self.host_name} {self.name}: {problem}") from None
        if interface.version in self.node.plumbing.versions and str(interface.ip) not in self.addrs:
            self._ask(links.new_addr(self.ifindex, text), f"add the address {text}")
            self.addrs.append(str(interface.ip))
        if interface.version == 4:
            self.ip, self.prefixLen = str(interface.ip), str(interface.network.prefixlen)
        return ""

    def isUp(self, setUp: bool = False) -> bool:
        """Bring the interface up when asked to; tell that it is."""
        if setUp:
            self._ask(links.set_link(self.ifindex, up=True), "bring it up")
        return True

    def ifconfig(self, *args: Any) -> str:
        """Only `up` and `down`, which Mininet itself uses."""
        for word in args:
            if word not in ("up", "down"):
                raise Unsupported(
                    f"ifconfig {' '.join(map(str, args))}: labs configure interfaces by netlink; use Host verbs"
                )
            self._ask(links.set_link(self.ifindex, up=word == "up"), f"set it {word}")
        return ""

    def updateIP(self) -> str | None:
        """The IPv4 address that was given."""
        return str(self.ip) if self.ip else None

    def updateMAC(self) -> str:
        """The link-layer address that was given."""
        return self.lladdr

    def updateAddr(self) -> tuple[str | None, str]:
        """Both."""
        return self.updateIP(), self.lladdr

    def config(self, ip6: str | None = None, **params: Any) -> dict[str, Any]:
        """Configure; link conditions (`bw`, `delay`, `loss`) would need tc and netem and are refused."""
        shaped = {"bw", "delay", "loss", "jitter", "max_queue_size"} & {key for key, value in params.items() if value}
        if shaped:
            raise Unsupported(
                f"{self.host_name} {self.name}: link option {', '.join(sorted(shaped))} needs tc with netem"
            )
        done: dict[str, Any] = super().config(**params)
        self.setParam(done, "setIP", ip=ip6)
        return done

    def delete(self) -> None:
        """Delete the pair; whichever end comes first."""
        with contextlib.suppress(NetlinkError):
            self.node.route.ask(*links.del_link(self.ifindex), f"delete {self.name}")
        self.node.delIntf(self)
        self.link = None


_End: TypeAlias = tuple[LabNode, int, str, int, str, dict[str, Any]]
_FAR: Final = 1000
"""Above the indices of a host's interfaces, of which it has few."""


class LabLink(Link):  # type: ignore[misc]
    """A veth pair, each end born in its namespace under its final name, with a chosen index and address."""

    short_names = True

    def __init__(
        self,
        node1: LabNode,
        node2: LabNode,
        port1: int | None = None,
        port2: int | None = None,
        intfName1: str | None = None,
        intfName2: str | None = None,
        addr1: str | None = None,
        addr2: str | None = None,
        intf: Any = None,
        cls1: Any = None,
        cls2: Any = None,
        params1: dict[str, Any] | None = None,
        params2: dict[str, Any] | None = None,
        fast: bool = True,
        **params: Any,
    ) -> None:
        plumbing = node1.plumbing
        ends = []
        for node, port, ifname, addr, own in (
            (node1, port1, intfName1, addr1, params1), (node2, port2, intfName2, addr2, params2),
        ):  # fmt: skip
            number = node.newPort() if port is None else port
            first = not node.intfs
            given = addr or (node.params.get("mac") if first else None)
            lladdr = given or (plumbing.new_lladdr() if node.inNamespace else plumbing.new_bridge_lladdr())
            ifindex = number + 2 if node.inNamespace else plumbing.new_ifindex()
            ends.append((node, number, ifname or self.intfName(node, number), ifindex, lladdr.lower(), own or {}))
        ends[1] = _told_apart(*ends)
        (near, _, name1, index1, lladdr1, _), (far, _, name2, index2, lladdr2, _) = ends
        request = links.new_veth(
            links.End(name1, index1, lladdr1, near.netns.fd), links.End(name2, index2, lladdr2, far.netns.fd)
        )
        # from the near end's namespace: older kernels (6.1) look for the new index in the one that is asking
        carry_out(near.route, [request], f"link {name1} of {near.name} to {name2} of {far.name}")
        self.fast = fast
        made = []
        for node, number, ifname, ifindex, lladdr, own in ends:
            after = plumbing.baseline_neigh(ifname, ifindex) if node.inNamespace else []
            if isinstance(node, LabBridge):
                after.append(links.set_link(ifindex, master=node.ifindex))
            carry_out(node.route, after, f"write the baseline of {ifname}")
            if node.inNamespace and (chosen := plumbing.device_conf(ifname)):
                sysctl.write(node.netns, chosen)
            made.append(
                LabIntf(ifname, ifindex, lladdr, node=node, port=number, link=self, mac=lladdr,
                        moveIntfFn=_stay, **{**params, **own})
            )  # fmt: skip
        self.intf1, self.intf2 = made

    def intfName(self, node: LabNode, n: int) -> str:
        """`eth0` in hosts of neighlab's own topologies, `NODE-eth0` as Mininet has it elsewhere."""
        return f"eth{n}" if self.short_names and node.inNamespace else f"{node.name}-eth{n}"


class LongNameLink(LabLink):
    """The link of user-written topologies, whose scripts expect Mininet's interface names."""

    short_names = False


def _told_apart(near: _End, far: _End) -> _End:
    """The far end with an index that is not the near end's.

    Kernels like 6.1 take a device whose peer has the same index, in whatever namespace, for one that lies on no other:
    its carrier is no urgent news, and becomes effective up to a second later (linkwatch_urgent_event).
    """
    node, number, ifname, ifindex, lladdr, own = far
    return (node, number, ifname, ifindex + _FAR, lladdr, own) if ifindex == near[3] else far


_stay: Callable[..., None] = lambda *_args, **_kwargs: None  # noqa: E731 - Mininet wants a function that moves an interface

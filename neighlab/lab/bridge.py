"""A bridge decides for each port what it forwards, what it answers itself, and whose frames it lets in."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from neighlab.errors import ScenarioError
from neighlab.kernel import links, nlattr, rtneigh, sysctl
from neighlab.kernel.netlink import NetlinkError
from neighlab.lab import programs
from neighlab.model.nud import NTF, NUD

if TYPE_CHECKING:
    from neighlab.lab.host import Host
    from neighlab.lab.lab import Lab

_AF_BRIDGE = 7
_REPLACE = nlattr.NLM_F_CREATE | nlattr.NLM_F_REPLACE


class Bridge:
    """One bridge of a lab. Its ports are named by the hosts that are plugged in there."""

    def __init__(self, lab: Lab, node: Any) -> None:
        self.lab = lab
        self.node = node
        self.name: str = node.name

    def port(self, host: Host, *, dev: str | None = None, **options: bool) -> None:
        """Set options of a host's port: `neigh_suppress`, `isolated`, `locked`, `learning` (bridge(8))."""
        if unknown := options.keys() - links.PORT_OPTIONS.keys():
            raise ScenarioError(
                f"{self.name}: {', '.join(sorted(unknown))}: a port has {', '.join(links.PORT_OPTIONS)}"
            )
        text = " ".join(f"{name}={int(value)}" for name, value in options.items())
        self._ask(links.set_port(self._ifindex(host, dev), **options), f"port of {host.name}: {text}", "set")

    def admit(self, host: Host, *, dev: str | None = None) -> None:
        """Tie the host's link-layer address to its port for good: a locked port lets in nobody else's frames."""
        attrs = nlattr.attr(nlattr.NDA_LLADDR, links.packed_lladdr(host.intf(dev).lladdr))
        body = rtneigh.neigh_header(_AF_BRIDGE, self._ifindex(host, dev), NUD.NOARP, NTF.MASTER) + attrs
        self._ask((nlattr.RTM_NEWNEIGH, _REPLACE, body), f"{host.intf(dev).lladdr} is behind the port of {host.name}")

    def neigh_set(self, addr: str, lladdr: str) -> None:
        """Make a PERMANENT entry in the bridge's own table, from which neigh_suppress answers."""
        family = 10 if ":" in addr else 2
        if family == 10:  # no address of its own, or it would take part in the conversation
            settings = {"addr_gen_mode": 1, "disable_ipv6": 0}
            sysctl.write(self.node.netns, {f"ipv6/conf/{self.name}/{name}": v for name, v in settings.items()})
        body = rtneigh.encode_neigh(
            family=family, ifindex=self.node.ifindex, addr=addr, state=NUD.PERMANENT, lladdr=lladdr
        )
        self._ask((nlattr.RTM_NEWNEIGH, _REPLACE, body), f"ip neigh replace {addr} lladdr {lladdr} dev {self.name}")

    def run(
        self, *argv: str, check: bool = True, needs: str | None = None, timeout_s: float = 30
    ) -> subprocess.CompletedProcess[str]:
        """Run a program where the bridge is; see Host.run."""
        return programs.run(self.lab, self.node, argv, check=check, needs=needs, timeout_s=timeout_s)

    def _ifindex(self, host: Host, dev: str | None) -> int:
        """The bridge's end of the link to a host."""
        near = host.intf(dev)
        far = near.link.intf2 if near.link.intf1 is near else near.link.intf1
        if far.node is not self.node:
            raise ScenarioError(f"{host.name} {near.name} is not plugged in to {self.name}")
        return int(far.ifindex)

    def _ask(self, request: links.Request, text: str, kind: str = "command") -> None:
        self.lab.act(self.name, kind, text, "knob" if kind == "set" else "story")
        try:
            self.node.route.ask(*request, text)
        except NetlinkError as problem:
            raise ScenarioError(str(problem)) from None

"""When the wires of a lab carry: linkwatch sets the operational state in a work queue, and it is asked for here."""

from __future__ import annotations

import select
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import links, nlattr
from neighlab.kernel.netlink import NetlinkError

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab

_PATIENCE_S = 10


def settle(lab: Lab) -> None:
    """Wait until every link carries, every bridge port forwards and every IPv6 address is ready to be asked for.

    Carrier changes become effective in a work queue (linkwatch): before, an interface that is up drops what it
    should send. RTM_GETLINK tells the operational state; IPv6 joins an address' solicited-node group in a work
    queue, too.
    """
    deadline = time.monotonic() + _PATIENCE_S * lab.time_scale
    waiting = [intf for link in lab.net.links for intf in (link.intf1, link.intf2)]
    idle = select.poll()
    while waiting or not all(host.ready_for_ipv6() for host in lab.hosts.values()):
        waiting = [intf for intf in waiting if not _operational(intf)]
        if time.monotonic() > deadline:
            names = ", ".join(f"{intf.node.name} {intf.name}" for intf in waiting) or "IPv6 addresses"
            raise EnvironmentProblem(
                f"the lab is not ready after {_PATIENCE_S * lab.time_scale:.0f} s: waiting for {names}"
            )
        if waiting:
            idle.poll(0.2)
    if 6 in lab.plumbing.versions:
        for link in lab.net.links[:1]:
            _operational(link.intf1)  # it wants RTNL, which the work queue holds until it has announced the address


def wait_for_carrier(lab: Lab, near: Any, far: Any, *, up: bool) -> None:
    """Wait until an interface has heard that its wire was plugged (both ends, then) or unplugged.

    The operational state is set by linkwatch, which tells the neighbour tables under the same RTNL lock: who sees
    the new state sees the tables after it.
    """

    def changed() -> bool:
        return _operational(near) is up and (not up or _operational(far))

    _wait_until(lab, changed, f"{near.node.name} {near.name}: the carrier did not change")


def wait_for_no_carrier(lab: Lab, node: Any, ifindex: int, dev: str) -> None:
    """Wait until the kernel has acted on an interface having no carrier, which may take linkwatch a second."""

    def taken_away() -> bool:
        return _operstate(node, ifindex, dev) in (links.IF_OPER_DOWN, links.IF_OPER_LOWERLAYERDOWN)

    _wait_until(lab, taken_away, f"{node.name} {dev}: it has a carrier")


def _wait_until(lab: Lab, done: Callable[[], bool], problem: str) -> None:
    """Wait, and take in meanwhile what the lab hears; EnvironmentProblem if it takes too long."""
    deadline = time.monotonic() + _PATIENCE_S * lab.time_scale
    while not done():
        if time.monotonic() > deadline:
            raise EnvironmentProblem(problem)
        lab.wait(0.001)
    lab.pump()


def is_up(intf: Any) -> bool:
    """Is an interface there, and was it set up (`ip link set ... up`), whether or not its wire carries?"""
    try:
        data, start, _end = intf.node.route.get(links.RTM_GETLINK, links.query_link(intf.ifindex), "look at a link")
    except NetlinkError:  # it is gone
        return False
    return bool(links.flags_of(data, start) & links.IFF_UP)


def _operational(intf: Any) -> bool:
    return _operstate(intf.node, intf.ifindex, intf.name) == links.IF_OPER_UP


def _operstate(node: Any, ifindex: int, dev: str) -> int:
    data, start, end = node.route.get(links.RTM_GETLINK, links.query_link(ifindex), f"look at {dev}")
    state = nlattr.parse_attrs(data, start + 16, end).get(links.IFLA_OPERSTATE, b"\0")
    return int(state[0])

"""What stories about links that change ask of a lab does what it says."""

from __future__ import annotations

import pytest
from neighlab.topologies import TwoHosts, VictimAttacker
from sandboxed import sandboxed

from neighlab import ABSENT, NUD, ON_LINK, OTHER
from neighlab.errors import EnvironmentProblem
from neighlab.kernel import links, nlattr
from neighlab.lab.lab import Lab

TOPOLOGIES = pytest.mark.parametrize("topology", [TwoHosts, VictimAttacker], ids=["wire", "bridge"])


def operstate(host: object) -> int:
    intf = host.intf()  # type: ignore[attr-defined]
    data, start, end = intf.node.route.get(links.RTM_GETLINK, links.query_link(intf.ifindex), "look")
    return int(nlattr.parse_attrs(data, start + 16, end)[links.IFLA_OPERSTATE][0])


@TOPOLOGIES
@sandboxed
def test_carrier_goes_and_comes(topology: object) -> None:
    lab = Lab(topology, families="ipv4")
    victim, other = lab["victim"], lab["peer" if topology is TwoHosts else "attacker"]
    victim.neigh_set(ON_LINK, OTHER, state=NUD.STALE)
    victim.unplug()
    assert operstate(victim) != links.IF_OPER_UP
    victim.expect(ON_LINK, ABSENT, within_ms=0)
    victim.plug()
    assert operstate(victim) == links.IF_OPER_UP
    other.fence(victim)


@sandboxed
def test_others_keep_their_carrier() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    lab["attacker"].neigh_set(ON_LINK, OTHER, state=NUD.STALE)
    lab["victim"].unplug()
    assert operstate(lab["attacker"]) == links.IF_OPER_UP
    lab["attacker"].expect(ON_LINK, NUD.STALE, within_ms=0)


@sandboxed
def test_what_the_lack_of_a_carrier_does_is_done_when_it_was_awaited() -> None:
    lab = Lab(TwoHosts, families="ipv4")
    victim = lab["victim"]
    victim.run("ip", "link", "add", "near", "type", "veth", "peer", "name", "far")
    victim.run("ip", "link", "set", "near", "up")
    victim.await_no_carrier("near")
    assert victim.run("cat", "/sys/class/net/near/operstate").stdout in ("down\n", "lowerlayerdown\n")


@sandboxed
def test_an_interface_that_carries_is_not_awaited_for_ever() -> None:
    lab = Lab(TwoHosts, families="ipv4")
    lab.time_scale = 0.01  # not before: building a lab takes its time
    with pytest.raises(EnvironmentProblem, match="victim eth0: it has a carrier"):
        lab["victim"].await_no_carrier("eth0")


@sandboxed
def test_tcp_client_sends_without_waiting() -> None:
    lab = Lab(TwoHosts, families="ipv4")
    flow = lab["victim"].tcp(lab["peer"])
    flow.exchange()
    wire = lab["victim"].capture(everything=True)
    lab["peer"].link(up=False)
    flow.send(b"into the void")
    assert not wire.frames("received", dport=7777)

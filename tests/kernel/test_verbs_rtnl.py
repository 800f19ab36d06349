"""What stories about rtnetlink ask of a lab does what it says."""

from __future__ import annotations

import pytest
from neighlab.topologies import TwoHosts
from sandboxed import sandboxed

from neighlab import NTF, NUD, ON_LINK, OTHER
from neighlab.errors import ScenarioError
from neighlab.kernel.oldviews import Old, parse
from neighlab.lab.lab import Lab

PROC = """\
IP address       HW type     Flags       HW address            Mask     Device
192.0.2.99       0x1         0x6         00:00:5e:00:53:77     *        eth0
192.0.2.98       0x1         0x0         00:00:00:00:00:00     *        eth1
"""


def test_lines_of_proc_net_arp() -> None:
    assert parse(PROC) == {
        ("192.0.2.99", "eth0"): Old(6, "00:00:5e:00:53:77"), ("192.0.2.98", "eth1"): Old(0, "00:00:00:00:00:00"),
    }  # fmt: skip


@sandboxed
def test_old_views_of_one_host() -> None:
    lab = Lab(TwoHosts, families="ipv4")
    victim = lab["victim"]
    victim.neigh_set(ON_LINK, OTHER, state=NUD.PERMANENT)
    victim.neigh_set("192.0.2.98", state=NUD.NONE, flags=NTF.PROXY)
    assert victim.proc_arp()[ON_LINK, "eth0"] == victim.siocgarp(ON_LINK) == Old(6, OTHER)
    assert victim.proc_arp()["192.0.2.98", "eth0"].flags == 0xC
    assert victim.siocgarp("192.0.2.98") == "ENXIO"
    assert lab["peer"].proc_arp() == {}


@sandboxed
@pytest.mark.parametrize("family", ["ipv4", "ipv6"])
def test_many_things_at_once_and_a_dump_of_them(family: str) -> None:
    victim = Lab(TwoHosts, families=family)["victim"]  # type: ignore[arg-type]
    victim.fill("neighbours", 200)
    dump = victim.dump("neighbours")
    assert len(dump.pieces) == 2
    assert not dump.done
    assert len({one.addr for one in dump.finish().neighs() if one.state == NUD.PERMANENT}) == 200
    assert dump.done
    assert not dump.marked
    victim.fill("addresses", 200)
    victim.fill("routes", 200)
    assert not victim.dump("addresses").finish().marked
    victim.fill("links", 3)
    assert victim.run("ip", "-o", "link").stdout.count("02:00:00:01:") >= 3


@sandboxed
def test_what_cannot_be_filled_or_dumped() -> None:
    victim = Lab(TwoHosts, families="ipv4")["victim"]
    with pytest.raises(ScenarioError, match="it is 'links', 'addresses'"):
        victim.fill("rules", 3)
    with pytest.raises(ScenarioError, match="254 routes at most"):
        victim.fill("routes", 300)
    with pytest.raises(ScenarioError, match="nobody can dump 'rules'"):
        victim.dump("rules")


@sandboxed
def test_requests_while_rtnl_is_held() -> None:
    lab = Lab(TwoHosts, families="ipv4")
    seen = lab.while_rtnl_is_held(lambda: lab["victim"].dump("links").finish(), holds=2)
    assert seen.asked >= 2
    assert seen.answered == 0
    assert lab.while_rtnl_is_held(lab["victim"].proc_arp, holds=4).answered > 0
    assert lab["peer"].run("ip", "-o", "link").stdout.count("02:00:00:0") == 0


@sandboxed
def test_watcher_with_little_room_says_what_it_missed() -> None:
    lab = Lab(TwoHosts, families="ipv4")
    lab.monitor.shrink(1)
    assert lab.monitor.capacity < 10
    lab["victim"].fill("neighbours", 50)
    lab.pump()
    assert lab.monitor.lost
    assert any(one.kind == "lost" for one in lab.timeline)
    assert sum(past[-1].state == NUD.PERMANENT for past in lab.history.values()) == 50

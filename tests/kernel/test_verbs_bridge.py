"""What a story tells a bridge is in force on the port that it names, and on no other."""

from __future__ import annotations

import json
from typing import Any

import pytest
from neighlab.topologies import TwoLans, VictimAttacker
from sandboxed import sandboxed

from neighlab.errors import ScenarioError
from neighlab.lab.lab import Lab


def ports(lab: Lab) -> dict[str, dict[str, Any]]:
    """The bridge's ports as bridge(8) shows them, by the host behind."""
    shown = json.loads(lab["s1"].run("bridge", "-d", "-j", "link", "show").stdout)
    behind = {intf.name: (intf.link.intf1.node if intf.link.intf2 is intf else intf.link.intf2.node).name
              for intf in lab["s1"].node.intfList() if intf.link}  # fmt: skip
    return {behind[one["ifname"]]: one for one in shown if one["ifname"] in behind}


@sandboxed
def test_port_options_are_set_on_one_port() -> None:
    lab = Lab(VictimAttacker)
    lab["s1"].port(lab["victim"], neigh_suppress=True, isolated=True, locked=True, learning=False)
    now = ports(lab)
    for name, value in {"neigh_suppress": True, "isolated": True, "locked": True, "learning": False}.items():
        assert (now["victim"][name], now["attacker"][name]) == (value, not value), name
    lab["s1"].port(lab["victim"], isolated=False)
    assert ports(lab)["victim"]["isolated"] is False


@sandboxed
def test_admitted_host_passes_its_locked_port() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    lab["s1"].port(lab["attacker"], locked=True)
    lab["attacker"].conf(mcast_solicit=1000)  # it goes on asking until it is admitted
    assert lab["attacker"].ping(lab["victim"].addr, within_ms=100) is None
    lab["s1"].admit(lab["attacker"])
    assert lab["attacker"].ping(lab["victim"].addr, within_ms=30_000) is not None


@pytest.mark.parametrize("addr", ["192.0.2.99", "2001:db8::99"])
@sandboxed
def test_entry_is_in_the_bridges_own_table(addr: str) -> None:
    lab = Lab(VictimAttacker)
    lab["s1"].neigh_set(addr, "00:00:5e:00:53:99")
    shown = lab["s1"].run("ip", "neigh", "show", addr, "dev", "s1").stdout
    assert shown.split() == [addr, "lladdr", "00:00:5e:00:53:99", "PERMANENT"]


@sandboxed
def test_wrong_names_are_told() -> None:
    lab = Lab(TwoLans)
    with pytest.raises(ScenarioError, match="s1: hairy: a port has learning, neigh_suppress, isolated, locked"):
        lab["s1"].port(lab["inside"], hairy=True)
    with pytest.raises(ScenarioError, match="outside eth0 is not plugged in to s1"):
        lab["s1"].port(lab["outside"], isolated=True)
    with pytest.raises(ScenarioError, match=r"no host 's9' in this lab: it has inside, neighbour, outside, router, s1"):
        lab["s9"]


@sandboxed
def test_ipv6_address_can_be_asked_for_as_soon_as_it_is_added() -> None:
    lab = Lab(VictimAttacker, families="ipv6", time_scale=10)
    lab["attacker"].conf(retrans_time_ms=600_000)  # it asks once
    for number in range(0x50, 0x60):
        lab["victim"].add_addr(f"2001:db8::{number:x}/64")
        assert lab["attacker"].ping(f"2001:db8::{number:x}", within_ms=3_000) is not None

"""What stories about devices and their timers ask of a lab does what it says."""

from __future__ import annotations

import socket

import pytest
from neighlab.topologies import TwoHosts, VictimAttacker
from sandboxed import sandboxed

from neighlab.errors import ScenarioError
from neighlab.lab.lab import Lab


@sandboxed
def test_link_that_was_brought_up_carries_at_once() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    for _ in range(10):
        lab["victim"].link(up=False)
        lab["victim"].link(up=True)
        lab["victim"].fence(lab["attacker"], by="marker")


@sandboxed
def test_reachable_time_is_half_to_one_and_a_half_of_its_base() -> None:
    victim = Lab(TwoHosts)["victim"]
    assert 15_000 <= victim.reachable_time_ms() <= 45_000
    victim.conf(base_reachable_time_ms=1000)
    for family in (4, 6):
        assert 500 <= victim.reachable_time_ms(family=family) <= 1500


@sandboxed
def test_entries_of_one_device() -> None:
    victim = Lab(TwoHosts, families="ipv4")["victim"]
    victim.neigh_set("192.0.2.9", "00:00:5e:00:53:09")
    victim.udp("127.0.0.1").send()
    assert [neigh.addr for neigh in victim.neigh_dump(dev="eth0")] == ["192.0.2.9"]
    assert [neigh.addr for neigh in victim.neigh_dump(dev="lo")] == ["0.0.0.0"]


@sandboxed
def test_an_ipv6_address_of_lo_is_routed_to_lo_at_once() -> None:
    victim = Lab(TwoHosts, families="ipv6", time_scale=10)["victim"]
    for number in range(100, 180):
        victim.add_addr(f"2001:db8:1::{number}/128", dev="lo")
        with victim.node.netns.entered(), open("/proc/thread-self/net/ipv6_route") as file:
            flags = [int(line.split()[8], 16) for line in file if line.startswith(f"20010db80001{number:020} 80")]
        assert any(one & 0x80000000 for one in flags), f"no local route to number {number}"


@sandboxed
def test_an_interface_of_the_storys_own_takes_addresses_that_serve_at_once() -> None:
    victim = Lab(TwoHosts, families="ipv6", time_scale=10)["victim"]
    victim.run("ip", "link", "add", "own", "type", "veth", "peer", "name", "other")
    victim.run("ip", "link", "set", "own", "up")
    victim.run("ip", "link", "set", "other", "up")
    for number in range(40):
        victim.add_addr(f"2001:db8:1::{number:x}/64", dev="own")
        with victim.node.netns.entered(), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
            sock.bind((f"2001:db8:1::{number:x}", 0))
    with pytest.raises(ScenarioError, match="victim has no interface nothing: it has eth0"):
        victim.neigh_dump(dev="nothing")

"""What stories about IPv6 addresses ask of a lab does what it says."""

from __future__ import annotations

import pytest
from neighlab.topologies import TwoHosts
from sandboxed import sandboxed

from neighlab import ABSENT, DAD
from neighlab.errors import ExpectationFailed, ScenarioError
from neighlab.lab.lab import Lab
from neighlab.model import ndp
from neighlab.model.ifaddr import IFA

ADDR = "2001:db8::99"


def lab_with_dad(**knobs: int) -> Lab:
    lab = Lab(TwoHosts, families="ipv6", time_scale=10)
    lab["victim"].conf(accept_dad=1, **{"dad_transmits": 1, "retrans_time_ms": 60_000, **knobs})
    return lab


@sandboxed
def test_address_is_read_with_its_flags() -> None:
    victim = lab_with_dad()["victim"]
    assert victim.addr_get(ADDR) is None
    victim.add_addr(f"{ADDR}/64", nodad=False)
    found = victim.addr_get(ADDR)
    assert (found.addr, found.prefixlen, found.ifindex) == (ADDR, 64, victim.intf().ifindex)
    assert found.flags == IFA.TENTATIVE | IFA.PERMANENT
    assert found.dad is DAD.TENTATIVE
    assert victim.addr_get("2001:db8::1").dad is DAD.DONE


@sandboxed
def test_states_are_expected_in_their_order() -> None:
    lab = lab_with_dad(retrans_time_ms=40)
    victim = lab["victim"]
    victim.add_addr(f"{ADDR}/64", nodad=False)
    victim.expect_addr(ADDR, DAD.TENTATIVE, DAD.DONE)
    victim.expect_addr(ADDR, DAD.DONE, within_ms=0)
    with pytest.raises(ExpectationFailed, match=f"victim eth0 address {ADDR}: expected TENTATIVE, observed DONE"):
        victim.expect_addr(ADDR, DAD.TENTATIVE, within_ms=0)
    victim.del_addr(f"{ADDR}/64")
    victim.expect_addr(ADDR, ABSENT, within_ms=0)
    assert lab.expectations[0].expected == "TENTATIVE > DONE"


@sandboxed
def test_the_verdict_is_waited_for_and_no_longer() -> None:
    lab = lab_with_dad(retrans_time_ms=40)
    victim, peer = lab["victim"], lab["peer"]
    assert victim.dad_verdict(ADDR, within_ms=60_000) is ABSENT
    victim.add_addr(f"{ADDR}/64", nodad=False)
    assert victim.dad_verdict(ADDR, within_ms=60_000) is DAD.DONE
    victim.add_addr(f"{peer.addr}/64", nodad=False)
    assert victim.dad_verdict(peer.addr, within_ms=60_000) is DAD.FAILED
    victim.conf(retrans_time_ms=60_000)
    victim.add_addr("2001:db8::98/64", nodad=False)
    assert victim.dad_verdict("2001:db8::98", within_ms=50) is DAD.TENTATIVE


@sandboxed
def test_state_from_before_the_last_act_does_not_count() -> None:
    victim = lab_with_dad(dad_transmits=0)["victim"]
    victim.add_addr(f"{ADDR}/64", nodad=False)
    victim.expect_addr(ADDR, DAD.TENTATIVE, DAD.DONE)
    victim.conf(dad_transmits=0)
    with pytest.raises(ExpectationFailed):
        victim.expect_addr(ADDR, DAD.TENTATIVE, within_ms=50)


@sandboxed
def test_failure_is_announced() -> None:
    lab = lab_with_dad()
    wire = lab["victim"].capture()
    lab["victim"].add_addr(f"{ADDR}/64", nodad=False)
    wire.expect(1, kind="ns", target=ADDR)  # detection begins in a work queue: before, nobody's claim counts
    lab["peer"].send(ndp.unsolicited_na(ADDR, lladdr="00:00:5e:00:53:66"))
    lab["victim"].expect_addr(ADDR, DAD.FAILED)
    assert any(one.text == f"NEWADDR {ADDR}/64 dadfailed" for one in lab.timeline)


@sandboxed
def test_lab_is_silent_about_its_own_addresses() -> None:
    lab = Lab(TwoHosts, families="ipv6")
    lab.pump()
    assert not [one for one in lab.timeline if "ADDR" in one.text]


@sandboxed
def test_ipv4_address_has_no_state() -> None:
    with pytest.raises(ScenarioError, match="no IPv4 address is tentative"):
        Lab(TwoHosts)["victim"].expect_addr("192.0.2.1", DAD.DONE)


@sandboxed
def test_bind_tells_why_not() -> None:
    victim = lab_with_dad(optimistic_dad=1)["victim"]
    assert victim.bind("2001:db8::1") is None
    assert victim.bind(ADDR) == "EADDRNOTAVAIL"
    victim.add_addr(f"{ADDR}/64", nodad=False, optimistic=True)
    victim.expect_addr(ADDR, DAD.OPTIMISTIC)
    assert victim.bind(ADDR) is None

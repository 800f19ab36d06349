"""Every neighbour event of every host is heard once, in order, and a loss is said and made good."""

from __future__ import annotations

from typing import Any

import pytest
from neighlab.topologies import HostsOnBridge, VictimAttacker, VictimAttackerOwner
from sandboxed import sandboxed

from neighlab.kernel import rtneigh
from neighlab.kernel.monitor import NeighEvent
from neighlab.lab.host import Host
from neighlab.lab.lab import Lab
from neighlab.model import arp
from neighlab.model.addresses import EVIL, ON_LINK, ON_LINK6
from neighlab.model.nud import ABSENT, NUD
from neighlab.wire import flood

pytestmark = pytest.mark.usefixtures("nothing_left")

MANY = 160
"""Entries that the default gc_thresh2 of 512 has room for, also beside those of the other tests in here: beyond it the
kernel collects what is older than five seconds, whoever it belongs to."""


def known(victim: Host) -> dict[str, str]:
    """What the kernel says now: address -> state and link-layer address."""
    return {one.addr: str(one) for one in victim.neigh_dump() if one.state != NUD.NOARP}


def heard(lab: Lab, host: str) -> dict[str, str]:
    """What the lab believes: the last sighting of each entry that is there."""
    return {
        addr: f"{addr} {past[-1]}"
        for (name, _, addr), past in lab.history.items()
        if name == host and past and past[-1].state is not ABSENT
    }


def claims(first: str, lladdr: str) -> list[bytes]:
    """Gratuitous ARP for half as many addresses from `first` on, each with a link-layer address of its own."""
    return flood.variants(arp.gratuitous(first, lladdr=lladdr), MANY // 2, vary=["sender", "target", "lladdr"])


def credulous(lab: Lab) -> tuple[Host, Host]:
    lab["victim"].conf(arp_accept=1, locktime_ms=0)
    return lab["victim"], lab["attacker"]


@sandboxed
def test_no_event_of_a_flood_is_lost() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    victim, attacker = credulous(lab)

    attacker.flood(claims("192.0.2.10", "02:00:00:00:00:00"))
    attacker.flood(claims("198.51.100.1", "02:00:00:01:00:00"))
    attacker.fence(victim)

    events = [line for line in lab.timeline if line.kind == "event"]
    assert lab.monitor.lost == 0
    assert [line.fields["event"] for line in events] == ["NEWNEIGH"] * MANY
    assert len({line.fields["addr"] for line in events}) == MANY
    assert heard(lab, "victim") == known(victim)


@sandboxed
def test_a_buffer_that_is_too_small_is_said_and_the_tables_are_read_again() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    victim, attacker = credulous(lab)
    frames = claims("192.0.2.10", "02:00:00:00:00:00")
    lab.monitor.shrink(1)

    attacker.port().flood(frames)  # behind the lab's back: nobody reads in between
    attacker.fence(victim)

    assert lab.monitor.lost >= 1
    assert heard(lab, "victim") == known(victim)
    assert len(known(victim)) == MANY // 2
    kinds = [line.kind for line in lab.timeline]
    assert "neighbour events were lost (ENOBUFS): tables are read again" in [
        line.text for line in lab.timeline if line.kind == "lost"
    ]
    assert kinds.index("lost") < kinds.index("resync")
    victim.expect("192.0.2.89", NUD.STALE, lladdr="02:00:00:00:00:4f")


@sandboxed
def test_what_was_deleted_unheard_is_absent_after_a_loss() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    victim, attacker = credulous(lab)
    attacker.flood(claims("192.0.2.10", "02:00:00:00:00:00"))
    attacker.fence(victim)
    lab.monitor.shrink(1)

    victim.link(up=False)  # neigh_ifdown deletes them all in one go

    victim.expect("192.0.2.89", ABSENT)
    assert lab.monitor.lost >= 1
    assert heard(lab, "victim") == known(victim) == {}
    victim.link(up=True)
    victim.neigh_set(ON_LINK, EVIL)
    victim.expect(ON_LINK, NUD.PERMANENT)


@sandboxed
def test_a_flood_reads_as_often_as_the_buffer_needs() -> None:
    """However small it is: flood() asks the monitor how many events fit."""
    lab = Lab(VictimAttacker, families="ipv4")
    victim, attacker = credulous(lab)
    lab.monitor.shrink(16 * 1280)

    attacker.flood(claims("192.0.2.10", "02:00:00:00:00:00"))
    attacker.fence(victim)

    assert lab.monitor.lost == 0
    assert heard(lab, "victim") == known(victim)


@sandboxed
def test_events_are_told_apart_by_host_interface_and_address() -> None:
    lab = Lab(VictimAttackerOwner)
    for number, host in enumerate(lab):
        host.neigh_set(ON_LINK, f"00:00:5e:00:53:8{number}")
        host.neigh_set(ON_LINK6, f"00:00:5e:00:53:9{number}")

    told = {(host, addr): past[-1].neigh.lladdr for (host, _, addr), past in lab.history.items() if past}

    assert told == {
        (host.name, addr): f"00:00:5e:00:53:{digit}{number}"
        for number, host in enumerate(lab)
        for addr, digit in ((ON_LINK, 8), (ON_LINK6, 9))
    }


@sandboxed
def test_events_of_many_hosts_come_in_the_order_of_their_causes() -> None:
    lab = Lab(HostsOnBridge(n=40), families="ipv4", capture=False)

    for host in lab:
        host.neigh_set(ON_LINK, EVIL)
    for host in lab:
        host.neigh_del(ON_LINK)

    events = [(line.host, line.fields["event"]) for line in lab.timeline if line.kind == "event"]
    hosts = [host.name for host in lab]
    created = [host for host, event in events[: len(hosts)] if event == "NEWNEIGH"]
    deleted = [host for host, event in events if event == "DELNEIGH"]
    times = [line.t_ms for line in lab.timeline if line.kind == "event"]
    assert created == deleted == hosts
    assert times == sorted(times)


@sandboxed
def test_nothing_is_heard_before_something_happens() -> None:
    lab = Lab(VictimAttackerOwner)

    lab.wait(0.1)

    assert [line.text for line in lab.timeline if line.t_ms >= 0] == []


@sandboxed
def test_a_question_to_user_space_is_an_event_and_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    lab = Lab(VictimAttacker, families="ipv4", time_scale=10)
    lab["victim"].conf(app_solicit=1, mcast_solicit=0, retrans_time_ms=20)
    raw: list[Any] = []
    read = lab.monitor.read
    monkeypatch.setattr(type(lab.monitor), "read", lambda self: (lambda got: (raw.extend(got[0]), got)[1])(read()))

    lab["victim"].udp(ON_LINK).send()
    lab["victim"].expect(ON_LINK, NUD.FAILED)

    kinds = [event.kind for event in raw if isinstance(event, NeighEvent)]
    assert rtneigh.RTM_GETNEIGH in kinds
    assert all(past.state in (NUD.INCOMPLETE, NUD.FAILED) for past in lab.history["victim", 2, ON_LINK])

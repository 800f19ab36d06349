"""The kernel's own word: every transition and drop of a lab, and nothing of anybody else's."""

from __future__ import annotations

import mmap
import os
import select
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from neighlab.topologies import TwoHosts, VictimAttacker
from sandboxed import PATIENCE_S, inside, sandboxed

from neighlab.errors import NeighlabError
from neighlab.kernel import nlattr, rtneigh
from neighlab.kernel.netlink import NETLINK_ROUTE, Route
from neighlab.kernel.tracing import programs
from neighlab.kernel.tracing.passages import passages
from neighlab.kernel.tracing.trace import Trace, unavailable
from neighlab.lab import channel, sandbox
from neighlab.lab.lab import Lab
from neighlab.model import arp
from neighlab.model.addresses import EVIL, ON_LINK, OTHER
from neighlab.model.nud import ABSENT, NUD
from neighlab.model.timeline import Entry

pytestmark = [
    pytest.mark.usefixtures("nothing_left"),
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]

MANY = 10_000
"""Pairs of updates; each is a transition."""
SCALE = 3.0
"""What must come may be late on a machine that stands still now and then."""


@pytest.fixture
def trace(nothing_left: None) -> Iterator[Trace]:
    counters = passages(list(programs.PROGRAMS))
    made = Trace(passages=counters)
    yield made
    made.close()
    if counters is not None:
        counters.close()


@pytest.fixture
def tiny(nothing_left: None) -> Iterator[Trace]:
    made = Trace(ring_bytes=mmap.PAGESIZE)
    yield made
    made.close()


def heard(trace: Trace, story: Callable[[Lab], None]) -> None:
    """Tell a story of timers in a lab, again if it went wrong while programs were not run: there are machines where
    they are left out in some tasks' time.
    """

    def attempt() -> bool:
        lab = Lab(TwoHosts, families="ipv4", trace=trace, time_scale=SCALE)
        try:
            story(lab)
        except (AssertionError, NeighlabError):
            assert lab.witness is not None
            if lab.witness.certain():
                raise
            return False
        return True

    for _ in range(5):
        if inside(attempt):
            return
        trace.renew()
    pytest.fail("programs were left out each time")


def told(lab: Lab, kind: str = "transition", host: str = "victim") -> list[Entry]:
    lab.pump()
    return [one for one in lab.timeline.sorted() if (one.source, one.kind, one.host) == ("trace", kind, host)]


def steps(lab: Lab, addr: str) -> list[str]:
    return [
        f"{one.fields['old']} > {one.fields['new']} {one.fields['function']} {one.fields['by'].partition('/')[0]}"
        for one in told(lab)
        if one.fields["addr"] == addr
    ]


def update(addr: str, lladdr: str, ifindex: int) -> tuple[int, int, bytes]:
    body = rtneigh.encode_neigh(family=2, ifindex=ifindex, addr=addr, state=NUD.PERMANENT, lladdr=lladdr)
    return nlattr.RTM_NEWNEIGH, nlattr.NLM_F_CREATE | nlattr.NLM_F_REPLACE, body


def test_a_life_is_told_with_every_state_and_who_made_it(trace: Trace) -> None:
    def story(lab: Lab) -> None:
        victim, peer = lab["victim"], lab["peer"]
        victim.conf(base_reachable_time_ms=40, delay_first_probe_time_ms=3000, retrans_time_ms=20, mcast_solicit=200)
        comm = f"task {Path('/proc/self/comm').read_text().strip()}"

        victim.udp(ON_LINK).send()
        victim.expect(ON_LINK, NUD.INCOMPLETE)
        peer.send(arp.reply(ON_LINK, lladdr=peer.lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr))
        victim.expect(ON_LINK, NUD.REACHABLE, NUD.DELAY, NUD.PROBE, NUD.FAILED)
        victim.neigh_del(ON_LINK)

        assert steps(lab, ON_LINK) == [
            f"ABSENT > NONE ip_finish_output2 {comm}",
            f"NONE > INCOMPLETE __neigh_event_send {comm}",
            "INCOMPLETE > REACHABLE arp_process softirq",
            "REACHABLE > DELAY neigh_timer_handler timer",
            "DELAY > PROBE neigh_timer_handler timer",
            "PROBE > FAILED neigh_timer_handler timer",
            f"FAILED > ABSENT neigh_delete {comm}",
        ]
        hidden = [one.fields["new"] for one in told(lab) if one.fields["addr"] == ON_LINK and one.fields["hidden"]]
        assert hidden == ["NONE", "INCOMPLETE", "DELAY"]
        assert not any(one.inferred for one in lab.expectations)
        first = told(lab)[0]
        assert first.fields["stack"][0] == "___neigh_create"
        assert "udp_sendmsg" in first.fields["stack"]
        assert first.fields["ifname"] == "eth0"

    heard(trace, story)


def test_a_resolution_that_is_answered_at_once_has_been_incomplete(trace: Trace) -> None:
    @sandboxed
    def story() -> None:
        lab = Lab(TwoHosts, trace=trace, time_scale=SCALE)
        for addr in (lab["peer"].addr_of(4), lab["peer"].addr_of(6)):
            lab["victim"].ping(addr)
            lab["victim"].expect(addr, NUD.INCOMPLETE, NUD.REACHABLE)
            found = [one for one in steps(lab, addr) if "INCOMPLETE" in one]
            assert found[0].startswith("NONE > INCOMPLETE __neigh_event_send task")
            assert found[1].startswith("INCOMPLETE > REACHABLE")

    story()


def test_what_a_lost_carrier_takes_is_taken_by_its_own_function(trace: Trace) -> None:
    @sandboxed
    def story() -> None:
        lab = Lab(TwoHosts, families="ipv4", trace=trace, time_scale=SCALE)
        lab["victim"].neigh_set(ON_LINK, EVIL, state=NUD.STALE)
        lab["victim"].unplug()
        lab["victim"].expect(ON_LINK, ABSENT)
        assert steps(lab, ON_LINK)[-1].startswith("STALE > ABSENT neigh_carrier_down ")

    story()


def test_a_refused_update_leaves_its_trace(trace: Trace) -> None:
    @sandboxed
    def story() -> None:
        lab = Lab(VictimAttacker, families="ipv4", trace=trace, time_scale=SCALE)
        victim, attacker = lab["victim"], lab["attacker"]
        victim.neigh_set(ON_LINK, OTHER)
        attacker.send(arp.reply(ON_LINK, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr))
        attacker.fence(victim)
        (one,) = told(lab, "no-op")
        assert (one.fields["old"], one.fields["new"], one.fields["lladdr"]) == ("PERMANENT", "PERMANENT", OTHER)
        assert one.fields["function"] == "arp_process"
        assert f"an update to REACHABLE lladdr {EVIL} is without effect" in one.text
        assert "hidden" not in one.fields

    story()


def test_drops_have_a_reason_a_place_and_the_packet(trace: Trace) -> None:
    def story(lab: Lab) -> None:
        victim = lab["victim"]
        victim.conf(unres_qlen_bytes=0, mcast_solicit=1, retrans_time_ms=3000)
        outbox = victim.udp(ON_LINK)
        outbox.send(b"x" * 7, count=5)
        victim.expect(ON_LINK, NUD.FAILED)
        victim.expect_drop("NEIGH_QUEUEFULL", 4)
        victim.expect_drop("NEIGH_QUEUEFULL", 0, to=victim.addr)
        victim.expect_drop("NEIGH_FAILED", to=ON_LINK)
        victim.expect_drop("NEIGH_QUEUEFULL", 0)  # they have been counted
        drops = [one for one in told(lab, "drop") if one.fields["reason"].startswith("NEIGH_")]
        assert [one.fields["reason"] for one in drops] == ["NEIGH_QUEUEFULL"] * 4 + ["NEIGH_FAILED"]
        assert all(
            one.text.startswith(f"UDP {victim.addr}:") and f" > {ON_LINK}:7777 7 bytes" in one.text for one in drops
        )
        assert drops[0].fields["function"] == drops[0].fields["location"] == "__neigh_event_send"
        assert drops[-1].fields["by"] == "timer"
        for one in drops:
            packet = bytes.fromhex(one.fields["packet"])
            assert (packet[:2], len(packet), packet[-7:]) == (b"\x45\x00", 20 + 8 + 7, b"x" * 7)
            assert one.fields["ifname"] == "eth0"
        assert not any(one.inferred for one in lab.expectations)

    heard(trace, story)


def test_two_equal_labs_and_the_host_hear_nothing_of_each_other(nothing_left: None) -> None:
    traces = Trace(), Trace()

    def lab_of(trace: Trace, busy: bool) -> Any:
        def work(end: socket.socket) -> None:
            lab = Lab(TwoHosts, families="ipv4", trace=trace)
            victim = lab["victim"]
            channel.send(end, "ready")
            channel.receive(end)
            if busy:
                victim.conf(unres_qlen_bytes=0)
                for _ in range(50):
                    victim.ping(lab["peer"].addr)
                    victim.udp(ON_LINK).send(count=10)
                    victim.neigh_del(lab["peer"].addr)
                    victim.neigh_del(ON_LINK)
            lab.pump()
            traced = [[one.host, one.kind, one.text] for one in lab.timeline if one.source == "trace"]
            channel.send(end, traced)
            channel.receive(end)
            victim.neigh_set("192.0.2.77", EVIL)  # what it hears, it tells
            channel.send(end, [one.text for one in told(lab)][-2:])

        return work

    boxes = [sandbox.spawn(lab_of(trace, busy)) for trace, busy in zip(traces, (True, False), strict=True)]
    try:
        ends = [box.channel for box in boxes]
        assert [hear(end) for end in ends] == ["ready", "ready"]
        of_the_host()
        channel.send(ends[0], "go on")
        of_the_busy = hear(ends[0])
        of_the_host()
        channel.send(ends[1], "go on")
        of_the_idle = hear(ends[1])
        for end in ends:
            channel.send(end, "one thing")
        last = [[" ".join(text.split(" ")[:4]) for text in hear(end)] for end in ends]
    finally:
        for box in boxes:
            box.reap(5)
        for trace in traces:
            trace.close()

    assert of_the_idle == []
    assert len([one for one in of_the_busy if one[1] == "transition" and "INCOMPLETE" in one[2]]) >= 100
    assert not any("127.0.0.1" in text for _host, _kind, text in of_the_busy)
    assert last == [["192.0.2.77 ABSENT -> NONE", "192.0.2.77 NONE -> PERMANENT"]] * 2


def of_the_host() -> None:
    """A packet of this machine's own, dropped because nobody listens."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one,
    ):
        nobody.bind(("127.0.0.1", 0))
        port = nobody.getsockname()[1]
        nobody.close()
        one.sendto(b"anybody?", ("127.0.0.1", port))


def hear(end: socket.socket) -> Any:
    poll = select.poll()
    poll.register(end, select.POLLIN)
    assert poll.poll(PATIENCE_S * 1000), "nothing was heard"
    return channel.receive(end)


def test_twenty_thousand_transitions_are_told_without_loss(trace: Trace) -> None:
    @sandboxed
    def story() -> None:
        lab = Lab(TwoHosts, families="ipv4", trace=trace)
        victim = lab["victim"]
        pair = [update(ON_LINK, lladdr, victim.intf().ifindex) for lladdr in (EVIL, OTHER)]
        for _ in range(0, MANY, 2500):  # netlink's announcements must be read in between
            victim.node.route.ask_all(pair * 2500, "change it")
            lab.pump()
        changed = [one.fields["lladdr"] for one in told(lab) if one.fields["new"] == "PERMANENT"]
        assert changed == [EVIL, OTHER] * MANY
        assert not [one for one in lab.timeline if one.kind == "lost"]
        assert len(lab.history["victim", victim.intf().ifindex, ON_LINK]) == 2 * MANY + 1  # and NONE, at first
        assert lab.witness is not None
        assert lab.witness.trace.lost() == 0

    story()


def test_a_ring_without_room_says_how_many_are_missing(tiny: Trace) -> None:
    count = 100

    def work() -> tuple[int, int]:
        tiny.watch(os.stat("/proc/self/ns/net").st_ino)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as sock:
            route = Route(sock, "here")
            route.ask_all(
                [update("192.0.2.9", f"02:00:00:00:00:{number:02x}", 1) for number in range(count)], "change it"
            )
        return len(tiny.read()), tiny.lost()

    recorded, lost = inside(work)
    assert recorded > 0
    assert lost > 0
    # on lo every address becomes 0.0.0.0, so each request creates, finds that one there, updates it, and is done
    assert recorded + lost == 3 * count


def test_a_lab_that_lost_records_says_so_and_reads_its_tables(tiny: Trace) -> None:
    @sandboxed
    def story() -> None:
        lab = Lab(TwoHosts, families="ipv4", trace=tiny)
        victim = lab["victim"]
        requests = [update(f"192.0.2.{number}", EVIL, victim.intf().ifindex) for number in range(100, 200)]
        victim.node.route.ask_all(requests, "make them")
        lab.pump()
        (lost,) = [one for one in lab.timeline if one.kind == "lost"]
        assert int(lost.text.split()[0]) > 0
        assert "records were lost" in lost.text
        known = {key[2] for key, past in lab.history.items() if past and past[-1].state == NUD.PERMANENT}
        assert known == {f"192.0.2.{number}" for number in range(100, 200)}
        victim.expect("192.0.2.150", NUD.PERMANENT, lladdr=EVIL)

    story()


def test_a_renewed_trace_has_nothing_of_the_lab_before(trace: Trace) -> None:
    @sandboxed
    def story() -> None:
        lab = Lab(TwoHosts, families="ipv4", trace=trace)
        lab["victim"].neigh_set(ON_LINK, EVIL)
        assert told(lab)

    @sandboxed
    def unread() -> None:
        trace.watch(os.stat("/proc/self/ns/net").st_ino)
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as sock:
            Route(sock, "here").ask_all([update("192.0.2.9", EVIL, 1)], "change it")

    story()
    unread()
    trace.renew()
    assert trace.read() == []
    assert trace.lost() == 0
    story()

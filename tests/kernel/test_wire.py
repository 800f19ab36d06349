"""What a story puts on a wire arrives, all of it and in order, and a fence proves that it was processed."""

from __future__ import annotations

import select
import time
from typing import Any

import machine
import pytest
from neighlab.topologies import HostsOnBridge, TwoHosts, TwoLans, VictimAttacker, VictimAttackerOwner
from sandboxed import inside, sandboxed

from neighlab.errors import ExpectationFailed, ScenarioError, Unsupported
from neighlab.lab.host import Host
from neighlab.lab.lab import Lab, Sabotage
from neighlab.model import arp, frames, ndp
from neighlab.model.addresses import EVIL, OFF_LINK, ON_LINK, ON_LINK6
from neighlab.model.knobs import parse_setting
from neighlab.model.nud import NUD
from neighlab.wire import flood
from neighlab.wire.fence import probe_fence

CLOCKS_S = 0.005
"""How far one clock may seem to be from the other, when a process is interrupted between two readings."""

pytestmark = pytest.mark.usefixtures("nothing_left")


def received(host: Host) -> int:
    """How many frames a host's first interface has taken in so far."""
    with host.node.netns.entered(), open("/proc/thread-self/net/dev") as file:
        line = next(line for line in file if line.strip().startswith(f"{host.ifname}:"))
    return int(line.partition(":")[2].split()[1])


def claims(count: int) -> list[bytes]:
    """Gratuitous ARP for one address, each with another link-layer address."""
    return flood.variants(arp.gratuitous(ON_LINK, lladdr="02:00:00:00:00:00"), count, vary=["lladdr"])


def lladdr_of(number: int) -> str:
    return f"02:00:00:00:{number >> 8:02x}:{number & 255:02x}"


def impressionable(lab: Lab) -> tuple[Host, Host]:
    """A victim that believes each claim about ON_LINK at once, and its attacker."""
    victim, attacker = lab["victim"], lab[next(name for name in lab.hosts if name != "victim")]
    victim.conf(locktime_ms=0)
    victim.neigh_set(ON_LINK, EVIL, state=NUD.STALE)
    return victim, attacker


# --- fences ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topology", [VictimAttacker, TwoHosts], ids=["bridge", "wire"])
@pytest.mark.parametrize("by", ["probe", "marker"])
@sandboxed
def test_behind_a_fence_a_flood_has_been_processed(topology: Any, by: str) -> None:
    """10,000 frames, then one fence: what the last of them did is there, nothing more arrives, and none was lost."""
    lab = Lab(topology, families="ipv4")
    victim, attacker = impressionable(lab)
    before = received(victim)

    attacker.flood(claims(10_000))
    attacker.fence(victim, by=by)

    entry, after = victim.neigh_get(ON_LINK), received(victim)
    assert entry.lladdr == lladdr_of(9_999)
    assert after - before == 10_000 + 1
    victim.hold(ON_LINK, NUD.STALE, lladdr=lladdr_of(9_999), for_ms=50)
    assert received(victim) == after


@pytest.mark.parametrize("by", ["probe", "marker"])
@sandboxed
def test_who_is_down_is_not_waited_for(by: str) -> None:
    lab = Lab(VictimAttacker, families="ipv4", time_scale=30)
    lab["victim"].link(up=False)
    start = time.monotonic()
    with pytest.raises(ExpectationFailed, match=r": victim eth0 is down$"):
        lab["attacker"].fence(lab["victim"], by=by)
    assert time.monotonic() - start < 10


@sandboxed
def test_what_cannot_be_sent_says_why() -> None:
    lab = Lab(TwoHosts, families="ipv4")
    frame = arp.gratuitous(ON_LINK, lladdr=EVIL)
    with pytest.raises(ScenarioError, match=r"^victim eth0 cannot send a frame of 2042 bytes: Message too long$"):
        lab["victim"].send(frame + bytes(2000))
    lab["victim"].link(up=False)
    for send in (lambda: lab["victim"].send(frame), lambda: lab["victim"].flood([frame])):
        with pytest.raises(ScenarioError, match=r"^victim eth0 cannot send a frame of 42 bytes: it is down$"):
            send()
    with pytest.raises(ScenarioError, match="it is down"):
        lab["victim"].fence(lab["peer"])


@pytest.mark.parametrize("by", ["probe", "marker"])
def test_under_load_a_fence_follows_each_frame_and_overtakes_none(by: str) -> None:
    def each_frame() -> None:
        victim, attacker = impressionable(Lab(VictimAttacker, families="ipv4"))
        port = attacker.port()
        for number, frame in enumerate(claims(1_000)):
            port.send(frame)
            attacker.fence(victim, by=by)
            assert victim.neigh_get(ON_LINK).lladdr == lladdr_of(number)

    with machine.busy(4):
        inside(each_frame)


def test_under_load_a_flood_loses_no_frame_and_a_fence_waits_for_all() -> None:
    def floods() -> None:
        victim, attacker = impressionable(Lab(VictimAttacker, families="ipv4"))
        before = received(victim)
        for round_ in range(1, 5):
            attacker.flood(claims(10_000))
            attacker.fence(victim)
            assert victim.neigh_get(ON_LINK).lladdr == lladdr_of(9_999)
            assert received(victim) - before == round_ * 10_001

    with machine.busy(4):
        inside(floods)


@sandboxed
def test_an_ipv6_fence_follows_solicitations_and_leaves_nothing_behind() -> None:
    lab = Lab(VictimAttacker, families="ipv6")
    victim, attacker = lab["victim"], lab["attacker"]
    attacker.fence(victim)
    assert [one for one in victim.neigh_dump(family=6) if one.state != NUD.NOARP] == []

    for number in range(150):
        attacker.send(ndp.ns(victim.addr, sender=ON_LINK6, lladdr=lladdr_of(number)))
        attacker.fence(victim)
        assert victim.neigh_get(ON_LINK6).lladdr == lladdr_of(number)


@sandboxed
def test_a_fence_leaves_nothing_behind() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    for by in ("probe", "marker"):
        lab["attacker"].fence(lab["victim"], by=by)

    assert lab["victim"].neigh_dump() == lab["attacker"].neigh_dump() == []
    assert [line.kind for line in lab.timeline if line.source in ("netlink", "wire") and "probe" not in line.text] == [
        "frame"
    ]


@sandboxed
def test_a_host_that_may_not_answer_needs_the_marker() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    victim, attacker = lab["victim"], lab["attacker"]
    victim.conf(arp_ignore=8)

    lab.time_scale = 0.1  # for what does not come
    with pytest.raises(
        ExpectationFailed, match=r"^fence: 192\.0\.2\.1 did not answer .* needs fence\(\.\.\., by='marker'\)"
    ):
        attacker.fence(victim)
    lab.time_scale = 1
    attacker.fence(victim, by="marker")

    victim.unplug()
    lab.time_scale = 0.1
    with pytest.raises(ExpectationFailed, match=r"did not reach .* is the link up"):
        attacker.fence(victim, by="marker")
    victim.link(up=False)
    with pytest.raises(ExpectationFailed, match=r"cannot reach .* victim eth0 is down$"):
        attacker.fence(victim, by="marker")


@sandboxed
def test_a_fence_knows_which_interfaces_face_each_other() -> None:
    lab = Lab(TwoLans, families="ipv4")

    lab["outside"].fence(lab["router"])
    lab["router"].fence(lab["outside"], dev="eth1")
    with pytest.raises(ScenarioError, match="inside and outside share no wire and no bridge"):
        lab["outside"].fence(lab["inside"])
    with pytest.raises(ScenarioError, match="it is 'probe' or 'marker'"):
        lab["outside"].fence(lab["router"], by="hope")


@sandboxed
def test_a_fence_covers_what_was_answered_too() -> None:
    """Behind it the answers have arrived at the one who asked."""
    lab = Lab(VictimAttacker, families="ipv4")
    victim, attacker = lab["victim"], lab["attacker"]
    capture = attacker.capture()

    for _ in range(200):
        attacker.send(arp.request(victim.addr, sender=attacker.addr, lladdr=attacker.lladdr))
    attacker.fence(victim)

    assert len(capture.frames("received", kind="arp-reply", target=attacker.addr)) == 200


# --- floods ---------------------------------------------------------------------------------------------------------


@sandboxed
def test_a_flood_of_frames_of_any_length_arrives_as_it_is() -> None:
    lab = Lab(TwoHosts, families="ipv4")
    capture = lab["peer"].capture(everything=True)
    frame = arp.gratuitous(ON_LINK, lladdr=EVIL)
    sent = [frame + bytes(length) for length in (0, 18, 1, 500, 1400)] * 40

    with pytest.raises(ScenarioError, match="no frame"):
        lab["victim"].flood([])
    for one in sent:
        lab["victim"].send(one)
    lab["victim"].fence(lab["peer"], by="marker")

    assert [len(seen.frame) for seen in capture.frames("received") if seen.frame[:42] == frame[:42]] == [
        len(one) for one in sent
    ]


@sandboxed
def test_captures_hear_nothing_of_a_flood_and_everything_after_it() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    capture = lab["victim"].capture()

    lab["attacker"].flood(claims(1_000))
    lab["attacker"].fence(lab["victim"])
    lab["attacker"].send(arp.gratuitous(OFF_LINK, lladdr=EVIL))
    lab["attacker"].fence(lab["victim"])

    assert len([seen for seen in capture.frames("received") if seen.parsed.is_probe]) == 2
    assert len(capture.frames("received", sender=OFF_LINK)) == 1
    assert len(capture.frames("received", sender=ON_LINK)) == 0


@sandboxed
def test_a_mute_story_sends_no_frame() -> None:
    lab = Lab(VictimAttacker, families="ipv4", sabotage=Sabotage({}, {}, mute=True))
    before = received(lab["victim"])

    lab["attacker"].send(claims(1)[0])
    lab["attacker"].flood(claims(10))
    lab["attacker"].fence(lab["victim"])

    assert received(lab["victim"]) - before == 1


@sandboxed
def test_sabotage_exchanges_addresses_in_what_is_sent() -> None:
    lab = Lab(VictimAttacker, families="ipv4", sabotage=Sabotage({}, {ON_LINK: OFF_LINK, EVIL: "00:00:5e:00:53:77"}))
    capture = lab["victim"].capture()

    lab["attacker"].send(arp.gratuitous(ON_LINK, lladdr=EVIL))
    lab["attacker"].fence(lab["victim"])

    capture.expect(1, "received", sender=OFF_LINK, lladdr="00:00:5e:00:53:77")
    capture.expect(0, "received", sender=ON_LINK)


# --- captures -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("topology", [VictimAttacker, TwoHosts], ids=["bridge", "wire"])
@sandboxed
def test_a_capture_tells_who_sent_and_who_received(topology: Any) -> None:
    lab = Lab(topology, families="ipv4", settings=(parse_setting("retrans_time_ms=600000"),))  # each is sent once
    victim, other = lab["victim"], lab[next(name for name in lab.hosts if name != "victim")]
    here, there = victim.capture(), other.capture()

    assert other.ping(victim.addr, within_ms=30_000) is not None

    there.expect(1, "sent", kind="arp-request", target=victim.addr, is_broadcast=True)
    here.expect(1, "received", kind="arp-request", target=victim.addr)
    here.expect(1, "sent", kind="arp-reply", lladdr=victim.lladdr)
    there.expect(range(1, 2), "received", kind="arp-reply")
    with pytest.raises(ExpectationFailed, match=r"^victim sent frames kind=arp-reply: expected 2, observed 1$"):
        here.expect(2, "sent", kind="arp-reply", within_ms=50)
    with pytest.raises(ExpectationFailed, match=r"expected 0, observed 1$"):
        here.expect(0, "sent", kind="arp-reply")
    times = [seen.at for seen in lab.frames]
    assert times == sorted(times)
    assert all(0 < time.monotonic() - at < 60 for at in times)


@pytest.mark.parametrize("topology", [VictimAttacker, TwoHosts], ids=["bridge", "wire"])
@sandboxed
def test_a_frame_has_the_time_at_which_it_came_however_late_it_is_read(topology: Any) -> None:
    lab = Lab(topology, families="ipv4")
    sender, receiver = lab
    before = time.monotonic()
    sender.port().send(arp.gratuitous(ON_LINK, lladdr=EVIL))
    probe_fence(sender.port(), addr=receiver.addr, lladdr=sender.lladdr)
    came_by = time.monotonic()
    select.select([], [], [], 4 * CLOCKS_S)
    assert [one for one in lab.frames if one.parsed.sender == ON_LINK] == []  # nobody has read a frame meanwhile
    lab.pump()
    came = [one.at for one in lab.frames if one.parsed.sender == ON_LINK]
    assert len(came) == 2
    assert all(before - CLOCKS_S < at < came_by + CLOCKS_S for at in came)


@sandboxed
def test_a_capture_begins_when_it_is_asked_for() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    lab["attacker"].send(arp.gratuitous(ON_LINK, lladdr=EVIL))

    assert lab["attacker"].capture().frames("sent") == []
    assert len([seen for seen in lab.frames if seen.direction == "sent"]) == 1


@sandboxed
def test_what_a_capture_loses_is_said() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    lab["victim"].capture(everything=True)
    port = lab["attacker"].port()
    big = arp.gratuitous(ON_LINK, lladdr=EVIL) + bytes(1400)

    port.flood([big] * 20_000)
    lab.pump()

    lost = [line.text for line in lab.timeline if line.kind == "lost"]
    assert len(lost) == 1
    assert lost[0].endswith("captured frames were lost: no room")


@sandboxed
def test_large_labs_are_captured_only_when_asked_for() -> None:
    lab = Lab(HostsOnBridge(n=65), families="ipv4")
    assert lab.taps == []
    capture = lab["h1"].capture(everything=True)

    lab["h65"].ping(lab["h1"].addr)

    assert capture.frames("received", kind="arp-request")


# --- applications ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("families", ["ipv4", "ipv6"])
@sandboxed
def test_datagrams_arrive_in_order(families: Any) -> None:
    lab = Lab(VictimAttackerOwner, families=families)
    inbox, outbox = lab["victim"].listen(), lab["owner"].udp(lab["victim"].addr)

    for number in range(100):
        assert outbox.send(b"%d" % number) == [None]

    assert inbox.wait_for(100, within_ms=30_000) == [b"%d" % number for number in range(100)]
    with pytest.raises(ExpectationFailed, match="100 of 101 datagrams arrived within 10 ms"):
        inbox.wait_for(101, within_ms=10)


@pytest.mark.parametrize("families", ["ipv4", "ipv6"])
@sandboxed
def test_an_application_is_told_why_its_datagram_did_not_arrive(families: Any) -> None:
    lab = Lab(VictimAttacker, families=families)
    nobody = ON_LINK if families == "ipv4" else ON_LINK6

    outbox, refused = lab["victim"].udp(nobody), lab["victim"].udp(lab["attacker"].addr, port=9)
    outbox.send(count=3)  # within a second, or an error of the first would be told by the next
    refused.send()
    lab["victim"].conf(retrans_time_ms=20)

    assert [outbox.error() for _ in range(3)] == ["EHOSTUNREACH"] * 3
    assert outbox.error(within_ms=20) is None
    assert outbox.send() == [None]
    untold = lab["victim"].udp(lab["attacker"].addr, port=9, tell=False)
    untold.send()
    assert untold.error() == "ECONNREFUSED"
    assert refused.error() == "ECONNREFUSED"
    assert refused.error(within_ms=20) is None
    assert lab["victim"].tcp_connect(nobody) == "EHOSTUNREACH"
    assert lab["victim"].tcp_connect(lab["attacker"].addr) == "ECONNREFUSED"
    assert lab["victim"].ping(nobody) is None


@pytest.mark.parametrize("families", ["ipv4", "ipv6"])
@sandboxed
def test_a_datagram_binds_memory_until_it_has_left(families: Any) -> None:
    victim = Lab(VictimAttackerOwner, families=families)["victim"]
    nobody = ON_LINK if families == "ipv4" else ON_LINK6
    victim.conf(unres_qlen_bytes=0, mcast_solicit=30)
    outbox = victim.udp(nobody)
    assert outbox.held_bytes() == 0

    outbox.send(b"x" * 1000)
    one = outbox.held_bytes()
    outbox.send(b"x" * 1000, count=20)
    assert (one > 1000, outbox.held_bytes()) == (True, one)

    victim.conf(unres_qlen_bytes=one * 3)
    outbox.send(b"x" * 1000, count=20)
    assert outbox.held_bytes() == 3 * one
    victim.neigh_del(nobody)
    assert outbox.held_bytes() == 0


@pytest.mark.parametrize("families", ["ipv4", "ipv6"])
@sandboxed
def test_a_tcp_connection_carries_both_ways(families: Any) -> None:
    lab = Lab(VictimAttacker, families=families)

    pair = lab["victim"].tcp(lab["attacker"])
    for size in (0, 1, 100_000):
        pair.exchange(bytes(size))
    pair.close()

    lab["victim"].expect(lab["attacker"].addr, NUD.REACHABLE)


@sandboxed
def test_a_program_that_fails_or_is_missing_is_said() -> None:
    victim = Lab(VictimAttacker)["victim"]

    assert victim.run("ip", "-br", "addr", "show", "eth0").stdout.split()[0].startswith("eth0")
    assert victim.run("sh", "-c", "exit 3", check=False).returncode == 3
    with pytest.raises(ScenarioError, match=r"^victim: `sh -c echo why >&2; exit 3` ended with 3: why$"):
        victim.run("sh", "-c", "echo why >&2; exit 3")
    with pytest.raises(ScenarioError, match="did not end within"):
        victim.run("sleep", "1000", timeout_s=0.1)
    with pytest.raises(Unsupported, match="no program 'no-such-program'"):
        victim.run("no-such-program")


@sandboxed
def test_frames_are_parsed_as_they_were_built() -> None:
    """What one host sends another's capture reads back, field by field."""
    lab = Lab(TwoHosts)
    capture = lab["peer"].capture()
    sent = [
        arp.probe(ON_LINK, lladdr=EVIL),
        arp.gratuitous(ON_LINK, lladdr=EVIL, form="reply"),
        ndp.dad(ON_LINK6, lladdr=EVIL),
        ndp.na(ON_LINK6, lladdr=EVIL, router=True),
    ]

    for frame in sent:
        lab["victim"].send(frame)
    lab["victim"].fence(lab["peer"], by="marker")

    assert [seen.parsed for seen in capture.frames("received")] == [frames.parse(frame) for frame in sent]

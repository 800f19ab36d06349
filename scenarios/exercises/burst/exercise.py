"""A neighbour that is slow to answer costs most of a burst, and neither a counter nor an error tells where it went.

The peer's kernel does not answer for its address; a program does, and takes its time. What a check sends goes to an
address that nobody has, and is answered when all of it has been sent.
"""

import sys

from neighlab.topologies import TwoHosts

from neighlab import NUD, arp, because, exercise

COUNT, LENGTH = 40, 1200 - 28
MOST_BYTES = 1 << 20
SENDERS = 16
STRANGER = "192.0.2.99"
SLUGGISH = """
import select, socket

wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0806))
wire.bind(("eth0", 0x0806))
addr, lladdr = socket.inet_aton("192.0.2.2"), wire.getsockname()[4]
print("listening", flush=True)
while True:
    asked = wire.recv(64)
    if asked[20:22] == b"\\0\\1" and asked[38:42] == addr:
        select.select([], [], [], 1)
        wire.send(asked[6:12] + lladdr + asked[12:20] + b"\\0\\2" + lladdr + addr + asked[22:32])
"""


@exercise(
    topology=TwoHosts,
    yours=["victim"],
    about=["queue/first-packets-lost", "queue/drops-oldest", "queue/byte-budget", "queue/two-views"],
    minutes=30,
)
def queue(victim, peer):
    for one in (victim, peer):
        one.conf(base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000, delay_first_probe_time_ms=3_600_000)
    victim.conf(unres_qlen=3, mcast_solicit=10)
    peer.conf(arp_ignore=8)
    peer.daemon(sys.executable, "-ISc", SLUGGISH, ready="listening")


@queue.check(
    "a burst of 40 packets to a host that has not answered yet leaves whole when it answers",
    points=4,
    otherwise="Nearly all of the burst is gone before it has come to the interface: until the neighbour answers,"
    " packets wait at its entry, and there is little room (__neigh_event_send). Which setting of the neighbour table"
    " says how much?",
)
def whole(victim, peer, lab):
    device, wire = victim.neigh_get(peer.addr), victim.capture(everything=True)
    victim.neigh_del(STRANGER)
    outbox = victim.udp(STRANGER)
    outbox.send(b"x" * LENGTH, count=COUNT)
    peer.send(arp.reply(STRANGER, lladdr=peer.lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr))
    victim.expect(STRANGER, NUD.REACHABLE, within_ms=1000)
    peer.fence(victim, by="marker")
    left = len(wire.frames("sent", target=STRANGER, dport=7777))
    outbox.close()
    victim.neigh_del(STRANGER)
    if left < COUNT // 2 and device is not None and device.state == NUD.PERMANENT:
        with because(
            "A static entry keeps the packets for one host from waiting. The next host that is new, or forgotten, is"
            " met as before."
        ):
            lab.expect("packets that left", left, COUNT)
    if left >= COUNT // 2:
        with because(
            "Nearly: the beginning of the burst is still lost. The queue counts the memory that packets take"
            " (skb->truesize), whatever unit a setting's name speaks of, and a packet takes more than its length."
        ):
            lab.expect("packets that left", left, COUNT)
    lab.expect("packets that left", left, COUNT)


@queue.check(
    "a host that never answers holds no more than 1 MiB",
    points=2,
    kept=True,
    otherwise="A host that never answers may hold more than 1 MiB of packets, and a scan meets a thousand such hosts:"
    " that is memory which nobody gets back until they are given up.",
)
def bounded(victim, lab):
    victim.neigh_del(STRANGER)
    outboxes = [victim.udp(STRANGER) for _ in range(SENDERS)]  # what one sender may have under way is limited, too
    for outbox in outboxes:
        outbox.send(b"x" * LENGTH, count=COUNT)
    held = sum(outbox.held_bytes() for outbox in outboxes)
    victim.neigh_del(STRANGER)
    for outbox in outboxes:
        outbox.close()
    lab.expect("bytes held for one address", held, range(1, MOST_BYTES + 1))


@queue.check(
    "the answer `lost` says which end of a burst is missing",
    points=1,
    otherwise="Look at the numbers of the packets that were answered (icmp_seq): is it the beginning of the burst that"
    " they belong to, or its end?",
)
def lost(answers, lab):
    lab.expect("answer lost", answers.get("lost", "").lower(), "first")


@queue.check(
    "the answer `state` names the state of an entry while packets wait at it",
    points=1,
    otherwise="That is a state in which the kernel knows a link-layer address, or asks no more. Ping an address that"
    " nobody has, and look at its entry before the kernel gives up.",
)
def state(answers, lab):
    lab.expect("answer state", answers.get("state", "").upper(), "INCOMPLETE")


@queue.check(
    "the collector is still found and reached",
    points=1,
    kept=True,
    otherwise="The victim does not reach the collector any more.",
)
def reached(victim, peer, lab):
    lab.expect("192.0.2.2 answers", victim.ping(peer.addr, within_ms=8000) is not None, True)

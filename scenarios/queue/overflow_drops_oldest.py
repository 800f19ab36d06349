"""When the queue of an unresolved neighbour overflows, the oldest packets go and the newest leave in order.

__neigh_event_send queues a packet under a budget of bytes, unres_qlen_bytes, that counts skb->truesize: memory, not
payload. If the newest does not fit, packets are taken from the head until it does - and it is queued even if the
budget is 0, so one packet always waits. How many survive depends on the kernel's buffer sizes; that they are the last
ones, in their order, does not. Old books (and arp(7)) speak of a limit of 3 packets: since Linux 3.3 unres_qlen is
only a view of the byte budget, and the default is 212992 bytes. In practice: it is the beginning of a burst that a
new neighbour misses, never its end; sequence gaps at the start of a flow are this, and a larger budget cures them.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario

LENGTHS = list(range(1, 21))
SOME, ALL = range(2, len(LENGTHS)), range(len(LENGTHS), len(LENGTHS) + 1)
ROOMY, TIGHT = Sabotage(knobs={"unres_qlen_bytes": 212992}), Sabotage(knobs={"unres_qlen_bytes": 0})


def reply(addr, victim, peer):
    return arp.reply(addr, lladdr=peer.lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def advertisement(addr, victim, peer):
    return ndp.na(addr, lladdr=peer.lladdr, dst=victim.addr, to=victim.lladdr, solicited=True)


V4 = {"addr": ON_LINK, "answer": reply}
V6 = {"family": "ipv6", "addr": ON_LINK6, "answer": advertisement}


@scenario(
    topology=TwoHosts,
    proves=["queue/drops-oldest", "queue/always-one"],
    kernel="__neigh_event_send, neigh_resolve_output",
    cases=[
        Case("0-keeps-the-newest", unres_qlen_bytes=0, kept=range(1, 2), sabotage=ROOMY, **V4),
        Case("6270-keeps-some", unres_qlen_bytes=6270, kept=SOME, sabotage=ROOMY, **V4),
        Case("212992-keeps-all", unres_qlen_bytes=212992, kept=ALL, sabotage=TIGHT, **V4),
        Case("0-keeps-the-newest-ipv6", unres_qlen_bytes=0, kept=range(1, 2), sabotage=ROOMY, **V6),
        Case("6270-keeps-some-ipv6", unres_qlen_bytes=6270, kept=SOME, sabotage=ROOMY, **V6),
        Case("212992-keeps-all-ipv6", unres_qlen_bytes=212992, kept=ALL, sabotage=TIGHT, **V6),
    ],
)
def overflowing_queue_drops_the_oldest(victim, peer, lab, *, addr, answer, unres_qlen_bytes, kept):
    victim.conf(unres_qlen_bytes=unres_qlen_bytes)
    wire, outbox = victim.capture(everything=True), victim.udp(addr)

    for length in LENGTHS:
        outbox.send(b"x" * length)
    peer.send(answer(addr, victim, peer))
    victim.expect(addr, NUD.REACHABLE)
    peer.fence(victim)

    left = [seen.parsed.length for seen in wire.frames("sent", target=addr, dport=7777)]
    lab.expect("number of survivors", len(left), kept)
    lab.expect("lengths of the survivors", left, LENGTHS[-len(left) :])

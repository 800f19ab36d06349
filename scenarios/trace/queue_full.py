"""A packet that the queue of an unresolved neighbour has no room for dies as NEIGH_QUEUEFULL, and no counter names it.

Whatever the kernel gives up is freed with a reason (sk_skb_reason_drop; enum skb_drop_reason since Linux 5.17, those
of neighbours since 5.18), which the tracepoint skb:kfree_skb tells together with the place in the code. A newcomer to
a full queue is kept; what __neigh_event_send drops is the oldest packet. Many look for such losses at the interface,
whose counters never saw the packet, or capture on the wire, where it never was. In practice: dropwatch, or `perf trace
-e skb:kfree_skb`, names the culprit at once - but for the whole machine: all namespaces in one stream, without any
device's name. Without root the loss itself can be counted, the reason only inferred.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario

BURST = 20


def reply(addr, victim, peer):
    return arp.reply(addr, lladdr=peer.lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def advertisement(addr, victim, peer):
    return ndp.na(addr, lladdr=peer.lladdr, dst=victim.addr, to=victim.lladdr, solicited=True)


@scenario(
    topology=TwoHosts,
    trace=True,
    proves=["trace/queue-full"],
    kernel="__neigh_event_send, sk_skb_reason_drop",
    cases=[
        Case("0-keeps-one", unres_qlen_bytes=0, dropped=BURST - 1, addr=ON_LINK, answer=reply),
        Case("212992-keeps-all", unres_qlen_bytes=212992, dropped=0, addr=ON_LINK, answer=reply,
             sabotage=Sabotage(knobs={"unres_qlen_bytes": 0})),
        Case("0-keeps-one-ipv6", unres_qlen_bytes=0, dropped=BURST - 1, family="ipv6", addr=ON_LINK6,
             answer=advertisement),
    ],
    sabotage=Sabotage(knobs={"unres_qlen_bytes": 212992}),
)  # fmt: skip
def full_queue_is_the_reason(victim, peer, *, unres_qlen_bytes, dropped, addr, answer):
    victim.conf(unres_qlen_bytes=unres_qlen_bytes)
    wire = victim.capture(everything=True)

    victim.udp(addr).send(count=BURST)
    peer.send(answer(addr, victim, peer))
    victim.expect(addr, NUD.REACHABLE)
    peer.fence(victim)

    left = wire.frames("sent", target=addr, dport=7777)
    victim.expect_drop("NEIGH_QUEUEFULL", dropped, inferred=BURST - len(left))

"""How many packets wait for an unresolved neighbour depends on their size: the queue's budget counts memory.

unres_qlen_bytes is compared with the sum of skb->truesize (arp_queue_len_bytes in __neigh_event_send): the buffer that
was allocated together with its struct sk_buff and skb_shared_info, not the bytes that will be on the wire. A datagram
of one byte costs several hundred, one of 1400 about two thousand, so the same budget holds many small packets or few
large ones. Many believe that the queue is a number of packets (3, later 101), or that the bytes are those of the
frames. In practice: 4096 bytes look like room for a hundred tiny packets and keep a handful; and a budget that was
tried with ping is too small for full-size segments.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario

COUNT = 16


def reply(addr, victim, peer):
    return arp.reply(addr, lladdr=peer.lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def advertisement(addr, victim, peer):
    return ndp.na(addr, lladdr=peer.lladdr, dst=victim.addr, to=victim.lladdr, solicited=True)


V4 = {"addr": ON_LINK, "answer": reply}
V6 = {"family": "ipv6", "addr": ON_LINK6, "answer": advertisement}
SMALL = {"length": 1, "unres_qlen_bytes": COUNT * 1024, "kept": range(COUNT, COUNT + 1)}
LARGE = {"length": 1400, "unres_qlen_bytes": COUNT * 1024, "kept": range(2, 12)}
CROWDED = {"length": 1, "unres_qlen_bytes": 4096, "kept": range(1, COUNT // 2 + 1)}
ROOMY, SMALLER = Sabotage(knobs={"unres_qlen_bytes": 212992}), Sabotage(params={"length": 1})
LARGER = Sabotage(params={"length": 1400})


@scenario(
    topology=TwoHosts,
    proves=["queue/byte-budget"],
    kernel="__neigh_event_send",
    cases=[
        Case("16-kib-hold-all-small-packets", **SMALL, **V4, sabotage=LARGER),
        Case("16-kib-hold-few-large-packets", **LARGE, **V4, sabotage=SMALLER),
        Case("4096-bytes-hold-few-packets-of-29-bytes", **CROWDED, **V4, sabotage=ROOMY),
        Case("16-kib-hold-all-small-packets-ipv6", **SMALL, **V6, sabotage=LARGER),
        Case("16-kib-hold-few-large-packets-ipv6", **LARGE, **V6, sabotage=SMALLER),
        Case("4096-bytes-hold-few-packets-of-49-bytes-ipv6", **CROWDED, **V6, sabotage=ROOMY),
    ],
)
def budget_counts_memory(victim, peer, lab, *, addr, answer, length, unres_qlen_bytes, kept):
    victim.conf(unres_qlen_bytes=unres_qlen_bytes)
    wire, outbox = victim.capture(everything=True), victim.udp(addr)

    outbox.send(b"x" * length, count=COUNT)
    peer.send(answer(addr, victim, peer))
    victim.expect(addr, NUD.REACHABLE)
    peer.fence(victim)

    lab.expect("number of survivors", len(wire.frames("sent", target=addr, dport=7777)), kept)

"""The first packet to an unknown neighbour waits in an INCOMPLETE entry, and leaves when an answer comes.

__neigh_event_send makes the entry INCOMPLETE, queues the packet and asks at once: by ARP broadcast, or by a
solicitation to the target's solicited-node group. The answer (arp_process, ndisc_recv_na) hands its address to
neigh_update, and what has waited leaves in the order in which it came. A reply to this host alone, or an
advertisement with the solicited flag, proves that the question was heard: REACHABLE. A broadcast reply, or a question
of the owner's own, tells an address and proves no more: STALE, and since the waiting packets use it at once, DELAY is
what one sees. Many believe that every resolved entry is REACHABLE. In practice: DELAY and a unicast probe soon after
the first packet are no fault; the owner asked first, or a proxy answered by broadcast.
"""

from neighlab.topologies import TwoHosts

from neighlab import BROADCAST, NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario

LENGTHS = [11, 22, 33]
V4 = {"addr": ON_LINK, "question": "arp-request", "group": BROADCAST}
V6 = {"addr": ON_LINK6, "question": "ns", "group": "33:33:ff:00:00:99"}


def unicast_reply(addr, victim, peer):
    return arp.reply(addr, lladdr=peer.lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def broadcast_reply(addr, victim, peer):
    return arp.reply(addr, lladdr=peer.lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr, to=BROADCAST)


def request(addr, victim, peer):
    return arp.request(victim.addr, sender=addr, lladdr=peer.lladdr)


def solicited_na(addr, victim, peer):
    return ndp.na(addr, lladdr=peer.lladdr, dst=victim.addr, to=victim.lladdr, solicited=True)


def unsolicited_na(addr, victim, peer):
    return ndp.unsolicited_na(addr, lladdr=peer.lladdr)


def solicitation(addr, victim, peer):
    return ndp.ns(victim.addr, sender=addr, lladdr=peer.lladdr)


@scenario(
    topology=TwoHosts,
    proves=["nud/resolve"],
    kernel="__neigh_event_send, arp_solicit, ndisc_solicit, __neigh_update",
    cases=[
        Case("unicast-reply", answer=unicast_reply, outcome=NUD.REACHABLE, **V4),
        Case("broadcast-reply", answer=broadcast_reply, outcome=NUD.DELAY, **V4),
        Case("request-of-the-owner", answer=request, outcome=NUD.DELAY, **V4),
        Case("ipv6-solicited-na", family="ipv6", answer=solicited_na, outcome=NUD.REACHABLE, **V6),
        Case("ipv6-unsolicited-na", family="ipv6", answer=unsolicited_na, outcome=NUD.DELAY, **V6),
        Case("ipv6-solicitation-of-the-owner", family="ipv6", answer=solicitation, outcome=NUD.DELAY, **V6),
    ],
    sabotage=Sabotage(frames={ON_LINK: "192.0.2.98", ON_LINK6: "2001:db8::98"}),
)
def first_packet_resolves_and_the_queue_leaves_in_order(victim, peer, lab, *, addr, question, group, answer, outcome):
    wire, outbox = victim.capture(everything=True), victim.udp(addr)

    for length in LENGTHS:
        outbox.send(b"x" * length)
    victim.expect(addr, NUD.INCOMPLETE)
    wire.expect(1, "sent", kind=question, target=addr, dst=group)
    peer.send(answer(addr, victim, peer))
    peer.fence(victim)

    victim.expect(addr, outcome, lladdr=peer.lladdr, within_ms=0)
    left = wire.expect(len(LENGTHS), "sent", target=addr, dst=peer.lladdr, dport=7777)
    lab.expect("lengths in their order", [seen.parsed.length for seen in left], LENGTHS)

"""The queue of one unresolved neighbour is its own: a burst to another address takes no packet out of it.

arp_queue and arp_queue_len_bytes are members of struct neighbour, and unres_qlen_bytes is the budget of each entry,
not of the interface: __neigh_event_send drops from the head of the queue of that entry only. Many believe in one
waiting room per interface (or in the 3 packets of old as one of them). In practice: a flood to one silent host does
not cost another its first packet; but a scan of many addresses may make the kernel hold gc_thresh3 times the budget,
which is why it is counted in memory at all.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario


def reply(addr, victim, peer):
    return arp.reply(addr, lladdr=peer.lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def advertisement(addr, victim, peer):
    return ndp.na(addr, lladdr=peer.lladdr, dst=victim.addr, to=victim.lladdr, solicited=True)


@scenario(
    topology=TwoHosts,
    proves=["queue/separate"],
    kernel="__neigh_event_send, struct neighbour",
    cases=[
        Case(
            "ipv4", addr=ON_LINK, flooded="192.0.2.98", answer=reply,
            sabotage=Sabotage(params={"flooded": ON_LINK}),
        ),
        Case(
            "ipv6", family="ipv6", addr=ON_LINK6, flooded="2001:db8::98", answer=advertisement,
            sabotage=Sabotage(params={"flooded": ON_LINK6}),
        ),
    ],
)  # fmt: skip
def burst_to_one_neighbour_spares_the_packet_for_another(victim, peer, lab, *, addr, flooded, answer):
    victim.conf(unres_qlen_bytes=0)
    wire = victim.capture(everything=True)

    victim.udp(addr).send(b"spared")
    victim.udp(flooded).send(b"flood", count=20)
    peer.send(answer(addr, victim, peer))
    peer.send(answer(flooded, victim, peer))
    victim.expect(addr, NUD.REACHABLE)
    peer.fence(victim)

    left = [(seen.parsed.target, seen.parsed.length) for seen in wire.frames("sent", dport=7777)]
    lab.expect("what has left", left, [(addr, len(b"spared")), (flooded, len(b"flood"))])

"""With a full table a host answers nobody whom it does not know; known askers and ARP probes are answered.

arp_process first makes an entry for whoever asks (neigh_event_ns) and replies only if that succeeded; in a full table
it does not. A known asker needs no new entry, and 0.0.0.0, the sender of a probe, is never entered. ND does the same
(ndisc_recv_ns), with one difference: the answer to a DAD solicitation goes to all nodes, ff02::1, which needs an entry
of its own - with a full table a duplicate IPv6 address goes unnoticed. So the overflow of one host looks like a fault
of others, or of the cable: new clients cannot resolve it, while old acquaintances and the monitoring, which talks to
it all the time, see nothing wrong, and arping -D, a probe, gets its answer.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, arp, ndp, scenario

ROOM, MOST = 40, 400
FILL, ASKER = "198.18.0.1", "192.0.2.50"
FILL6, ASKER6 = "2001:db8:1::1", "2001:db8::50"


def request(victim, sender, peer):
    return arp.request(victim.addr, sender=sender, lladdr=peer.lladdr)


def solicitation(victim, sender, peer):
    return ndp.ns(victim.addr, sender=sender, lladdr=peer.lladdr)


def dad(victim, sender, peer):
    return ndp.dad(victim.addr, lladdr=peer.lladdr)


V4 = {"kind": "arp-reply", "ask": request, "fill": FILL}
V6 = {"family": "ipv6", "kind": "na", "fill": FILL6}
ROOM_LEFT, FULL = Sabotage(params={"most": ROOM // 2}), Sabotage(mute=True)


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/full-table-answers"],
    kernel="arp_process, ndisc_recv_ns, neigh_alloc",
    cases=[
        Case("unknown-asker", most=MOST, sender=ASKER, answers=0, sabotage=ROOM_LEFT, **V4),
        Case("known-asker", most=MOST, sender="192.0.2.2", answers=1, sabotage=FULL, **V4),
        Case("probe", most=MOST, sender="0.0.0.0", answers=1, sabotage=FULL, **V4),
        Case("unknown-asker-ipv6", most=MOST, ask=solicitation, sender=ASKER6, answers=0, sabotage=ROOM_LEFT, **V6),
        Case("probe-ipv6", most=MOST, ask=dad, sender="::", answers=0, sabotage=ROOM_LEFT, **V6),
        Case("known-asker-ipv6", most=MOST, ask=solicitation, sender="2001:db8::2", answers=1, sabotage=FULL, **V6),
    ],
)
def full_table_answers_only_known_askers(victim, peer, table, *, ask, kind, fill, most, sender, answers):
    victim.conf(base_reachable_time_ms=60_000)
    victim.neigh_set(peer.addr, peer.lladdr)
    table.room(ROOM)
    table.fill(victim, fill, most)
    capture = victim.capture()

    peer.send(ask(victim, sender, peer))
    peer.fence(victim, by="marker")

    capture.expect(answers, kind=kind)

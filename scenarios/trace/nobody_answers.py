"""Packets die as NEIGH_FAILED when their next hop does not answer, however far away they want to go.

neigh_timer_handler gives the entry up after its last question, and neigh_invalidate hands all that waits in it to
error_report, which tells each sender and frees the packet: arp_error_report with this reason (since Linux 5.18),
ndisc_error_report without any (up to 7.2: NOT_SPECIFIED). It is the next hop that is resolved: a packet to another
continent dies of the silence of the gateway beside it. Many read "no route to host" as a statement about routes; the
route was found, its next hop was not. In practice: NEIGH_FAILED at a sender says that the fault is on its own link;
look at the neighbour entry of the gateway, not at the routing table - and for IPv6 do not wait for the name.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, scenario

WAITING = 3
V4 = {"next_hop": ON_LINK, "reason": "NEIGH_FAILED"}
V6 = {"family": "ipv6", "next_hop": ON_LINK6, "reason": "NOT_SPECIFIED"}


@scenario(
    topology=TwoHosts,
    trace=True,
    proves=["trace/nobody-answers"],
    kernel="neigh_timer_handler, neigh_invalidate, arp_error_report, ndisc_error_report",
    cases=[
        Case("on-link", to=ON_LINK, sabotage=Sabotage(params={"to": "192.0.2.2"}), **V4),
        Case("far-away", to="198.51.100.7", sabotage=Sabotage(params={"next_hop": "192.0.2.2"}), **V4),
        Case("on-link-ipv6", to=ON_LINK6, sabotage=Sabotage(params={"to": "2001:db8::2"}), **V6),
        Case("far-away-ipv6", to="2001:db8:1::7", sabotage=Sabotage(params={"next_hop": "2001:db8::2"}), **V6),
    ],
)
def silence_of_the_next_hop_is_the_reason(victim, *, to, next_hop, reason):
    victim.conf(mcast_solicit=1, retrans_time_ms=50)
    victim.add_route("default", via=next_hop)
    wire = victim.capture(everything=True)

    victim.udp(to).send(count=WAITING)

    victim.expect(next_hop, NUD.FAILED, within_ms=1000)
    left = wire.frames("sent", target=to, dport=7777)
    victim.expect_drop(reason, WAITING, to=to, inferred=WAITING - len(left))

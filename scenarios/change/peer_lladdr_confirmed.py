"""Whoever confirms a neighbour that has gone keeps the old lladdr in use for as long as they do.

MSG_CONFIRM says "I have just heard of this neighbour": neigh_confirm sets the entry's `confirmed`, and
neigh_timer_handler makes an entry whose confirmation is young enough REACHABLE again instead of probing it - so
nothing ever finds out that the peer has moved. TCP confirms by itself, but only when new data is acknowledged, which
a lost peer cannot do; UDP programs have to be right about it. Many believe that confirmation is a harmless hint that
saves ARP traffic. In practice: a program that passes MSG_CONFIRM with everything it sends (sendto(2) warns of it)
turns 8 s of loss into an outage that ends when it stops, or when the peer announces itself.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, OTHER, Case, Sabotage, scenario


@scenario(
    topology=TwoHosts,
    proves=["change/peer-lladdr"],
    kernel="neigh_confirm, sock_confirm_neigh, neigh_timer_handler",
    cases=[Case("ipv4"), Case("ipv6", family="ipv6")],
    sabotage=Sabotage(params={"confirm": False}),
)
def confirmed_entry_outlives_the_peer(victim, peer, lab, *, confirm=True):
    victim.conf(delay_first_probe_time_ms=400, retrans_time_ms=40)
    victim.neigh_set(peer.addr, peer.lladdr, state=NUD.STALE)
    capture, outbox, old = victim.capture(), victim.udp(peer.addr), peer.lladdr

    peer.link(lladdr=OTHER)
    outbox.send(confirm=confirm)
    victim.hold(peer.addr, NUD.DELAY, lladdr=old, for_ms=50)
    outbox.send(confirm=confirm)

    victim.expect(peer.addr, NUD.REACHABLE, lladdr=old)
    capture.expect(0, "sent", is_solicitation=True)

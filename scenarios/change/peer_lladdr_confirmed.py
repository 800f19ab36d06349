"""Whoever confirms a neighbour that has gone keeps the old lladdr in use for as long as they do.

MSG_CONFIRM says "I have just heard of this neighbour": neigh_confirm sets the entry's `confirmed`, and
neigh_timer_handler leaves an entry REACHABLE whose confirmation is younger than reachable time - no DELAY, no PROBE,
so nothing ever finds out that the peer has moved. TCP confirms by itself, but only when new data is acknowledged,
which a lost peer cannot do; UDP programs have to be right about it. Many believe that confirmation is a harmless hint
that saves ARP traffic. In practice: a DNS or VoIP program that passes MSG_CONFIRM with everything it sends (sendto(2)
warns of it) turns 8 s of loss into an outage that ends when it stops, or when the peer announces itself.
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
    victim.conf(base_reachable_time_ms=400, delay_first_probe_time_ms=40, retrans_time_ms=40)
    capture, outbox, old = victim.capture(), victim.udp(peer.addr), peer.lladdr

    victim.ping(peer.addr)
    victim.expect(peer.addr, NUD.REACHABLE, lladdr=old)
    peer.link(lladdr=OTHER)
    for _ in range(18):
        outbox.send(confirm=confirm)
        victim.hold(peer.addr, NUD.REACHABLE, lladdr=old, for_ms=50)

    victim.expect(peer.addr, NUD.REACHABLE, lladdr=old, within_ms=0)
    capture.expect(0, "sent", is_solicitation=True, dst=old)

"""A STALE entry that nobody uses stays STALE: no timer runs, and nothing is asked.

neigh_timer_handler, having made the entry STALE, arms no timer; the state means "known, not confirmed of late, and of
no interest to anybody". What ends it is a packet to that neighbour, a frame from it, or garbage collection - which
does nothing at all below gc_thresh1 entries and never looks at the state's age before. Many believe that ARP entries
"time out" after 60 seconds (gc_stale_time) or some minutes, as on other systems. In practice: the address of a host
that was switched off last week may still be in the table, STALE, and is used for the first packet to whoever has that
IP address now.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, Sabotage, scenario


@scenario(
    topology=TwoHosts,
    proves=["nud/stale-waits"],
    kernel="neigh_timer_handler, neigh_periodic_work",
    cases=[Case("ipv4"), Case("ipv6", family="ipv6")],
    sabotage=Sabotage(params={"uses": 1}),
)
def unused_stale_entry_stays(victim, peer, *, uses=0):
    victim.conf(base_reachable_time_ms=40, delay_first_probe_time_ms=20, retrans_time_ms=20, locktime_ms=20)
    victim.ping(peer.addr)
    victim.expect(peer.addr, NUD.REACHABLE, NUD.STALE)
    capture = victim.capture()

    victim.udp(peer.addr).send(count=uses)

    victim.hold(peer.addr, NUD.STALE, lladdr=peer.lladdr, for_ms=200)
    capture.expect(0, "sent", is_solicitation=True)

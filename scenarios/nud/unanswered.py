"""A neighbour that never answers is asked mcast_solicit times, retrans_time apart, and then the sender is told.

neigh_timer_handler counts the questions: INCOMPLETE starts its counter at ucast_solicit, since nobody can be asked
by unicast yet, and gives up after mcast_solicit (and app_solicit) more. The entry becomes FAILED; neigh_invalidate
hands each waiting packet to error_report, which makes the sender's own stack report "host unreachable". TCP hears
that, UDP only with IP_RECVERR or at a later call. Many believe that this error comes from a router, or that a
timeout means the packet was lost on its way: it never left this host. In practice: "No route to host" about three
seconds after the first try, from a host on the same link, is an unanswered ARP request.
"""

from itertools import pairwise

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, scenario

RETRANS_MS = 60
V4, V6 = {"addr": ON_LINK, "question": "arp-request"}, {"family": "ipv6", "addr": ON_LINK6, "question": "ns"}


@scenario(
    topology=TwoHosts,
    proves=["nud/unanswered"],
    kernel="neigh_timer_handler, neigh_invalidate, arp_error_report, ndisc_error_report",
    cases=[
        Case("2-ipv4", mcast_solicit=2, **V4),
        Case("3-ipv4", mcast_solicit=3, **V4),
        Case("3-ipv6", mcast_solicit=3, **V6),
        Case("5-ipv6", mcast_solicit=5, **V6),
    ],
    sabotage=Sabotage(knobs={"mcast_solicit": 4}),
)
def silent_neighbour_fails_and_the_sender_is_told(victim, lab, *, addr, question, mcast_solicit):
    victim.conf(mcast_solicit=mcast_solicit, retrans_time_ms=RETRANS_MS)
    capture, outbox = victim.capture(), victim.udp(addr)

    outbox.send()

    victim.expect(addr, NUD.FAILED)
    asked = capture.expect(mcast_solicit, "sent", kind=question, target=addr, is_broadcast=True)
    gaps = [round((later.at - earlier.at) * 1000) for earlier, later in pairwise(asked)]
    lab.expect("shortest pause between two requests, ms", min(gaps), range(RETRANS_MS // 2, RETRANS_MS * 10))
    lab.expect("error at the sender", outbox.error(), "EHOSTUNREACH")

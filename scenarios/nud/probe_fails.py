"""PROBE asks ucast_solicit times by unicast, then mcast_resolicit times by broadcast, and then gives up.

arp_solicit and ndisc_solicit choose by one counter: below ucast_solicit the question goes to the address that is
known, after that (and app_solicit questions to user space) to everybody. In PROBE the limit (neigh_max_probes) is
ucast_solicit + app_solicit + mcast_resolicit - and mcast_resolicit, unlike mcast_solicit, is 0 by default. So a
neighbour that had been known is given up without a single broadcast. arp(7) orders the questions otherwise: application
first, then unicast, then broadcast. In practice: ARP requests that are not broadcast, three in a row without an answer,
are a host about to lose an old acquaintance.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

V4, V6 = {"addr": ON_LINK, "question": "arp-request"}, {"family": "ipv6", "addr": ON_LINK6, "question": "ns"}


@scenario(
    topology=TwoHosts,
    proves=["nud/probe-fails"],
    kernel="neigh_timer_handler, neigh_max_probes, arp_solicit, ndisc_solicit",
    cases=[
        Case("3-and-0-the-default", ucast_solicit=3, mcast_resolicit=0, **V4),
        Case("1-and-2", ucast_solicit=1, mcast_resolicit=2, **V4),
        Case("3-and-0-the-default-ipv6", ucast_solicit=3, mcast_resolicit=0, **V6),
        Case("1-and-2-ipv6", ucast_solicit=1, mcast_resolicit=2, **V6),
    ],
    sabotage=Sabotage(knobs={"ucast_solicit": 2}),
)
def probe_asks_by_unicast_first_and_gives_up(victim, lab, *, addr, question, ucast_solicit, mcast_resolicit):
    victim.conf(delay_first_probe_time_ms=40, retrans_time_ms=40, locktime_ms=40)
    victim.conf(ucast_solicit=ucast_solicit, mcast_resolicit=mcast_resolicit)
    victim.neigh_set(addr, OTHER, state=NUD.STALE)
    capture = victim.capture()

    victim.udp(addr).send()

    victim.expect(addr, NUD.PROBE, NUD.FAILED)
    asked = capture.expect(ucast_solicit + mcast_resolicit, "sent", kind=question, target=addr)
    order = [seen.parsed.is_broadcast for seen in asked]
    lab.expect("broadcast", order, [False] * ucast_solicit + [True] * mcast_resolicit)

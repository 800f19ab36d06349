"""A static entry goes on sending to the old lladdr when its peer gets a new one, however loudly announced.

A PERMANENT entry never expires, is never probed, and __neigh_update lets no frame change it, so nothing will ever
find out that nobody is at its address any more: frames leave for it and are dropped by whoever gets them. No error
tells the sender, for a PERMANENT entry cannot fail. Every neighbour without a static entry hears the peer's
announcement and goes on. Many believe that a static entry which stops working is noticed, or falls back to ARP. In
practice: static ARP is a promise to remember the entry when a network card is replaced; what one sees is a host that
all others can reach.
"""

from neighlab.topologies import TwoHosts

from neighlab import LEARNED, NUD, OTHER, Case, Sabotage, scenario

FOLLOWS = {"outcome": LEARNED, "lladdr": OTHER, "reached": True}
LEFT = {"outcome": NUD.PERMANENT, "lladdr": "00:00:5e:00:53:02", "reached": False}
V4, V6 = {"knobs": {"arp_notify": 1}}, {"knobs": {"ndisc_notify": 1}, "family": "ipv6"}
QUIET = Sabotage(knobs={"arp_notify": 0, "ndisc_notify": 0})
NOT_STATIC = Sabotage(params={"state": NUD.STALE})


@scenario(
    topology=TwoHosts,
    proves=["static/left-behind"],
    kernel="__neigh_update, neigh_event_send",
    cases=[
        Case("permanent", state=NUD.PERMANENT, **V4, **LEFT, sabotage=NOT_STATIC),
        Case("learned", state=NUD.STALE, **V4, **FOLLOWS, sabotage=QUIET),
        Case("permanent-ipv6", state=NUD.PERMANENT, **V6, **LEFT, sabotage=NOT_STATIC),
        Case("learned-ipv6", state=NUD.STALE, **V6, **FOLLOWS, sabotage=QUIET),
    ],
)
def static_entry_is_left_behind(victim, peer, lab, *, state, knobs, outcome, lladdr, reached):
    peer.conf(**knobs)
    victim.neigh_set(peer.addr, peer.lladdr, state=state)

    peer.link(lladdr=OTHER)
    peer.fence(victim)
    answered = victim.ping(peer.addr, within_ms=300) is not None

    lab.expect("an echo request is answered", answered, reached)
    victim.expect(peer.addr, outcome, lladdr=lladdr, within_ms=0)

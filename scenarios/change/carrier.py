"""Losing the carrier removes all neighbour entries but PERMANENT and externally validated ones.

linkwatch notices that the cable is out and tells the protocols (NETDEV_CHANGE); arp_netdev_event and
ndisc_netdev_event then call neigh_carrier_down: behind the cable there may soon be another network. What an
administrator made PERMANENT stays, and so does what a program vouches for as extern_valid; extern_learn alone does
not help, and NOARP goes, too. arp_evict_nocarrier=0 (IPv6: ndisc_evict_nocarrier), in all or on the device - they
combine by and -, keeps everything. Many believe that entries outlive a pulled cable until they age. In practice: a
flapping port costs every flow of the host a new resolution, and all neighbours are asked at the same moment; a
roaming host wants it to.
"""

from neighlab.topologies import VictimAttacker

from neighlab import ABSENT, NTF, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

KEPT, EVICTED = Sabotage(knobs={"arp_evict_nocarrier": 0, "ndisc_evict_nocarrier": 0}), Sabotage(params={"evict": {}})
AGED = Sabotage(params={"state": NUD.STALE, "flags": NTF.NONE})
V4, V6 = {"addr": ON_LINK}, {"addr": ON_LINK6, "family": "ipv6"}
DEVICE, ALL = {"arp_evict_nocarrier": 0}, {"arp_evict_nocarrier": 0, "dev": "all"}
DEVICE6, ALL6 = {"ndisc_evict_nocarrier": 0}, {"ndisc_evict_nocarrier": 0, "dev": "all"}


@scenario(
    topology=VictimAttacker,
    proves=["change/carrier", "nud/extern-valid", "nud/extern-learn"],
    kernel="linkwatch_do_dev, arp_netdev_event, ndisc_netdev_event, neigh_carrier_down, neigh_flush_dev",
    cases=[
        Case("stale", state=NUD.STALE, **V4, outcome=ABSENT, sabotage=KEPT),
        Case("reachable", state=NUD.REACHABLE, **V4, outcome=ABSENT, sabotage=KEPT),
        Case("noarp", state=NUD.NOARP, **V4, outcome=ABSENT, sabotage=KEPT),
        Case("extern-learn", state=NUD.STALE, flags=NTF.EXT_LEARNED, **V4, outcome=ABSENT, sabotage=KEPT),
        Case(
            "extern-valid", state=NUD.STALE, flags=NTF.EXT_VALIDATED, **V4, outcome=NUD.STALE, since="6.17",
            sabotage=AGED,
        ),
        Case("permanent", state=NUD.PERMANENT, **V4, outcome=NUD.PERMANENT, sabotage=AGED),
        Case("stale-kept", state=NUD.STALE, evict=DEVICE, **V4, outcome=NUD.STALE, since="5.16", sabotage=EVICTED),
        Case("stale-kept-all", state=NUD.STALE, evict=ALL, **V4, outcome=NUD.STALE, since="5.16", sabotage=EVICTED),
        Case("stale-ipv6", state=NUD.STALE, **V6, outcome=ABSENT, sabotage=KEPT),
        Case("reachable-ipv6", state=NUD.REACHABLE, **V6, outcome=ABSENT, sabotage=KEPT),
        Case("extern-learn-ipv6", state=NUD.STALE, flags=NTF.EXT_LEARNED, **V6, outcome=ABSENT, sabotage=KEPT),
        Case(
            "extern-valid-ipv6", state=NUD.STALE, flags=NTF.EXT_VALIDATED, **V6, outcome=NUD.STALE, since="6.17",
            sabotage=AGED,
        ),
        Case("permanent-ipv6", state=NUD.PERMANENT, **V6, outcome=NUD.PERMANENT, sabotage=AGED),
        Case(
            "stale-kept-ipv6", state=NUD.STALE, evict=DEVICE6, **V6, outcome=NUD.STALE, since="5.16", sabotage=EVICTED
        ),
        Case(
            "stale-kept-all-ipv6", state=NUD.STALE, evict=ALL6, **V6, outcome=NUD.STALE, since="5.16", sabotage=EVICTED
        ),
    ],
)  # fmt: skip
def carrier_loss_removes_what_nobody_vouches_for(victim, *, addr, state, outcome, flags=NTF.NONE, evict=()):
    victim.conf(**dict(evict))
    victim.neigh_set(addr, OTHER, state=state, flags=flags)
    victim.expect(addr, state)

    victim.unplug()

    victim.expect(addr, outcome, within_ms=0)

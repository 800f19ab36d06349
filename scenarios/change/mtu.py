"""A change of the MTU leaves every neighbour entry as it is.

An entry holds a link-layer address, and that does not depend on how much fits into a frame. NETDEV_CHANGEMTU reaches
the routing (path MTUs are lowered) and addrconf, but neither arp_netdev_event nor ndisc_netdev_event. One exception
has nothing to do with neighbours: an MTU below 1280 ends IPv6 on the device (addrconf_notify), and its entries with
it. Many believe that reconfiguring an interface always makes it start anew. In practice: rolling out jumbo frames
needs no quiet minute for ARP; drivers that reset the link for it do so as carrier loss, and that is what removes
entries.
"""

from neighlab.topologies import VictimAttacker

from neighlab import ABSENT, NTF, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

V4, V6 = {"addr": ON_LINK, "mtu": 1400}, {"addr": ON_LINK6, "mtu": 1400, "family": "ipv6"}


def change_mtu(victim, mtu):
    victim.link(mtu=mtu)


def take_down(victim, mtu):
    victim.link(up=False)


@scenario(
    topology=VictimAttacker,
    proves=["change/mtu"],
    kernel="arp_netdev_event, ndisc_netdev_event, addrconf_notify",
    cases=[
        Case("1400-permanent", state=NUD.PERMANENT, outcome=NUD.PERMANENT, **V4),
        Case("1400-reachable", state=NUD.REACHABLE, outcome=NUD.REACHABLE, **V4),
        Case("1400-stale", state=NUD.STALE, outcome=NUD.STALE, **V4),
        Case("1400-extern-learn", state=NUD.STALE, flags=NTF.EXT_LEARNED, outcome=NUD.STALE, **V4),
        Case("1400-permanent-ipv6", state=NUD.PERMANENT, outcome=NUD.PERMANENT, **V6),
        Case("1400-stale-ipv6", state=NUD.STALE, outcome=NUD.STALE, **V6),
        Case(
            "1200-ends-ipv6", state=NUD.STALE, outcome=ABSENT, **V6 | {"mtu": 1200},
            sabotage=Sabotage(params={"mtu": 1400}),
        ),
    ],
    sabotage=Sabotage(params={"event": take_down}),
)  # fmt: skip
def mtu_changes_and_entries_stay(victim, *, addr, mtu, state, outcome, flags=NTF.NONE, event=change_mtu):
    victim.neigh_set(addr, OTHER, state=state, flags=flags)
    victim.expect(addr, state)

    event(victim, mtu)

    victim.expect(addr, outcome, within_ms=0)

"""A change of an interface's own link-layer address removes all of its neighbour entries, also PERMANENT ones.

NETDEV_CHANGEADDR makes arp_netdev_event and ndisc_netdev_event call neigh_changeaddr, which flushes without
exception: the cached headers hold the old source address, and entries are made anew when they are needed. It does not
matter whether the link was down meanwhile, nor whether the address really differs. Many believe that only the
neighbours have to forget, since their entries name the old address; theirs are untouched (change/own_lladdr_told). In
practice: bonding, bridges that inherit a port's address, and MAC randomisation silently remove static ARP entries; a
fixed address on the bridge or bond prevents it.
"""

from neighlab.topologies import VictimAttacker

from neighlab import ABSENT, NTF, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

OWN = "00:00:5e:00:53:01"
V4, V6 = {"addr": ON_LINK}, {"addr": ON_LINK6, "family": "ipv6"}


def new_lladdr(victim):
    victim.link(lladdr="00:00:5e:00:53:88")


def same_lladdr(victim):
    victim.link(lladdr=OWN)


def new_mtu(victim):
    victim.link(mtu=1400)


@scenario(
    topology=VictimAttacker,
    proves=["change/own-lladdr"],
    kernel="arp_netdev_event, ndisc_netdev_event, neigh_changeaddr, neigh_flush_dev",
    cases=[
        Case("permanent", state=NUD.PERMANENT, **V4),
        Case("noarp", state=NUD.NOARP, **V4),
        Case("reachable", state=NUD.REACHABLE, **V4),
        Case("extern-learn", state=NUD.STALE, flags=NTF.EXT_LEARNED, **V4),
        Case("extern-valid", state=NUD.STALE, flags=NTF.EXT_VALIDATED, **V4, since="6.17"),
        Case("same-lladdr-permanent", state=NUD.PERMANENT, event=same_lladdr, **V4),
        Case("permanent-ipv6", state=NUD.PERMANENT, **V6),
        Case("stale-ipv6", state=NUD.STALE, **V6),
    ],
    sabotage=Sabotage(params={"event": new_mtu}),
)
def own_lladdr_changes_and_every_entry_goes(victim, *, addr, state, flags=NTF.NONE, event=new_lladdr):
    victim.neigh_set(addr, OTHER, state=state, flags=flags)
    victim.expect(addr, state)

    event(victim)

    victim.expect(addr, ABSENT, within_ms=0)

"""An announcement of a new address updates those who know the address, and teaches it to nobody else.

After its probes a host announces what it has taken: a broadcast request whose sender and target are its address (RFC
5227, 2.3; IPv6: an unsolicited advertisement). To arp_process it is gratuitous ARP: an entry that exists gets the new
link-layer address and is STALE, whether it was in use or not; one that does not exist is created only by arp_accept.
Many believe that an announcement fills the caches of the whole LAN in advance. In practice: it repairs what a
previous owner of the address left behind, and that is its purpose; those who have never spoken to the address will
ask when they need it. The kernel sends none when an address is added - ifup, DHCP clients and arping -A do.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import ABSENT, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, arp, ndp, scenario

TAKER = "00:00:5e:00:53:03"
KNOWN, KNOWN6 = {"addr": ON_LINK, "known": ON_LINK}, {"addr": ON_LINK6, "known": ON_LINK6, "family": "ipv6"}
UNKNOWN, UNKNOWN6 = KNOWN | {"known": "192.0.2.98"}, KNOWN6 | {"known": "2001:db8::98"}
UPDATED, NONE = {"outcome": NUD.STALE, "lladdr": TAKER}, {"outcome": ABSENT, "lladdr": None}


@scenario(
    topology=VictimAttackerOwner,
    proves=["dad/announcement"],
    kernel="arp_process, arp_is_garp, ndisc_recv_na",
    cases=[
        Case("stale-is-updated", old=NUD.STALE, **KNOWN, **UPDATED),
        Case("reachable-is-updated", old=NUD.REACHABLE, **KNOWN, **UPDATED),
        Case("absent-is-not-created", old=NUD.STALE, **UNKNOWN, **NONE, sabotage=Sabotage(knobs={"arp_accept": 1})),
        Case("stale-is-updated-ipv6", old=NUD.STALE, **KNOWN6, **UPDATED),
        Case("reachable-is-updated-ipv6", old=NUD.REACHABLE, **KNOWN6, **UPDATED),
        Case(
            "absent-is-not-created-ipv6", old=NUD.STALE, **UNKNOWN6, **NONE,
            sabotage=Sabotage(params={"known": ON_LINK6}),
        ),
    ],
    sabotage=Sabotage(mute=True),
)  # fmt: skip
def announcement_updates_those_who_know(victim, owner, lab, *, old, addr, known, outcome, lladdr):
    victim.neigh_set(known, OTHER, state=old)
    announcement = {4: arp.announcement, 6: ndp.unsolicited_na}[lab.version]

    owner.send(announcement(addr, lladdr=owner.lladdr))
    owner.fence(victim)

    victim.expect(addr, outcome, lladdr=lladdr, within_ms=0)

"""An externally learned entry ages and fails like any other, and ARP and ND may change it; only the flag stays.

NTF_EXT_LEARNED says that a control plane (EVPN, a switch driver) made the entry. It keeps the entry out of garbage
collection (gc/periodic, gc/exempt), and that is all: neigh_timer_handler makes it STALE, PROBE and FAILED,
arp_process and ndisc_recv_na give it a new address, and neigh_update_flags leaves the flag alone unless an
administrator writes. Carrier loss takes it, too (change/carrier). Many believe that such an entry is as good as
PERMANENT. In practice: an agent must listen to the announcements and repair what the network has overwritten, or
combine the flag with PERMANENT or NOARP; extern_valid is for entries that must outlive failed probes.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NTF, NUD, Case, Sabotage, arp, ndp, scenario


def gratuitous(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL)


def request_for_us(victim, owner):
    return arp.request(victim.addr, sender=owner.addr, lladdr=EVIL)


def unsolicited_na(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL)


def solicited_na(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, dst=victim.addr, to=victim.lladdr, solicited=True)


STALE, REACHABLE, PERMANENT = NUD.STALE, NUD.REACHABLE, NUD.PERMANENT
NOT_STATIC = Sabotage(params={"old": STALE})


@scenario(
    topology=VictimAttackerOwner,
    proves=["nud/extern-learn"],
    kernel="__neigh_update, neigh_update_flags, arp_process, ndisc_recv_na",
    cases=[
        Case("gratuitous", frame=gratuitous, old=REACHABLE, outcome=STALE, lladdr=EVIL),
        Case("request-for-us", frame=request_for_us, old=STALE, outcome=STALE, lladdr=EVIL),
        Case("permanent", frame=gratuitous, old=PERMANENT, outcome=PERMANENT, sabotage=NOT_STATIC),
        Case("unsolicited-na-ipv6", frame=unsolicited_na, old=REACHABLE, outcome=STALE, lladdr=EVIL, family="ipv6"),
        Case("solicited-na-ipv6", frame=solicited_na, old=STALE, outcome=REACHABLE, lladdr=EVIL, family="ipv6"),
        Case(
            "permanent-ipv6", frame=unsolicited_na, old=PERMANENT, outcome=PERMANENT, family="ipv6", sabotage=NOT_STATIC
        ),
    ],
    sabotage=Sabotage(params={"old": PERMANENT}),
)
def externally_learned_entry_is_updated_by_the_wire(
    victim, attacker, owner, *, frame, old, outcome, lladdr="00:00:5e:00:53:03"
):
    victim.neigh_set(owner.addr, owner.lladdr, state=old, flags=NTF.EXT_LEARNED)

    attacker.send(frame(victim, owner))
    attacker.fence(victim)

    victim.expect(owner.addr, outcome, lladdr=lladdr, flags=NTF.EXT_LEARNED, within_ms=0)

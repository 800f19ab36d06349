"""An advertisement with the override flag poisons an IPv6 neighbour at once; without it it only raises doubt.

ndisc_recv_na passes the flags to __neigh_update. Override replaces the link-layer address of any entry but a
PERMANENT, NOARP or FAILED one, and solicited makes the result REACHABLE, although nobody asked. Without override a
new address is not taken; but a REACHABLE entry becomes STALE (weak override), so that the next packet starts a probe.
A solicitation in the owner's name needs no flag: its source option is believed. There is no locktime, and
cryptographic ND (SEND) is not in the kernel. Many believe that ND, being newer, is safer than ARP. In practice: the
same tools do the same, and the defences are the same: static entries, or a switch that knows who may say what (ND
inspection).
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, Case, Sabotage, ndp, scenario

TRUE = "00:00:5e:00:53:03"
STALE, REACHABLE, FAILED, PERMANENT = NUD.STALE, NUD.REACHABLE, NUD.FAILED, NUD.PERMANENT


def override(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL)


def solicited_override(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, dst=victim.addr, to=victim.lladdr, solicited=True)


def no_override(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL, override=False)


def no_flags_but_ours(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, dst=victim.addr, to=victim.lladdr, solicited=True, override=False)


def no_lladdr(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, tlla=False)


def router(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL, router=True)


def off_link(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, hop_limit=254)


MUTE, OVERRIDDEN = Sabotage(mute=True), Sabotage(params={"frame": override})
NOT_STATIC = Sabotage(params={"old": STALE})


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/nd-spoof"],
    kernel="ndisc_recv_na, ndisc_update, __neigh_update",
    family="ipv6",
    cases=[
        Case("override-stale", frame=override, old=STALE, outcome=STALE, lladdr=EVIL, sabotage=MUTE),
        Case("override-reachable", frame=override, old=REACHABLE, outcome=STALE, lladdr=EVIL, sabotage=MUTE),
        Case("override-router", frame=router, old=REACHABLE, outcome=STALE, lladdr=EVIL, sabotage=MUTE),
        Case("solicited-stale", frame=solicited_override, old=STALE, outcome=REACHABLE, lladdr=EVIL, sabotage=MUTE),
        Case("no-override-stale", frame=no_override, old=STALE, outcome=STALE, sabotage=OVERRIDDEN),
        Case("no-override-reachable", frame=no_override, old=REACHABLE, outcome=STALE, sabotage=OVERRIDDEN),
        Case("no-override-solicited", frame=no_flags_but_ours, old=REACHABLE, outcome=STALE, sabotage=OVERRIDDEN),
        Case("no-lladdr-reachable", frame=no_lladdr, old=REACHABLE, outcome=REACHABLE, sabotage=OVERRIDDEN),
        Case("override-failed", frame=override, old=FAILED, outcome=FAILED, lladdr=None, sabotage=NOT_STATIC),
        Case("override-permanent", frame=override, old=PERMANENT, outcome=PERMANENT, sabotage=NOT_STATIC),
        Case("hop-limit-254", frame=off_link, old=REACHABLE, outcome=REACHABLE, sabotage=OVERRIDDEN),
    ],
)
def advertisement_with_override_poisons(victim, attacker, owner, *, frame, old, outcome, lladdr=TRUE):
    victim.neigh_set(owner.addr, owner.lladdr, state=old)

    attacker.send(frame(victim, owner))
    attacker.fence(victim)

    victim.expect(owner.addr, outcome, lladdr=lladdr, within_ms=0)

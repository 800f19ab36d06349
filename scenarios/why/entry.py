"""An entry that keeps its link-layer address takes the frame's as soon as the one reason explained is gone.

Whatever a frame has passed before, the entry itself decides: __neigh_update changes no PERMANENT and no NOARP entry,
an ARP entry not within locktime of its last change (unless the frame is gratuitous, or a question for us), an ND entry
not without the override flag; and of a message without a link-layer address an unresolved entry takes nothing.
ndisc_recv_na has a reason more: the entry is FAILED, so that nobody waits for an answer. What brings nothing new
changes nothing, either. Many believe that a table which does not follow a moved host ignores ARP: it is one entry that
does. In practice: `ip neigh` shows PERMANENT, NOARP and FAILED, but neither locktime nor a missing flag - those show
in the frames.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, OTHER, Case, Sabotage, arp, ndp, scenario


def question(victim, owner):
    return arp.request(victim.addr, sender=owner.addr, lladdr=EVIL)


def question_for_another(victim, owner):
    return arp.request("192.0.2.99", sender=owner.addr, lladdr=EVIL)


def question_with_old_lladdr(victim, owner):
    return arp.request(victim.addr, sender=owner.addr, lladdr=owner.lladdr)


def announcement(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL)


def override(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL)


def no_override(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL, override=False)


def without_lladdr(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, tlla=False)


def with_old_lladdr(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=owner.lladdr)


ND = {"family": "ipv6"}
FREE = Sabotage(params={"old": NUD.STALE})
ASKED, ANNOUNCED = Sabotage(params={"frame": question}), Sabotage(params={"frame": announcement})
OVERRIDDEN = Sabotage(params={"frame": override})


@scenario(
    topology=VictimAttackerOwner,
    proves=["why/entry"],
    kernel="arp_process, ndisc_recv_na, __neigh_update",
    cases=[
        Case("permanent", check="permanent-entry", old=NUD.PERMANENT, frame=question, sabotage=FREE),
        Case("noarp", check="noarp-entry", old=NUD.NOARP, frame=question, sabotage=FREE),
        Case("locktime", check="locktime", old=NUD.STALE, frame=question_for_another, sabotage=ANNOUNCED),
        Case(
            "nothing-new", check="nothing-new", old=NUD.STALE, frame=question_with_old_lladdr, lladdr=OTHER,
            sabotage=ASKED,
        ),
        Case("ipv6-permanent", check="permanent-entry", old=NUD.PERMANENT, frame=override, **ND, sabotage=FREE),
        Case("ipv6-noarp", check="noarp-entry", old=NUD.NOARP, frame=override, **ND, sabotage=FREE),
        Case("ipv6-failed", check="failed-entry", old=NUD.FAILED, frame=override, **ND, sabotage=FREE),
        Case("ipv6-no-override", check="override", old=NUD.STALE, frame=no_override, **ND, sabotage=OVERRIDDEN),
        Case(
            "ipv6-nothing-new", check="nothing-new", old=NUD.STALE, frame=with_old_lladdr, lladdr=OTHER, **ND,
            sabotage=OVERRIDDEN,
        ),
        Case(
            "ipv6-no-lladdr", check="no-lladdr", old=NUD.INCOMPLETE, frame=without_lladdr, lladdr=OTHER, **ND,
            sabotage=OVERRIDDEN,
        ),
    ],
)  # fmt: skip
def reason_of_the_entry_is_all_that_keeps_it(victim, attacker, owner, *, check, old, frame, lladdr=EVIL):
    victim.conf(locktime_ms=400)
    claim = frame(victim, owner)
    victim.neigh_set(owner.addr, owner.lladdr, state=old)
    foreseen = victim.explain(claim)

    attacker.send(claim)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(owner.addr, NUD.STALE, lladdr=lladdr, within_ms=0)

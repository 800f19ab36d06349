"""A frame with several reasons to be ignored is heard after the last of them is removed, in the kernel's own order.

Checks are made one after the other and the first that fails ends it, so an explanation is true and yet not all of it:
when its remedy has been applied, the next check may stop the same frame. What is written here as a list is the kernel's
own order: Ethernet, message, addresses, settings, and the entry last. The frame passes only after the last remedy, so
none is superfluous. Many believe that a remedy which changes nothing was wrong, and take it back: here each
but the last one changes nothing. In practice: remove one cause, ask again, and leave the first remedy in place.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, arp, ndp, reframe, scenario


def announcement(victim, owner):
    return arp.gratuitous(ON_LINK, lladdr=EVIL)


def question(victim, owner):
    return arp.raw(op=8, hwtype=4, plen=16, sender="0.0.0.0", lladdr=EVIL, target="224.0.0.1", to=OTHER)


def reply(victim, owner):
    return arp.reply(owner.addr, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def nd_question(victim, owner):
    right = ndp.ns(victim.addr, sender="::1", lladdr=EVIL, hop_limit=64)
    return reframe.changed(right, {"slla": b"\1\0", "code": 1, "checksum": 1})


def advertisement(victim, owner):
    right = ndp.na(ON_LINK6, lladdr=EVIL, solicited=True, tlla=False, hop_limit=64)
    return reframe.changed(right, {"code": 1, "checksum": 1})


def update(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, override=False, hop_limit=64)


def found(*checks):
    return {"checks": checks, "sabotage": Sabotage(params={"checks": checks[:-1]})}


PERMANENT = {"old": NUD.PERMANENT}


@scenario(
    topology=VictimAttackerOwner,
    proves=["why/one-after-another"],
    kernel="arp_rcv, arp_process, ip6_rcv_core, icmpv6_rcv, ndisc_rcv, __neigh_update",
    cases=[
        Case(
            "announcement", frame=announcement, knobs={"drop_gratuitous_arp": 1}, changed=ON_LINK,
            **found("drop-gratuitous-arp", "arp-accept"),
        ),
        Case(
            "question", frame=question, knobs={"arp_ignore": 8}, changed="192.0.2.2",
            **found(
                "other-host", "address-lengths", "hardware-type", "operation", "group-target", "probe", "arp-ignore"
            ),
        ),
        Case(
            "reply", frame=reply, knobs={"locktime_ms": 400}, changed="192.0.2.3", state=NUD.REACHABLE, **PERMANENT,
            **found("permanent-entry", "locktime"),
        ),
        Case(
            "ipv6-question", family="ipv6", frame=nd_question, changed="2001:db8::2",
            **found("loopback-address", "checksum", "hop-limit", "code", "bad-options"),
        ),
        Case(
            "ipv6-advertisement", family="ipv6", frame=advertisement, knobs={"drop_unsolicited_na": 1},
            changed=ON_LINK6, since="5.18",
            **found(
                "checksum", "hop-limit", "code", "solicited-to-group", "drop-unsolicited-na", "no-lladdr",
                "not-a-router", "accept-untracked-na",
            ),
        ),
        Case(
            "ipv6-update", family="ipv6", frame=update, knobs={"drop_unsolicited_na": 1}, changed="2001:db8::3",
            **PERMANENT, **found("hop-limit", "drop-unsolicited-na", "permanent-entry", "override"),
        ),
    ],
)  # fmt: skip
def each_check_is_met_in_its_turn(
    victim, attacker, owner, *, frame, checks, changed, knobs=(), old=NUD.NONE, state=NUD.STALE | NUD.DELAY
):
    victim.conf(**dict(knobs))
    victim.neigh_set(owner.addr, owner.lladdr, state=old)
    message = frame(victim, owner)

    for check in checks:
        foreseen = victim.explain(message)
        attacker.send(message)
        attacker.fence(victim, by="marker")
        victim.expect_ignored(foreseen, check)
        message = foreseen.remedied()
    attacker.send(message)
    attacker.fence(victim, by="marker")

    victim.expect(changed, state, lladdr=EVIL, within_ms=0)

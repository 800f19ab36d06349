"""A claim that nobody asked for makes an entry as soon as arp_accept, drop_gratuitous_arp or its sender allows it.

Without an entry to update, arp_process creates one only for an announcement or a reply, from a unicast address, and
only if arp_accept allows: 1 for anybody, 2 (since Linux 6.0) for addresses of the interface's subnets. A request for
somebody else is neither, so whoever is no proxy learns nothing new from what it overhears, whatever is set.
drop_gratuitous_arp comes before all of this, and with it arp_accept does not matter. Many believe that arp_accept is
about gratuitous ARP alone: it lets an unasked reply create an entry as well, REACHABLE at once if it is addressed to
the host. In practice: who sets arp_accept=1 for faster failovers opens the table to every reply; 2 keeps foreign
subnets out, not false claims.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, NUD, OFF_LINK, ON_LINK, Case, Sabotage, arp, scenario

OURS, SPARE = "192.0.2.1", "192.0.2.2"
REPLIED = {"outcome": NUD.REACHABLE}


def announcement(victim, sender):
    return arp.gratuitous(sender, lladdr=EVIL)


def announced_by_reply(victim, sender):
    return arp.gratuitous(sender, lladdr=EVIL, form="reply")


def reply(victim, sender):
    return arp.reply(sender, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def request_for_another(victim, sender):
    return arp.request("192.0.2.77", sender=sender, lladdr=EVIL)


def stays(**knobs):
    return Sabotage(knobs=knobs)


CLOSED, DEAF = stays(arp_accept=0), stays(drop_gratuitous_arp=1)
POSSIBLE, ANNOUNCED = Sabotage(params={"sender": ON_LINK}), Sabotage(params={"frame": announcement})


@scenario(
    topology=AttackerOnWire,
    proves=["why/arp-unasked"],
    kernel="arp_process, arp_accept, arp_is_garp",
    cases=[
        Case("0-announcement", check="arp-accept", accept=0, frame=announcement, sabotage=CLOSED),
        Case("0-announced-by-reply", check="arp-accept", accept=0, frame=announced_by_reply, sabotage=CLOSED),
        Case("0-reply", check="arp-accept", accept=0, frame=reply, **REPLIED, sabotage=CLOSED),
        Case(
            "2-off-link", check="arp-accept-off-link", accept=2, frame=announcement, sender=OFF_LINK, learned=OFF_LINK,
            since="6.0", sabotage=stays(arp_accept=2),
        ),
        Case(
            "1-own-sender", check="sender-not-unicast", accept=1, frame=reply, sender=OURS, learned=SPARE, **REPLIED,
            sabotage=POSSIBLE,
        ),
        Case(
            "1-broadcast-sender", check="sender-not-unicast", accept=1, frame=reply, sender="192.0.2.255",
            learned=SPARE, **REPLIED, sabotage=POSSIBLE,
        ),
        Case("1-request-for-another", check="not-our-address", accept=1, frame=request_for_another, sabotage=ANNOUNCED),
        Case("1-dropped", check="drop-gratuitous-arp", accept=1, frame=announcement, drop=DEAF.knobs, sabotage=DEAF),
        Case(
            "1-dropped-by-all", check="drop-gratuitous-arp", accept=1, frame=announcement,
            drop=DEAF.knobs | {"dev": "all"}, sabotage=DEAF,
        ),
    ],
)  # fmt: skip
def leave_to_create_is_all_that_lacks(
    victim, attacker, *, check, accept, frame, sender=ON_LINK, drop=(), learned=ON_LINK, outcome=NUD.STALE
):
    victim.conf(arp_accept=accept)
    victim.conf(**dict(drop))
    claim = frame(victim, sender)
    foreseen = victim.explain(claim)

    attacker.send(claim)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(learned, outcome, lladdr=EVIL, within_ms=0)

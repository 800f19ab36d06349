"""drop_gratuitous_arp keeps out gratuitous lies, and every other form of lie poisons as before.

arp_process drops a frame whose sender and target address are equal as soon as it has read it, request or reply. That
is the form in which failover announces itself, and the loudest form of an attack; a plain reply, and a question in
the owner's name, have two different addresses and pass. IPv6 has drop_unsolicited_na, which drops advertisements
without the solicited flag - and the attacker sets the flag. Many believe that the switch stops ARP spoofing:
hardening guides list it as that. In practice: it costs the host the announcements of its own gateways' failover, and
costs an attacker one changed byte.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import BROADCAST, EVIL, LEARNED, NUD, ON_LINK, Case, Sabotage, arp, ndp, scenario

LOCKTIME_MS = 20


def gratuitous_request(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL)


def gratuitous_reply(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL, form="reply")


def unicast_reply(victim, owner):
    return arp.reply(owner.addr, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def broadcast_reply(victim, owner):
    return arp.reply(owner.addr, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr, to=BROADCAST)


def request_for_us(victim, owner):
    return arp.request(victim.addr, sender=owner.addr, lladdr=EVIL)


def request_for_another(victim, owner):
    return arp.request(ON_LINK, sender=owner.addr, lladdr=EVIL)


def unsolicited_na(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL)


def solicited_na(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, dst=victim.addr, to=victim.lladdr, solicited=True)


def solicitation(victim, owner):
    return ndp.ns(victim.addr, sender=owner.addr, lladdr=EVIL)


STOPPED, POISONED = {"lladdr": "00:00:5e:00:53:03"}, {"lladdr": EVIL}
V4, V6 = {"knob": {"drop_gratuitous_arp": 1}}, {"knob": {"drop_unsolicited_na": 1}, "family": "ipv6"}
HEARD = Sabotage(knobs={"drop_gratuitous_arp": 0, "drop_unsolicited_na": 0})


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/drop-garp-defence"],
    kernel="arp_process, ndisc_recv_na",
    cases=[
        Case("gratuitous-request", frame=gratuitous_request, **STOPPED, **V4, sabotage=HEARD),
        Case("gratuitous-reply", frame=gratuitous_reply, **STOPPED, **V4, sabotage=HEARD),
        Case("unicast-reply", frame=unicast_reply, **POISONED, **V4),
        Case("broadcast-reply", frame=broadcast_reply, **POISONED, **V4),
        Case("request-for-us", frame=request_for_us, **POISONED, **V4),
        Case("request-for-another", frame=request_for_another, **POISONED, **V4),
        Case("ipv6-unsolicited-na", frame=unsolicited_na, **STOPPED, **V6, sabotage=HEARD),
        Case("ipv6-solicited-na", frame=solicited_na, **POISONED, **V6),
        Case("ipv6-solicitation", frame=solicitation, **POISONED, **V6),
    ],
    sabotage=Sabotage(params={"old": NUD.PERMANENT}),
)
def only_the_gratuitous_lie_is_stopped(victim, attacker, owner, *, frame, knob, lladdr, old=NUD.STALE):
    victim.conf(locktime_ms=LOCKTIME_MS, **knob)
    victim.neigh_set(owner.addr, owner.lladdr, state=old)
    victim.hold(owner.addr, old, for_ms=2 * LOCKTIME_MS)

    attacker.send(frame(victim, owner))
    attacker.fence(victim)

    victim.expect(owner.addr, LEARNED | old, lladdr=lladdr, within_ms=0)

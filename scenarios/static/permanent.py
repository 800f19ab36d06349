"""A PERMANENT entry withstands every spoofed frame, never ages, and no question is ever sent for it.

__neigh_update refuses to touch an entry that is PERMANENT or NOARP unless an administrator asks
(NEIGH_UPDATE_F_ADMIN), whatever override flag, locktime or arp_accept say; the frame is processed and has no effect.
The entry runs no timer either: neigh_event_send returns at once for what is connected, so there is no DELAY and no
PROBE. It is the one defence against ARP and ND spoofing that needs no more than a host. Many believe that a static
entry is only a preset that the network may correct. In practice: nothing corrects it - when the peer's network card is
replaced, traffic goes to the old address until somebody remembers the entry.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, Case, Sabotage, arp, ndp, scenario


def request_for_us(victim, owner):
    return arp.request(victim.addr, sender=owner.addr, lladdr=EVIL)


def unicast_reply(victim, owner):
    return arp.reply(owner.addr, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def gratuitous(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL)


def solicitation(victim, owner):
    return ndp.ns(victim.addr, sender=owner.addr, lladdr=EVIL)


def solicited_na(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, dst=victim.addr, to=victim.lladdr, solicited=True)


def unsolicited_na(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL)


@scenario(
    topology=VictimAttackerOwner,
    proves=["static/permanent", "nud/special-states", "spoof/static-defence"],
    kernel="__neigh_update, neigh_event_send",
    cases=[
        Case("request-for-us", frame=request_for_us),
        Case("unicast-reply", frame=unicast_reply),
        Case("gratuitous", frame=gratuitous),
        Case("ipv6-solicitation", family="ipv6", frame=solicitation),
        Case("ipv6-solicited-na", family="ipv6", frame=solicited_na),
        Case("ipv6-unsolicited-na", family="ipv6", frame=unsolicited_na),
    ],
    sabotage=Sabotage(params={"state": NUD.REACHABLE}),
)
def permanent_entry_is_neither_changed_nor_probed(victim, attacker, owner, lab, *, frame, state=NUD.PERMANENT):
    victim.conf(base_reachable_time_ms=40, delay_first_probe_time_ms=20, retrans_time_ms=20, locktime_ms=0)
    victim.neigh_set(owner.addr, owner.lladdr, state=state)
    capture = victim.capture()

    attacker.send(frame(victim, owner))
    attacker.fence(victim)
    answered = victim.ping(owner.addr) is not None

    victim.hold(owner.addr, NUD.PERMANENT, lladdr=owner.lladdr, for_ms=100)
    lab.expect("the owner answers", answered, True)
    capture.expect(0, "sent", is_solicitation=True)

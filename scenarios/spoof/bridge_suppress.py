"""neigh_suppress keeps gratuitous frames and known questions from a port; what is unicast still poisons.

The bridge looks into ARP and ND itself (br_do_proxy_suppress_arp). What its own neighbour table and its forwarding
entries know, it answers in the host's name and does not flood to a port with neigh_suppress; gratuitous frames and
probes are not flooded there either. Everything else passes: a spoofed question for an address that the bridge does
not know is flooded and updates the victim, and a unicast reply is no broadcast at all. Many believe that a switch
that answers ARP also checks it; it compares nothing. In practice: this is a brake on broadcasts for overlays (VXLAN,
EVPN), where a control plane fills the bridge's table; that some attacks fail is a side effect.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, ON_LINK, Case, Sabotage, arp, ndp, scenario

TRUE = "00:00:5e:00:53:03"


def gratuitous(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL)


def question_for_us(victim, owner):
    return arp.request(victim.addr, sender=owner.addr, lladdr=EVIL)


def question_for_another(victim, owner):
    return arp.request(ON_LINK, sender=owner.addr, lladdr=EVIL)


def unicast_reply(victim, owner):
    return arp.reply(owner.addr, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def unsolicited_na(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL)


def solicitation_for_us(victim, owner):
    return ndp.ns(victim.addr, sender=owner.addr, lladdr=EVIL)


def unicast_na(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, dst=victim.addr, to=victim.lladdr, solicited=True)


STOPPED, PASSED = {"seen": [TRUE]}, {"seen": [TRUE, EVIL], "sabotage": Sabotage(mute=True)}


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/bridge-suppress"],
    kernel="br_do_proxy_suppress_arp, br_do_suppress_nd, br_flood",
    cases=[
        Case("gratuitous-stopped", attack=gratuitous, **STOPPED),
        Case("question-for-us-stopped", attack=question_for_us, answers=1, **STOPPED),
        Case("question-for-another-passes", attack=question_for_another, **PASSED),
        Case("unicast-reply-passes", attack=unicast_reply, **PASSED),
        Case("ipv6-unsolicited-na-stopped", family="ipv6", attack=unsolicited_na, **STOPPED),
        Case("ipv6-solicitation-for-us-stopped", family="ipv6", attack=solicitation_for_us, answers=1, **STOPPED),
        Case("ipv6-unicast-na-passes", family="ipv6", attack=unicast_na, **PASSED),
    ],
    sabotage=Sabotage(params={"neigh_suppress": False}),
)
def suppressing_port_keeps_known_broadcasts_away(
    victim, attacker, owner, s1, lab, *, attack, seen, answers=0, neigh_suppress=True
):
    victim.conf(locktime_ms=10)
    s1.port(victim, neigh_suppress=neigh_suppress)
    s1.neigh_set(victim.addr, victim.lladdr)
    victim.fence(attacker, by="marker")
    victim.neigh_set(owner.addr, owner.lladdr, state=NUD.STALE)
    victim.hold(owner.addr, NUD.STALE, for_ms=20)
    capture = attacker.capture()

    attacker.send(attack(victim, owner))
    attacker.fence(victim, by="marker")

    lab.expect("link-layer addresses that the entry has had", victim.lladdrs(owner.addr), seen)
    capture.expect(answers, "received", lladdr=victim.lladdr, within_ms=0)

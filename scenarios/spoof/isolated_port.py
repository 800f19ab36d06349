"""Isolated ports of a bridge exchange no frame with each other, spoofed or not, and all frames with the others.

should_deliver (br_forward.c) refuses to send a frame out of an isolated port when it came in by one, whatever it is:
no broadcast, no unicast, no ARP. Two hosts that both need only the router are thus out of each other's reach,
although they share a subnet, and so are two tenants. It takes both ends: an attacker on an isolated port poisons a
victim on an ordinary one. The router remains the weak spot - it hears everybody, and may be told lies about the
victim; and it has to answer for the hosts among each other (proxy_arp_pvlan) if they are to talk. Many believe that
isolating the suspect's port is enough. In practice: isolate all ports but the uplink.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, Case, Sabotage, arp, ndp, scenario

TRUE = "00:00:5e:00:53:03"


def gratuitous(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL)


def question_for_us(victim, owner):
    return arp.request(victim.addr, sender=owner.addr, lladdr=EVIL, to=victim.lladdr)


def advertisement(victim, owner):
    return ndp.na(owner.addr, lladdr=EVIL, dst=victim.addr, to=victim.lladdr, solicited=True)


BOTH, STOPPED = {"isolated": ("attacker", "victim")}, {"seen": [TRUE]}
PASSED = {"seen": [TRUE, EVIL], "sabotage": Sabotage(params={"isolated": ("attacker", "victim")})}


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/bridge-suppress"],
    kernel="should_deliver, br_forward",
    cases=[
        Case("both-gratuitous", **BOTH, attack=gratuitous, **STOPPED),
        Case("both-question-for-us", **BOTH, attack=question_for_us, **STOPPED),
        Case("both-ipv6-advertisement", family="ipv6", **BOTH, attack=advertisement, **STOPPED),
        Case("attacker-only", isolated=["attacker"], attack=gratuitous, **PASSED),
        Case("victim-only", isolated=["victim"], attack=gratuitous, **PASSED),
    ],
    sabotage=Sabotage(params={"isolated": ()}),
)
def isolated_ports_do_not_hear_each_other(victim, attacker, owner, s1, lab, *, isolated, attack, seen):
    for name in isolated:
        s1.port(lab[name], isolated=True)
    victim.neigh_set(owner.addr, owner.lladdr, state=NUD.STALE)

    attacker.send(attack(victim, owner))
    attacker.fence(owner, by="marker")
    owner.fence(victim, by="marker")

    lab.expect("link-layer addresses that the entry has had", victim.lladdrs(owner.addr), seen)

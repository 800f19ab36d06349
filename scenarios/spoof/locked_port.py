"""A locked port drops frames from a foreign Ethernet source, and looks at no address inside ARP or ND.

With `locked` (made for 802.1X) the bridge lets in only sources whose forwarding entry points to this very port: a
static one, put there by whoever authenticates. A spoofed frame whose Ethernet source is the forged address goes no
further than the port. But nothing obliges an attacker to forge that: the kernel of the victim learns the address
inside of the message and compares it with nothing (arp_process, ndisc_recv_na), so the same lie from an honest source
passes. Many believe that port security by link-layer address ends spoofing. In practice: it ends floods of made-up
sources and stolen Ethernet addresses; against poisoning, ARP inspection (a filter on the port) is needed.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, Case, Sabotage, arp, ndp, scenario

TRUE, OWN = "00:00:5e:00:53:03", "00:00:5e:00:53:02"


def gratuitous(victim, owner, src):
    return arp.gratuitous(owner.addr, lladdr=EVIL, src=src)


def advertisement(victim, owner, src):
    return ndp.na(owner.addr, lladdr=EVIL, src=src)


STOPPED, PASSED = {"seen": [TRUE]}, {"seen": [TRUE, EVIL], "sabotage": Sabotage(params={"src": EVIL})}


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/bridge-suppress"],
    kernel="br_handle_frame_finish",
    cases=[
        Case("foreign-source", attack=gratuitous, src=EVIL, since="5.18", **STOPPED),
        Case("owners-source", attack=gratuitous, src=TRUE, since="5.18", **STOPPED),
        Case("own-source", attack=gratuitous, src=OWN, since="5.18", **PASSED),
        Case("ipv6-foreign-source", family="ipv6", attack=advertisement, src=EVIL, since="5.18", **STOPPED),
        Case("ipv6-own-source", family="ipv6", attack=advertisement, src=OWN, since="5.18", **PASSED),
    ],
    sabotage=Sabotage(params={"locked": False}),
)
def locked_port_checks_the_ethernet_source_alone(victim, attacker, owner, s1, lab, *, attack, src, seen, locked=True):
    s1.admit(attacker)
    s1.port(attacker, locked=locked)
    victim.neigh_set(owner.addr, owner.lladdr, state=NUD.STALE)

    attacker.send(attack(victim, owner, src))
    attacker.fence(victim)

    lab.expect("link-layer addresses that the entry has had", victim.lladdrs(owner.addr), seen)

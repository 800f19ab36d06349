"""An interface with arp off asks nobody and sends to its own lladdr; it hears no ARP, but goes on answering ND.

IFF_NOARP (`ip link set arp off`) says that the device needs no addresses: arp_constructor and ndisc_constructor make
each new entry NOARP with the device's own link-layer address, so on Ethernet every frame is sent to nobody. arp_rcv
drops all ARP frames of such a device. ndisc_recv_ns does not look at the flag: a solicitation is answered and its
sender remembered, as NOARP - and so the answer, too, goes to the own address. Many believe that arp off only silences
the answers, or that it means IPv4 alone. In practice: with arp off hosts talk only through static entries on both
sides, and setting or clearing it empties the table, PERMANENT entries included (neigh_changeaddr).
"""

from neighlab.topologies import AttackerOnWire

from neighlab import ABSENT, NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario


def request(victim, attacker):
    return arp.request(victim.addr, sender=ON_LINK, lladdr=attacker.lladdr)


def solicitation(victim, attacker):
    return ndp.ns(victim.addr, sender=ON_LINK6, lladdr=attacker.lladdr)


@scenario(
    topology=AttackerOnWire,
    proves=["map/noarp-device"],
    kernel="arp_constructor, arp_rcv, ndisc_constructor, ndisc_recv_ns",
    cases=[
        Case("ipv4", question=request, asker=ON_LINK, answer="arp-reply", answers=0, learned=ABSENT),
        Case(
            "ipv6", family="ipv6", question=solicitation, asker=ON_LINK6, answer="na", answers=1, learned=NUD.NOARP
        ),
    ],
    sabotage=Sabotage(params={"has_arp": True}),
)  # fmt: skip
def interface_without_arp_asks_nobody(victim, attacker, *, question, asker, answer, answers, learned, has_arp=False):
    victim.link(arp=has_arp)
    capture = victim.capture(everything=True)

    victim.udp(attacker.addr).send()
    attacker.send(question(victim, attacker))
    attacker.fence(victim, by="marker")

    victim.expect(attacker.addr, NUD.NOARP, lladdr=victim.lladdr, within_ms=0)
    capture.expect(1, "sent", dport=7777, dst=victim.lladdr, within_ms=0)
    capture.expect(0, "sent", is_solicitation=True)
    victim.expect(asker, learned, within_ms=0)
    capture.expect(answers, "sent", kind=answer, within_ms=0)
    capture.expect(answers, "sent", kind=answer, dst=victim.lladdr, within_ms=0)

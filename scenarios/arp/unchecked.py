"""Whatever link-layer address a sender claims is learned and answered to: group, broadcast, our own, zero.

arp_process hands the sender's link-layer address from the message to __neigh_update as it is; ndisc_recv_ns does so
with the source option. Neither is compared with the Ethernet source of the frame, nor is it tested whether one station
can have such an address. It is believed that the kernel checks the two against each other: at most a switch does
(dynamic ARP inspection), or an ARP filter table. Hardware type 6 (IEEE 802) passes for Ethernet,
too. In practice: one frame that claims ff:ff:ff:ff:ff:ff makes a host send what is meant for one neighbour to everybody
on the LAN, one with the host's own address makes it send to nobody, and a capture's Ethernet source names the culprit.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import BROADCAST, EVIL, LEARNED, Case, Sabotage, arp, ndp, scenario

VICTIM, ZERO = "00:00:5e:00:53:01", "00:00:00:00:00:00"
GROUP4, GROUP6 = "01:00:5e:00:00:01", "33:33:00:00:00:01"


def request(victim, attacker, lladdr):
    return arp.request(victim.addr, sender=attacker.addr, lladdr=lladdr, src=attacker.lladdr)


def request_of_type_6(victim, attacker, lladdr):
    return arp.raw(op=1, hwtype=6, sender=attacker.addr, lladdr=lladdr, target=victim.addr, src=attacker.lladdr)


def solicitation(victim, attacker, lladdr):
    return ndp.ns(victim.addr, sender=attacker.addr, lladdr=lladdr, src=attacker.lladdr)


def honest_request(victim, attacker, lladdr):
    return request(victim, attacker, attacker.lladdr)


def honest_solicitation(victim, attacker, lladdr):
    return solicitation(victim, attacker, attacker.lladdr)


HONEST, HONEST6 = Sabotage(params={"question": honest_request}), Sabotage(params={"question": honest_solicitation})
V4 = {"question": request, "answer": "arp-reply", "sabotage": HONEST}
V6 = {"question": solicitation, "answer": "na", "sabotage": HONEST6, "family": "ipv6"}


@scenario(
    topology=AttackerOnWire,
    proves=["arp/unchecked"],
    kernel="arp_process, ndisc_recv_ns, __neigh_update",
    cases=[
        Case("unlike-source", claimed=EVIL, **V4),
        Case("broadcast", claimed=BROADCAST, **V4),
        Case("multicast", claimed=GROUP4, **V4),
        Case("our-own", claimed=VICTIM, **V4),
        Case("zero", claimed=ZERO, **V4),
        Case("hwtype-6", claimed=EVIL, **V4 | {"question": request_of_type_6}),
        Case("unlike-source-ipv6", claimed=EVIL, **V6),
        Case("broadcast-ipv6", claimed=BROADCAST, **V6),
        Case("multicast-ipv6", claimed=GROUP6, **V6),
        Case("our-own-ipv6", claimed=VICTIM, **V6),
        Case("zero-ipv6", claimed=ZERO, **V6),
    ],
)
def claimed_lladdr_is_not_checked(victim, attacker, *, question, answer, claimed):
    capture = victim.capture()

    attacker.send(question(victim, attacker, claimed))
    attacker.fence(victim, by="marker")

    victim.expect(attacker.addr, LEARNED, lladdr=claimed, within_ms=0)
    capture.expect(1, "sent", kind=answer, dst=claimed, within_ms=0)

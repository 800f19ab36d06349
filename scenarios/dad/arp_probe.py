"""An ARP probe is answered with the owner's link-layer address and teaches nobody.

A host that wants an address asks for it in nobody's name: sender 0.0.0.0 (RFC 5227; IPv6: a solicitation from ::).
arp_process treats this question apart, before anything is learned: it looks whether the target is its own address,
consults arp_ignore, answers, and is done; nothing about the asker gets into the table, even with arp_accept=1.
IPv6 cannot answer :: and advertises to all nodes instead. Many believe that Linux takes part in this on both sides:
it answers, but never asks - an IPv4 address is configured without any probe. In practice: `arping -D`, DHCP clients
and ifup scripts find duplicates because the owner's kernel answers; `ip addr add` finds none.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, LEARNED, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario

VICTIM, VICTIM6 = "192.0.2.1", "2001:db8::1"
V4 = {"probe": arp.probe, "kind": "arp-reply", "to": EVIL}
V6 = {"family": "ipv6", "probe": ndp.dad, "kind": "na", "to": "33:33:00:00:00:01"}


def question(target, lladdr):
    return ndp.ns(target, sender=ON_LINK6, lladdr=lladdr)


IN_A_NAME, IN_A_NAME6 = Sabotage(frames={"0.0.0.0": ON_LINK}), Sabotage(params={"probe": question})
IGNORED, HEEDED = Sabotage(knobs={"arp_ignore": 8}), Sabotage(knobs={"arp_ignore": 0})


@scenario(
    topology=AttackerOnWire,
    proves=["dad/arp-probe", "dad/probe-and-arp-ignore"],
    kernel="arp_process, ndisc_recv_ns",
    cases=[
        Case("own-address", target=VICTIM, answers=1, **V4, sabotage=IN_A_NAME),
        Case("own-address-arp-accept", target=VICTIM, knobs={"arp_accept": 1}, answers=1, **V4, sabotage=IN_A_NAME),
        Case("own-address-arp-ignore-1", target=VICTIM, knobs={"arp_ignore": 1}, answers=1, **V4, sabotage=IGNORED),
        Case("own-address-arp-ignore-2", target=VICTIM, knobs={"arp_ignore": 2}, answers=1, **V4, sabotage=IGNORED),
        Case("own-address-arp-ignore-8", target=VICTIM, knobs={"arp_ignore": 8}, answers=0, **V4, sabotage=HEEDED),
        Case("other-address", target=ON_LINK, answers=0, **V4, sabotage=Sabotage(frames={ON_LINK: VICTIM})),
        Case("ipv6-own-address", target=VICTIM6, answers=1, **V6, sabotage=IN_A_NAME6),
        Case(
            "ipv6-other-address", target=ON_LINK6, answers=0, **V6,
            sabotage=Sabotage(params={"target": VICTIM6}),
        ),
    ],
)  # fmt: skip
def arp_probe_is_answered_and_teaches_nobody(victim, attacker, lab, *, probe, target, kind, to, answers, knobs=()):
    victim.conf(**dict(knobs))
    capture = victim.capture()

    attacker.send(probe(target, lladdr=EVIL))
    attacker.fence(victim, by="marker")

    learned = [str(neigh) for neigh in victim.neigh_dump(family=lab.version) if neigh.state in LEARNED]
    lab.expect("learned", learned, [])
    capture.expect(answers, "sent", kind=kind, dst=to, lladdr=victim.lladdr, within_ms=0)

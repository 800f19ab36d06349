"""Two hosts that probe for one IPv4 address hear each other's probes, and neither kernel says a word.

A probe comes from 0.0.0.0 for an address that is nobody's yet. arp_process looks whether the target is a local
address, finds that it is not, and has nothing to learn from a sender without an address: no answer, no entry. RFC
5227 (2.1.1) therefore makes the *probing program* treat a rival's probe for the same address as a conflict; the
kernel has no state in which it could. Many believe that "no answer" means the address is free. In practice: two DHCP
clients or two keepalived instances that probe in the same second both find it free unless they listen for each
other's probes - as IPv6 does in the kernel, where both lose (dad/collision).
"""

from neighlab.topologies import AttackerOnWire

from neighlab import LEARNED, ON_LINK, Case, Sabotage, arp, scenario


@scenario(
    topology=AttackerOnWire,
    proves=["dad/two-probers"],
    kernel="arp_process",
    cases=[
        Case("plain", arp_accept=0),
        Case("arp-accept", arp_accept=1),
    ],
    sabotage=Sabotage(frames={ON_LINK: "192.0.2.2"}),
)
def two_probers_hear_no_answer(victim, attacker, lab, *, arp_accept):
    victim.conf(arp_accept=arp_accept)
    attacker.conf(arp_accept=arp_accept)
    heard = [victim.capture(), attacker.capture()]

    victim.send(arp.probe(ON_LINK, lladdr=victim.lladdr))
    attacker.send(arp.probe(ON_LINK, lladdr=attacker.lladdr))
    victim.fence(attacker, by="marker")

    for capture in heard:
        capture.expect(0, "received", kind="arp-reply", within_ms=0)
        capture.expect(1, "received", is_probe=True, target=ON_LINK)
    learned = [str(neigh) for host in lab for neigh in host.neigh_dump(family=4) if neigh.state in LEARNED]
    lab.expect("learned", learned, [])

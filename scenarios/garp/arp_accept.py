"""arp_accept decides whether a gratuitous ARP may create a neighbour entry.

An unsolicited announcement of an address that the host does not know is dropped unless arp_accept says otherwise: 1
takes every one, 2 (since Linux 6.0) only those from a subnet of the receiving interface. Many believe that Linux
ignores gratuitous ARP by default; only the *creation* of entries is suppressed - an entry that exists is updated
whatever arp_accept says. In practice: after a failover, hosts that already talk to the address follow at once; the
others find out when they first need it.
"""

from neighlab.topologies import VictimAttacker

from neighlab import ABSENT, EVIL, LEARNED, OFF_LINK, ON_LINK, Case, Sabotage, arp, scenario

NEVER, ALWAYS = Sabotage(knobs={"arp_accept": 0}), Sabotage(knobs={"arp_accept": 1})


@scenario(
    topology=VictimAttacker,
    proves=["garp/arp-accept"],
    kernel="arp_process, arp_accept",
    cases=[
        Case("0-never-creates", arp_accept=0, addr=ON_LINK, outcome=ABSENT, sabotage=ALWAYS),
        Case("1-creates-anywhere", arp_accept=1, addr=OFF_LINK, outcome=LEARNED, sabotage=NEVER),
        Case("2-creates-on-link", arp_accept=2, addr=ON_LINK, outcome=LEARNED, since="6.0", sabotage=NEVER),
        Case("2-refuses-off-link", arp_accept=2, addr=OFF_LINK, outcome=ABSENT, since="6.0", sabotage=ALWAYS),
    ],
)
def gratuitous_arp_meets_arp_accept(victim, attacker, *, arp_accept, addr, outcome):
    victim.conf(arp_accept=arp_accept)

    attacker.send(arp.gratuitous(addr, lladdr=EVIL))
    attacker.fence(victim)

    victim.expect(addr, outcome, within_ms=0)

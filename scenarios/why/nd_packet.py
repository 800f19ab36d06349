"""A solicitation that is lost on its way to neighbour discovery gets there once the one field explained is right.

Before ndisc_recv_ns sees a question it has to be a packet that this host takes: the Ethernet destination, no loopback
address and no group as sender, a group that was joined or an own address as destination, the checksum of ICMPv6 - and
then hop limit 255, code 0 and a whole target (ndisc_rcv). A question for a foreign address ends there, too: its
solicited-node group was never joined, so ND hears none of it, while every ARP request reaches arp_process. Many
believe that ND is spoofed from afar like any ICMP: the hop limit, which no router leaves at 255, forbids it, and is the
one check that counts. In practice: a switch that filters multicast (MLD snooping) breaks just this way in.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, LEARNED, OTHER, Case, Sabotage, ndp, reframe, scenario

FOREIGN = "2001:db8::77"
FOREIGN_GROUP = {"dst": "ff02::1:ff00:77", "to": "33:33:ff:00:00:77"}


@scenario(
    topology=AttackerOnWire,
    proves=["why/nd-packet"],
    kernel="ip6_rcv_core, ip6_mc_input, ip6_route_input, icmpv6_rcv, ndisc_rcv",
    family="ipv6",
    cases=[
        Case("other-host", check="other-host", wrong={"to": OTHER}),
        Case("loopback-sender", check="loopback-address", wrong={"sender": "::1"}),
        Case("loopback-destination", check="loopback-address", wrong={"dst": "::1"}),
        Case("group-sender", check="group-sender", wrong={"sender": "ff02::5"}),
        Case("unicast-in-group-frame", check="drop-unicast-in-l2-multicast", wrong={"to": "33:33:00:00:00:01"}, drop=1),
        Case("not-a-member", check="not-a-member", wrong={"target": FOREIGN} | FOREIGN_GROUP),
        Case("not-our-packet", check="not-our-packet", wrong={"dst": FOREIGN}),
        Case("checksum", check="checksum", wrong={"checksum": 1}),
        Case("hop-limit", check="hop-limit", wrong={"hop_limit": 254}),
        Case("code", check="code", wrong={"code": 1}),
        Case("truncated", check="truncated", wrong={"length": 20}),
    ],
    sabotage=Sabotage(params={"wrong": {}}),
)
def right_packet_is_all_that_lacks(victim, attacker, *, check, wrong, drop=0):
    victim.conf(drop_unicast_in_l2_multicast=drop)
    right = ndp.ns(victim.addr, sender=attacker.addr, lladdr=EVIL, dst=victim.addr, to=victim.lladdr)
    frame = reframe.changed(right, wrong)
    foreseen = victim.explain(frame)

    attacker.send(frame)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(attacker.addr, LEARNED, lladdr=EVIL, within_ms=0)

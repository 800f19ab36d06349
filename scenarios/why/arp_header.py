"""A request that is dropped for its header teaches its sender's address as soon as the one field explained is right.

arp_rcv looks at the Ethernet destination, the length and the two address lengths, arp_process at hardware type,
protocol type and operation, in this order, and the first field that is wrong ends it. What is behind it is never read:
each of these fields is reason enough, and putting it right is cure enough. Many believe that silence is about
addresses or a firewall and look at sysctls; but no knob lets any of these frames pass. In practice: bridges and
tunnels that cut or rewrite frames, and home-made senders, are found by the first field that a capture shows wrong.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, NUD, OTHER, Case, Sabotage, arp, reframe, scenario


@scenario(
    topology=AttackerOnWire,
    proves=["why/arp-header"],
    kernel="arp_rcv, arp_process",
    cases=[
        Case("other-host", check="other-host", wrong={"to": OTHER}),
        Case("truncated", check="truncated", wrong={"length": 27}),
        Case("address-lengths-of-ethernet", check="address-lengths", wrong={"hwlen": 8}),
        Case("address-lengths-of-ipv4", check="address-lengths", wrong={"plen": 16}),
        Case("hardware-type", check="hardware-type", wrong={"hwtype": 4}),
        Case("protocol-type", check="protocol-type", wrong={"ptype": 0x86DD}),
        Case("operation", check="operation", wrong={"op": 8}),
    ],
    sabotage=Sabotage(params={"wrong": {}}),
)
def right_header_is_all_that_lacks(victim, attacker, *, check, wrong):
    frame = reframe.changed(arp.request(victim.addr, sender=attacker.addr, lladdr=EVIL), wrong)
    foreseen = victim.explain(frame)

    attacker.send(frame)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(attacker.addr, NUD.STALE, lladdr=EVIL, within_ms=0)

"""A solicitation that ndisc_recv_ns drops teaches its sender's address once the one field explained is right.

The target must be an address of this very interface, no group; every option must have a length that fits, and the
link-layer address as many bytes as the device's. A sender :: is nobody, and of a multicast question without a
link-layer address from somebody unknown nothing is kept: it could not be answered. Many believe that ND is ARP in
other packets: but ARP answers for the addresses of all interfaces and looks at no options. In practice: one malformed
option, of any kind, costs the whole message, and a solicitation for an address on another interface of the
same host stays unanswered, which with IPv4 works unless arp_ignore forbids it.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, LEARNED, Case, Sabotage, ndp, reframe, scenario

EMPTY, TOO_LONG, OF_14_BYTES = b"\1\0" + bytes(6), b"\1\2" + bytes(6), b"\1\2" + bytes(14)


@scenario(
    topology=AttackerOnWire,
    proves=["why/nd-question"],
    kernel="ndisc_recv_ns, ndisc_parse_options, ndisc_opt_addr_data",
    family="ipv6",
    cases=[
        Case("target-group", check="group-target", wrong={"target": "ff02::5"}),
        Case("target-not-ours", check="not-our-address", wrong={"target": "2001:db8::77"}),
        Case("option-of-no-length", check="bad-options", wrong={"slla": EMPTY}),
        Case("option-too-long", check="bad-options", wrong={"slla": TOO_LONG}),
        Case("lladdr-of-14-bytes", check="lladdr-length", wrong={"slla": OF_14_BYTES}),
        Case("no-lladdr", check="no-lladdr", wrong={"slla": False}),
        Case("sender-nobody", check="dad-solicitation", wrong={"sender": "::", "slla": False}),
    ],
    sabotage=Sabotage(params={"wrong": {}}),
)
def right_question_is_all_that_lacks(victim, attacker, *, check, wrong):
    frame = reframe.changed(ndp.ns(victim.addr, sender=attacker.addr, lladdr=EVIL), wrong)
    foreseen = victim.explain(frame)

    attacker.send(frame)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(attacker.addr, LEARNED, lladdr=EVIL, within_ms=0)

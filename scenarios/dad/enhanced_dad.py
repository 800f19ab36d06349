"""A DAD solicitation that comes back with our own nonce is an echo and no duplicate (RFC 7527).

A loop in the network - a hub, a mirrored port, a bridge that is not ready - returns a host's own solicitation to it.
It looks like a rival's: same target, sender ::. So addrconf_dad_kick puts a random nonce into each probe, and
ndisc_recv_ns drops the one that carries the nonce of its own last probe. With another nonce, or with none, it is a
rival. Many believe that the Ethernet source address tells the two apart; the kernel never looks at it, and must not,
for a duplicate hardware address is what it might have to find. In practice: with enhanced_dad=0 (in all and on the
device: they combine by or), addresses that fail on one switch port only - "IPv6 duplicate address detected" with
one's own address - are a loop.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import DAD, EVIL, ON_LINK6, Case, Sabotage, ndp, scenario


def echo(seen):
    return seen.frame


def without_nonce(seen):
    return ndp.dad(ON_LINK6, lladdr=seen.parsed.src)


def other_nonce(seen):
    return ndp.dad(ON_LINK6, lladdr=EVIL, nonce=b"rivals")


LATER = "2001:db8::98"
ECHOED = Sabotage(params={"answer": echo})


@scenario(
    topology=AttackerOnWire,
    proves=["dad/enhanced-dad"],
    kernel="addrconf_dad_kick, ndisc_send_ns, ndisc_recv_ns",
    family="ipv6",
    cases=[
        Case(
            "1-own-nonce", enhanced_dad=1, answer=echo, nonce=True, outcome=DAD.TENTATIVE,
            sabotage=Sabotage(params={"answer": other_nonce}),
        ),
        Case("1-other-nonce", enhanced_dad=1, answer=other_nonce, nonce=True, outcome=DAD.FAILED, sabotage=ECHOED),
        Case("1-no-nonce", enhanced_dad=1, answer=without_nonce, nonce=True, outcome=DAD.FAILED, sabotage=ECHOED),
        Case(
            "0-echo", enhanced_dad=0, answer=echo, nonce=False, outcome=DAD.FAILED,
            sabotage=Sabotage(mute=True),
        ),
    ],
)  # fmt: skip
def own_nonce_tells_an_echo_from_a_rival(victim, attacker, lab, *, enhanced_dad, answer, nonce, outcome):
    victim.conf(accept_dad=1, dad_transmits=1, enhanced_dad=enhanced_dad, retrans_time_ms=60_000)
    victim.conf(dev="all", enhanced_dad=enhanced_dad)
    capture = victim.capture()

    victim.add_addr(f"{ON_LINK6}/64", nodad=False)
    (asked,) = capture.expect(1, "sent", kind="ns", is_probe=True, target=ON_LINK6)
    attacker.send(answer(asked))
    attacker.fence(victim)
    # the verdict is carried out in a work queue: behind it in the queue is the question for another address
    victim.add_addr(f"{LATER}/64", nodad=False)
    capture.expect(1, "sent", kind="ns", is_probe=True, target=LATER)

    lab.expect("nonce of six bytes", len(asked.parsed.nonce or b"") == 6, nonce)
    victim.expect_addr(ON_LINK6, outcome, within_ms=1000)

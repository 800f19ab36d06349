"""A rival's probe that would make a tentative address fail is answered after the time that the explanation names.

The same solicitation from :: means two things to ndisc_recv_ns. While the address is tentative, two nodes are about to
take it, and this one gives it up (addrconf_dad_failure). Once it is used, the answer tells the rival to give up. So who
is first wins, by the length of one detection: dad_transmits times retrans_time. Many believe that the one who had the
address in its configuration first, or for longer, keeps it. In practice: of two hosts that boot together with one
address both may lose it, and a host that comes back from sleep loses its address to one that has taken it meanwhile.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import DAD, EVIL, ON_LINK6, Case, Sabotage, ndp, scenario


def at_once(victim, foreseen):
    return foreseen.frame


def after_the_time(victim, foreseen):
    probe = foreseen.remedied()
    victim.expect_addr(ON_LINK6, DAD.DONE)
    return probe


AT_ONCE, AFTER = Sabotage(params={"when": at_once}), Sabotage(params={"when": after_the_time})


@scenario(
    topology=AttackerOnWire,
    proves=["why/dad-collision"],
    kernel="ndisc_recv_ns, addrconf_dad_failure",
    family="ipv6",
    cases=[
        Case("at-once", check="dad-collision", when=at_once, answers=0, state=DAD.FAILED, sabotage=AFTER),
        Case("after-the-time", check="dad-collision", when=after_the_time, answers=1, state=DAD.DONE, sabotage=AT_ONCE),
    ],
)
def time_decides_whose_address_it_is(victim, attacker, lab, *, check, when, answers, state):
    victim.conf(accept_dad=1, dad_transmits=1, retrans_time_ms=400, router_solicitation_delay=0)
    probe = ndp.dad(ON_LINK6, lladdr=EVIL)
    capture = victim.capture()
    victim.add_addr(f"{ON_LINK6}/64", nodad=False)
    capture.expect(1, "sent", kind="ns", is_probe=True, target=ON_LINK6)
    foreseen = victim.explain(probe)
    lab.expect("why nothing is learned", foreseen.why.check, check)

    attacker.send(when(victim, foreseen))
    attacker.fence(victim, by="marker")

    capture.expect(answers, "sent", kind="na", target=ON_LINK6, within_ms=0)
    victim.expect_addr(ON_LINK6, state)

"""A question for a tentative address teaches nothing; after the time that the explanation names it is answered.

While duplicate address detection runs, ndisc_recv_ns drops ordinary questions for the address, as if it were nobody's.
It ends by itself: after dad_transmits solicitations, retrans_time apart, and a random delay before the first one
(router_solicitation_delay at most). So time is all that lacks, no knob and no frame. Many believe that a new address
which does not answer has failed: a failed one stays silent for ever (`ip address` shows dadfailed), a tentative one
for one to two seconds with the defaults. In practice: a service that is moved by adding its address elsewhere is away
for that long, unless the address is added with nodad or is optimistic.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import DAD, EVIL, LEARNED, ON_LINK6, Case, Sabotage, ndp, scenario


@scenario(
    topology=AttackerOnWire,
    proves=["why/tentative"],
    kernel="ndisc_recv_ns, addrconf_dad_work",
    family="ipv6",
    cases=[
        Case("question", check="tentative"),
    ],
    sabotage=Sabotage(params={"target": "2001:db8::1"}),
)
def time_is_all_that_lacks(victim, attacker, *, check, target=ON_LINK6):
    victim.conf(accept_dad=1, dad_transmits=1, retrans_time_ms=400, router_solicitation_delay=0)
    question = ndp.ns(target, sender=attacker.addr, lladdr=EVIL)
    capture = victim.capture()
    victim.add_addr(f"{ON_LINK6}/64", nodad=False)
    capture.expect(1, "sent", kind="ns", is_probe=True, target=ON_LINK6)
    foreseen = victim.explain(question)

    attacker.send(question)
    attacker.fence(victim, by="marker")
    capture.expect(0, "sent", kind="na", target=ON_LINK6, within_ms=0)
    victim.expect_ignored(foreseen, check)

    question = foreseen.remedied()
    victim.expect_addr(ON_LINK6, DAD.DONE)
    attacker.send(question)
    attacker.fence(victim, by="marker")
    capture.expect(1, "sent", kind="na", target=ON_LINK6, within_ms=0)
    victim.expect(attacker.addr, LEARNED, lladdr=EVIL, within_ms=0)

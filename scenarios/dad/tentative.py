"""A tentative IPv6 address answers no question and cannot be bound, and an ordinary question disturbs it not.

addrconf_dad_work asks for the address from ::, waits retrans_time, and only then addrconf_dad_completed makes it
usable. Until then it belongs to no one: ndisc_recv_ns drops ordinary questions for it, inet6_bind refuses it
(EADDRNOTAVAIL), and source address selection passes over it. An ordinary question is no conflict either: only a
rival's probe or an advertisement is. Many believe that an address works as soon as `ip address` shows it. In
practice: a service that starts right after its address was added "cannot assign requested address"; ip_nonlocal_bind,
IPV6_FREEBIND, nodad or waiting until it is no longer tentative cures it. IPv4 has no such state.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import DAD, ON_LINK6, Case, Sabotage, ndp, scenario

NODAD, DAD_RUNS = Sabotage(params={"nodad": True}), Sabotage(params={"nodad": False})


@scenario(
    topology=AttackerOnWire,
    proves=["dad/tentative", "dad/bind-tentative"],
    kernel="addrconf_dad_work, ndisc_recv_ns, ipv6_chk_addr_and_flags",
    family="ipv6",
    cases=[
        Case("tentative", nodad=False, state=DAD.TENTATIVE, bind="EADDRNOTAVAIL", answers=0, sabotage=NODAD),
        Case("nodad", nodad=True, state=DAD.DONE, bind=None, answers=1, sabotage=DAD_RUNS),
    ],
)
def tentative_address_is_nobodys(victim, attacker, lab, *, nodad, state, bind, answers):
    victim.conf(accept_dad=1, dad_transmits=1, retrans_time_ms=60_000)
    capture = victim.capture()

    victim.add_addr(f"{ON_LINK6}/64", nodad=nodad)
    attacker.send(ndp.ns(ON_LINK6, sender=attacker.addr, lladdr=attacker.lladdr))
    attacker.fence(victim)

    victim.expect_addr(ON_LINK6, state, within_ms=0)
    capture.expect(answers, "sent", kind="na", target=ON_LINK6, within_ms=0)
    lab.expect("bind", victim.bind(ON_LINK6), bind)

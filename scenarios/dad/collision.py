"""Somebody else's probe or advertisement for a tentative IPv6 address makes it dadfailed, for good.

A rival's solicitation from :: means two hosts probe at once: ndisc_recv_ns calls addrconf_dad_failure, and both lose.
An advertisement means that the address has an owner: ndisc_recv_na does the same, whatever its flags, asked for or
not. The address stays on the interface, tentative and unusable; the kernel makes no second attempt, says it once in
its log and announces the flag dadfailed. Many believe that a conflict removes the address, or that detection is
repeated when the rival has gone. In practice: once the duplicate has gone, remove the address and add it again (or
take the link down and up, where keep_addr_on_down lets the address stay meanwhile); and whoever can send one
advertisement for each probe keeps a host off the network.
"""

from functools import partial

from neighlab.topologies import AttackerOnWire

from neighlab import DAD, EVIL, ON_LINK6, Case, Sabotage, ndp, scenario

SILENT = Sabotage(mute=True)


@scenario(
    topology=AttackerOnWire,
    proves=["dad/dad-collision"],
    kernel="ndisc_recv_ns, ndisc_recv_na, addrconf_dad_failure, addrconf_dad_stop",
    family="ipv6",
    cases=[
        Case("probe-of-a-rival", frame=partial(ndp.dad, ON_LINK6, lladdr=EVIL)),
        Case("advertisement", frame=partial(ndp.na, ON_LINK6, lladdr=EVIL)),
        Case("advertisement-without-override", frame=partial(ndp.na, ON_LINK6, lladdr=EVIL, override=False)),
        Case("advertisement-without-lladdr", frame=partial(ndp.na, ON_LINK6, lladdr=EVIL, tlla=False)),
    ],
    sabotage=SILENT,
)
def rival_makes_a_tentative_address_dadfailed(victim, attacker, lab, *, frame):
    victim.conf(accept_dad=1, dad_transmits=1, retrans_time_ms=60_000)
    capture = victim.capture()

    victim.add_addr(f"{ON_LINK6}/64", nodad=False)
    capture.expect(1, "sent", kind="ns", is_probe=True, target=ON_LINK6)
    attacker.send(frame())

    victim.expect_addr(ON_LINK6, DAD.FAILED, within_ms=2000)
    lab.expect("bind", victim.bind(ON_LINK6), "EADDRNOTAVAIL")

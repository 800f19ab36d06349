"""accept_dad=0 skips IPv6 DAD, 1 fails a duplicate address, 2 switches IPv6 off when the link-local one fails.

The link-local address is made of the hardware address, so its duplicate means that a second card has the same one,
and nothing that this interface sends can be trusted: at 2 addrconf_dad_failure compares the address with the one that
the hardware address gives, and sets disable_ipv6. Any other address that fails leaves the interface alone. all and
device combine by max, so detection runs as long as one of them allows it. Many believe that 2 is a stricter 1 for all
addresses. In practice: at 2 a cloned virtual machine loses IPv6 on that interface until somebody writes
disable_ipv6=0 - and a host that answers one probe can take it away; the default is 1.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import ABSENT, DAD, ON_LINK6, Case, Sabotage, scenario

LINK_LOCAL = "fe80::200:5eff:fe00:5301"
STAYS_0, STAYS_1 = Sabotage(knobs={"accept_dad": 0}), Sabotage(knobs={"accept_dad": 1})


@scenario(
    topology=AttackerOnWire,
    proves=["dad/accept-dad", "dad/dad-collision"],
    kernel="addrconf_dad_begin, addrconf_dad_work, addrconf_dad_failure",
    family="ipv6",
    cases=[
        Case("0-link-local", accept_dad=0, addr=LINK_LOCAL, outcome=DAD.DONE, disabled=0, sabotage=STAYS_1),
        Case("1-link-local", accept_dad=1, addr=LINK_LOCAL, outcome=DAD.FAILED, disabled=0, sabotage=STAYS_0),
        Case("2-link-local", accept_dad=2, addr=LINK_LOCAL, outcome=ABSENT, disabled=1, sabotage=STAYS_1),
        Case(
            "2-all-link-local", dev="all", accept_dad=2, addr=LINK_LOCAL, outcome=ABSENT, disabled=1, sabotage=STAYS_1
        ),
        Case("0-global", accept_dad=0, addr=ON_LINK6, outcome=DAD.DONE, disabled=0, sabotage=STAYS_1),
        Case("1-global", accept_dad=1, addr=ON_LINK6, outcome=DAD.FAILED, disabled=0, sabotage=STAYS_0),
        Case("2-global", accept_dad=2, addr=ON_LINK6, outcome=DAD.FAILED, disabled=0, sabotage=STAYS_0),
    ],
)
def accept_dad_says_what_a_duplicate_means(victim, attacker, lab, *, accept_dad, addr, outcome, disabled, dev=None):
    attacker.add_addr(f"{addr}/64")
    victim.del_addr(f"{LINK_LOCAL}/64")
    victim.conf(dev=dev, accept_dad=accept_dad)
    victim.conf(dad_transmits=1, retrans_time_ms=5000)

    victim.add_addr(f"{addr}/64", nodad=False)

    victim.expect_addr(addr, DAD.TENTATIVE, outcome, within_ms=1500)
    lab.expect("disable_ipv6", victim.knob("disable_ipv6"), disabled)

"""Duplicate address detection asks dad_transmits times, retrans_time apart, and not at all with 0.

addrconf_dad_work counts dad_probes down from dad_transmits: each run sends one solicitation from :: and starts the
timer again, and the run that finds 0 completes the address - so detection takes dad_transmits times retrans_time, the
wait after the last question included. A random delay of up to router_solicitation_delay (1 s; in a lab 0) goes before
it, lest a rack that boots asks all at once. Many believe that detection takes one second; with the defaults it is one
to two, and three solicitations make it three to four. In practice: dad_transmits=0 is the switch for links where
duplicates cannot be (containers, point-to-point), and costs no tentative time.
"""

from itertools import pairwise

from neighlab.topologies import AttackerOnWire

from neighlab import DAD, ON_LINK6, Case, Sabotage, scenario

RETRANS_MS = 80
GROUP = "33:33:ff:00:00:99"


@scenario(
    topology=AttackerOnWire,
    proves=["dad/dad-transmits", "dad/tentative"],
    kernel="addrconf_dad_kick, addrconf_dad_work, addrconf_dad_completed",
    family="ipv6",
    cases=[
        Case("0-asks-nobody", dad_transmits=0, sabotage=Sabotage(knobs={"dad_transmits": 1})),
        Case("1-asks-once", dad_transmits=1),
        Case("3-asks-three-times", dad_transmits=3),
    ],
    sabotage=Sabotage(knobs={"dad_transmits": 2}),
)
def detection_asks_dad_transmits_times(victim, lab, *, dad_transmits):
    victim.conf(accept_dad=1, dad_transmits=dad_transmits, retrans_time_ms=RETRANS_MS)
    capture = victim.capture()

    victim.add_addr(f"{ON_LINK6}/64", nodad=False)

    victim.expect_addr(ON_LINK6, DAD.TENTATIVE, DAD.DONE)
    asked = capture.expect(dad_transmits, "sent", kind="ns", is_probe=True, target=ON_LINK6, dst=GROUP)
    gaps = [round((later.at - earlier.at) * 1000) for earlier, later in pairwise(asked)]
    lab.expect("ms between two of them, at least", min(gaps, default=RETRANS_MS), range(RETRANS_MS * 9 // 10, 2000))

"""iproute2's arpd resolves neighbours for a kernel that was not built for it, and asks the wire itself.

arpd listens to RTNLGRP_NEIGH for the kernel's questions and to ARP on a packet socket, keeps what it hears in a
database, and answers by RTM_NEWNEIGH from there. With -a it also broadcasts questions of its own; with -k it sets
app_solicit to their number and mcast_solicit to 0, so that the kernel asks nobody else. arpd(8) still says that
CONFIG_ARPD must have been set; the option went in 3.13, and neigh_app_ns needs none. The daemon restores both knobs
when it is asked to end. In practice: networks too large for gc_thresh3 once used it; today it shows that neighbour
resolution can be moved to user space, with a program that is installed everywhere.
"""

from neighlab.topologies import TwoHosts

from neighlab import LEARNED, NUD, Case, Sabotage, arp, scenario

PEER, NOBODY = "192.0.2.2", "192.0.2.99"
ASKS = range(1, 3)


@scenario(
    topology=TwoHosts,
    proves=["arpd/real-arpd"],
    kernel="neigh_app_ns, neigh_add",
    cases=[
        Case("asks-the-owner", addr=PEER, outcome=LEARNED, questions=ASKS, sabotage=Sabotage(params={"addr": NOBODY})),
        Case(
            "asks-nobody", addr=NOBODY, outcome=NUD.FAILED, questions=ASKS, retrans_time_ms=200,
            sabotage=Sabotage(params={"addr": PEER}),
        ),
        Case("has-heard", addr=NOBODY, heard=NOBODY, outcome=LEARNED, questions=0, sabotage=Sabotage(mute=True)),
    ],
)  # fmt: skip
def arpd_resolves_in_place_of_the_kernel(
    victim, peer, *, addr, outcome, questions, heard="198.51.100.1", retrans_time_ms=400
):
    victim.conf(retrans_time_ms=retrans_time_ms)
    arpd = victim.daemon("arpd", "-b", "/run/tmp/arpd.db", "-a", "2", "-k", "eth0")
    victim.expect_knob(app_solicit=2, mcast_solicit=0)
    peer.send(arp.gratuitous(heard, lladdr=peer.lladdr))
    peer.fence(victim)
    capture = victim.capture()

    victim.udp(addr).send()

    victim.expect(addr, outcome, within_ms=3000)
    victim.expect_miss(addr, ASKS)
    capture.expect(questions, "sent", kind="arp-request", target=addr)
    arpd.stop()
    victim.expect_knob(app_solicit=0, mcast_solicit=3)

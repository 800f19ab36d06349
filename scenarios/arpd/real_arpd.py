"""iproute2's arpd resolves neighbours for a kernel that was not built for it, and asks the wire itself.

arpd listens to RTNLGRP_NEIGH for the kernel's questions and to ARP on a packet socket, keeps what it hears in a
database, and answers by RTM_NEWNEIGH. With -a it broadcasts questions of its own; with -k it sets app_solicit to their
number and mcast_solicit to 0, so that the kernel asks nobody else. arpd(8) still says that CONFIG_ARPD must have been
set; the option went in 3.13, and neigh_app_ns needs none. The daemon restores both knobs when it is asked to end. In
practice: networks too large for gc_thresh3 once used it; today it shows that neighbour resolution can be moved to user
space, with a program that is installed everywhere.
"""

from neighlab.topologies import TwoHosts

from neighlab import LEARNED, NUD, Case, Sabotage, scenario


@scenario(
    topology=TwoHosts,
    proves=["arpd/real-arpd"],
    kernel="neigh_app_ns, neigh_add",
    cases=[
        Case("resolves", addr="192.0.2.2", outcome=LEARNED, answered=True),
        Case("gives-up", addr="192.0.2.99", outcome=NUD.FAILED, answered=False),
    ],
    sabotage=Sabotage(knobs={"mcast_solicit": 0}, params={"arpd": ("sh", "-c", "exec sleep 60")}),
)
def arpd_resolves_in_place_of_the_kernel(
    victim, lab, *, addr, outcome, answered, arpd=("arpd", "-b", "/run/tmp/arpd.db", "-a", "2", "-k", "eth0")
):
    victim.conf(retrans_time_ms=100)
    wire, daemon = victim.capture(), victim.daemon(*arpd)

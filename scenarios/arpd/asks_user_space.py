"""With app_solicit the kernel asks user space over netlink, after unicast attempts and before broadcasts.

arp_solicit and ndisc_solicit divide the attempts of an entry: the first ucast_solicit go to the known address, the
next app_solicit become RTM_GETNEIGH messages to RTNLGRP_NEIGH (neigh_app_ns; `ip monitor neigh` calls them "miss"),
the rest are broadcast. A new entry has no address to ask at: its count of attempts (NDA_PROBES) begins behind the
unicast ones. With mcast_solicit=0 nothing goes on the wire at all. The messages are sent whether anybody listens or
not. arp(7) puts user space first, and arpd(8) demands CONFIG_ARPD, an option that has not existed since 3.13. In
practice: this is how switches with a control plane, EVPN daemons and arpd learn which addresses are wanted, without a
packet socket.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

V4, V6 = {"addr": ON_LINK}, {"addr": ON_LINK6, "family": "ipv6"}
NEW, KNOWN = NUD.NONE, NUD.STALE

ALONE = {"old": NEW, "knobs": {"app_solicit": 3, "mcast_solicit": 0}, "attempts": [3, 4, 5]}
FIRST = {"old": NEW, "knobs": {"app_solicit": 2, "mcast_solicit": 2}, "attempts": [3, 4], "broadcasts": 2}
BETWEEN = {
    "old": KNOWN, "knobs": {"ucast_solicit": 2, "app_solicit": 1, "mcast_resolicit": 2},
    "unicasts": 2, "attempts": [2], "broadcasts": 2,
}  # fmt: skip
INSTEAD = {"old": KNOWN, "knobs": {"ucast_solicit": 0, "app_solicit": 2}, "attempts": [0, 1]}


@scenario(
    topology=TwoHosts,
    proves=["arpd/asks-user-space"],
    kernel="arp_solicit, ndisc_solicit, neigh_app_ns, neigh_probe",
    cases=[
        Case("alone", **ALONE, **V4),
        Case("before-broadcast", **FIRST, **V4),
        Case("after-unicast", **BETWEEN, **V4),
        Case("instead-of-unicast", **INSTEAD, **V4),
        Case("ipv6-alone", **ALONE, **V6),
        Case("ipv6-before-multicast", **FIRST, **V6),
        Case("ipv6-after-unicast", **BETWEEN, **V6),
    ],
    sabotage=Sabotage(knobs={"app_solicit": 0}),
)
def kernel_asks_user_space_after_unicast_and_before_broadcast(
    victim, lab, *, old, addr, knobs, attempts, unicasts=0, broadcasts=0
):
    victim.conf(retrans_time_ms=20, delay_first_probe_time_ms=20, **knobs)
    victim.neigh_set(addr, OTHER, state=old)
    capture = victim.capture()

    victim.udp(addr).send()
    victim.expect(addr, NUD.FAILED)

    misses = victim.expect_miss(addr, len(attempts))
    lab.expect("attempts that went to user space", [miss.neigh.probes for miss in misses], attempts)
    capture.expect(unicasts, "sent", is_solicitation=True, target=addr, is_broadcast=False, within_ms=0)
    capture.expect(broadcasts, "sent", is_solicitation=True, target=addr, is_broadcast=True, within_ms=0)

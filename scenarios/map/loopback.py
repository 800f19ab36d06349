"""On lo all IPv4 destinations share one NOARP entry, 0.0.0.0; IPv6 has a NOARP entry for each.

Packets to the host's own addresses leave by lo, and ip_finish_output2 wants a neighbour there as on any device. Since
all would say the same, IPv4 uses the key 0.0.0.0 on loopback and point-to-point devices (__ipv4_neigh_lookup_noref,
arp_constructor); IPv6 did not take that over. The entry is NOARP with lo's own address, all zeros, and nobody is ever
asked. Many believe that a host needs no neighbour to talk to itself, or that it asks for its own address on the wire:
even the address of eth0 is reached through lo. In practice: `ip neigh show nud all` has 0.0.0.0 dev lo on every host,
and newer kernels do not count such entries when the table is full.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, scenario

LLADDR = "00:00:00:00:00:00"
OWN, OWN6 = ["127.0.0.1", "127.8.8.8", "192.0.2.1"], ["::1", "2001:db8::1"]


@scenario(
    topology=TwoHosts,
    proves=["map/loopback"],
    kernel="ip_finish_output2, __ipv4_neigh_lookup_noref, arp_constructor, ndisc_constructor",
    cases=[
        Case("ipv4", addrs=OWN, entries=["0.0.0.0"], sabotage=Sabotage(params={"addrs": ["192.0.2.2"]})),
        Case(
            "ipv6", family="ipv6", addrs=OWN6, entries=["2001:db8::1", "::1"],
            sabotage=Sabotage(params={"addrs": ["2001:db8::2"]}),
        ),
    ],
)  # fmt: skip
def loopback_entries_are_noarp(victim, lab, *, addrs, entries):
    capture = victim.capture()

    for addr in addrs:
        victim.udp(addr).send()

    on_lo = sorted(str(neigh) for neigh in victim.neigh_dump(dev="lo"))
    lab.expect("entries of lo", on_lo, [f"{addr} NOARP lladdr {LLADDR}" for addr in entries])
    capture.expect(0, "sent", is_solicitation=True)

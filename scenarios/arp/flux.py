"""A host with two NICs on one LAN gives both link-layer addresses for one IPv4 address, unless it is cured.

Linux owns addresses as a host, not by interface: each NIC answers for each address (arp_process), and the kernel's own
questions name the packet's source whichever NIC they leave by (arp_solicit). So there are two leaks, and arp_ignore=1
closes only the first; arp_announce=2 closes the second. arp_filter=1 closes both if source rules route each address out
of its own NIC; without them it gathers all traffic on one. The third cure is not to have the problem: one NIC, a bond,
or IPv6, whose addresses belong to an interface (ndisc_recv_ns). Many believe that arp_ignore alone is the cure. In
practice: entries flap between two addresses, and pulling the cable of one NIC stops traffic of the other.
"""

from neighlab.topologies import TwoNics

from neighlab import ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario

NIC1, NIC2 = "00:00:5e:00:53:01", "00:00:5e:00:53:02"
MAIN, BY_SOURCE = "main", "11"
IGNORE, ANNOUNCE, FILTER = {"arp_ignore": 1}, {"arp_announce": 2}, {"arp_filter": 1}
V4 = {"way": "192.0.2.0/25", "second": "192.0.2.11", "nobody": ON_LINK, "question": arp.request}
V6 = {"family": "ipv6", "way": "2001:db8::/112", "second": "2001:db8::11", "nobody": ON_LINK6, "question": ndp.ns}


def stays(**knobs):
    return Sabotage(knobs=knobs)


@scenario(
    topology=TwoNics,
    proves=["arp/arp-flux"],
    kernel="arp_process, arp_solicit, arp_ignore, arp_filter",
    cases=[
        Case("no-cure", knobs={}, **V4, given=[NIC1, NIC2], sabotage=stays(arp_ignore=1, arp_announce=2)),
        Case("arp-ignore-alone", knobs=IGNORE, **V4, given=[NIC1, NIC2], sabotage=stays(arp_announce=2)),
        Case("arp-announce-alone", knobs=ANNOUNCE, **V4, given=[NIC1, NIC2], sabotage=stays(arp_ignore=1)),
        Case("arp-ignore+announce", knobs=IGNORE | ANNOUNCE, **V4, given=[NIC2], sabotage=stays(arp_announce=0)),
        Case("arp-filter-alone", knobs=FILTER, **V4, given=[NIC1], sabotage=stays(arp_filter=0)),
        Case(
            "arp-filter+source-rule", knobs=FILTER, table=BY_SOURCE, **V4, given=[NIC2],
            sabotage=Sabotage(params={"table": MAIN}),
        ),
        Case("ipv6-needs-none", knobs={}, **V6, given=[NIC2], sabotage=Sabotage(mute=True)),
    ],
)  # fmt: skip
def host_with_two_nics_gives_both_lladdrs(
    server, client, lab, *, knobs, way, second, nobody, question, given, table=MAIN
):
    server.conf(dev="all", **knobs)
    server.add_route(way, dev="eth0")
    server.run("ip", "route", "add", "192.0.2.0/24", "dev", "eth1", "table", BY_SOURCE)
    server.run("ip", "rule", "add", "from", "192.0.2.11", "table", table)
    capture = server.capture()

    server.udp(nobody, source=second).send()
    client.send(question(second, sender=client.addr, lladdr=client.lladdr))
    client.fence(server, by="marker")

    lab.expect(f"given for {second}", sorted({one.parsed.lladdr for one in capture.frames(sender=second)}), given)

"""The link-layer address of a group or of everybody is computed, so its entry is NOARP and nobody is asked.

arp_constructor and ndisc_constructor look at the address before any question is asked: an IPv4 group becomes
01:00:5e and its low 23 bits (32 groups share each), an IPv6 group 33:33 and its low 32 bits, and a broadcast - the
limited one or that of a subnet - ff:ff:ff:ff:ff:ff. Such an entry is NOARP: no state, no timer, no probe. IPv6 has no
broadcast; even "all nodes" is a group. Many believe that multicast takes no neighbour entry at all: it does, but
`ip neigh` hides NOARP (`nud all` shows it). In practice: hosts with many groups fill the table with such entries,
and they are the first to be collected when it gets full.
"""

from neighlab.topologies import TwoHosts

from neighlab import BROADCAST, NUD, ON_LINK, ON_LINK6, Case, Sabotage, scenario

V4 = {"sabotage": Sabotage(params={"addr": ON_LINK})}
V6 = {"family": "ipv6", "sabotage": Sabotage(params={"addr": ON_LINK6})}


@scenario(
    topology=TwoHosts,
    proves=["map/multicast", "map/broadcast"],
    kernel="arp_constructor, arp_mc_map, ndisc_constructor, ndisc_mc_map",
    cases=[
        Case("224.0.0.1-all-hosts", addr="224.0.0.1", lladdr="01:00:5e:00:00:01", **V4),
        Case("239.129.2.3-drops-bits", addr="239.129.2.3", lladdr="01:00:5e:01:02:03", **V4),
        Case("239.1.2.3-shares-them", addr="239.1.2.3", lladdr="01:00:5e:01:02:03", **V4),
        Case("255.255.255.255-limited", addr="255.255.255.255", lladdr=BROADCAST, **V4),
        Case("192.0.2.255-subnet", addr="192.0.2.255", lladdr=BROADCAST, **V4),
        Case("ff02-1-all-nodes", addr="ff02::1", lladdr="33:33:00:00:00:01", **V6),
        Case("ff05-1234-5678-low-32-bits", addr="ff05::1234:5678", lladdr="33:33:12:34:56:78", **V6),
    ],
)
def group_address_is_mapped_not_resolved(victim, *, addr, lladdr):
    capture = victim.capture(everything=True)

    victim.udp(addr, dev=victim.ifname).send(b"to all of you")

    victim.expect(addr, NUD.NOARP, lladdr=lladdr, within_ms=0)
    capture.expect(1, "sent", target=addr, dst=lladdr, dport=7777)
    capture.expect(0, "sent", is_solicitation=True)

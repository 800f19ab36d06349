"""On a point-to-point device all IPv4 destinations share one NOARP entry, 0.0.0.0; IPv6 has one for each.

There is only one other end, so there is nothing to resolve: the key becomes 0.0.0.0 (__ipv4_neigh_lookup_noref,
arp_constructor), and the entry NOARP. IPv6 keeps an entry for each destination, NOARP as well (ndisc_constructor), and
groups are no exception. A tun device is like that; a tap device is Ethernet and asks. Many believe that tunnels have no
neighbour entries, or one for each peer. In practice: `ip neigh add` on a tunnel succeeds and changes the one
entry of all, and a tunnel server with many IPv6 peers behind one device does fill the table.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, scenario

SENT4 = {"own": "198.51.100.1/24", "addrs": ["198.51.100.2", "198.51.100.3", "198.51.100.255", "224.0.0.5"]}
SENT6 = {"own": "2001:db8:1::1/64", "addrs": ["2001:db8:1::2", "2001:db8:1::3", "ff02::5"]}


@scenario(
    topology=TwoHosts,
    proves=["map/point-to-point"],
    kernel="__ipv4_neigh_lookup_noref, arp_constructor, ndisc_constructor",
    cases=[
        Case("ipv4", **SENT4, entries=["0.0.0.0 NOARP"]),
        Case("ipv6", family="ipv6", **SENT6, entries=[f"{addr} NOARP" for addr in SENT6["addrs"]]),
    ],
    sabotage=Sabotage(params={"mode": "tap"}),
)
def tunnel_entries_are_noarp(victim, lab, *, own, addrs, entries, mode="tun"):
    victim.run("ip", "tuntap", "add", "mode", mode, "name", "tunnel", needs="tun devices (CONFIG_TUN, /dev/net/tun)")
    victim.run("ip", "link", "set", "tunnel", "up")
    victim.await_no_carrier("tunnel")
    victim.add_addr(own, dev="tunnel")

    for addr in addrs:
        victim.udp(addr, dev="tunnel").send()

    found = [str(neigh) for neigh in victim.neigh_dump(dev="tunnel") if neigh.addr in ("0.0.0.0", *addrs)]
    lab.expect("entries of the tunnel", sorted(found), entries)

"""The table is the kernel's: a namespace that fills it starves another, which has one entry and no setting to see.

arp_tbl and nd_tbl exist once. Entries carry their namespace and a dump shows only one's own, but gc_entries and the
three thresholds know nothing of namespaces, and neigh/default is registered for the initial one alone (arp_init).
Many believe that a container has a table of its own because `ip neigh` in it shows its own entries only, or set
gc_thresh3 in the container and find no such file. In practice: "neighbor table overflow!" with a table that looks
empty means somebody else's entries - count them with `ip ntable show name arp_cache` (`entries`), which works in any
namespace, and raise gc_thresh3 on the node.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, scenario

ROOM, MOST = 40, 400
V4 = {"first": "198.18.0.1", "stranger": "192.0.2.100", "error": "ENOBUFS", "sysctls": "ipv4"}
V6 = {
    "family": "ipv6", "first": "2001:db8:1::1", "stranger": "2001:db8::100", "error": "EINVAL", "sysctls": "ipv6",
}  # fmt: skip


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/one-table", "gc/invisible"],
    kernel="neigh_alloc, neigh_dump_table, arp_init",
    cases=[Case("ipv4", most=MOST, since="5.18", **V4), Case("ipv6", most=MOST, **V6)],
    sabotage=Sabotage(params={"most": ROOM // 2}),
)
def one_namespace_starves_another(victim, peer, lab, table, *, first, most, stranger, error, sysctls):
    peer.conf(base_reachable_time_ms=60_000)
    victim.neigh_set(peer.addr, peer.lladdr)
    table.room(ROOM)

    filled = table.fill(peer, first, most)

    lab.expect("error in the other namespace", victim.udp(stranger).send(), [error])
    shown = [neigh.addr for neigh in victim.neigh_dump() if neigh.lladdr == peer.lladdr]
    lab.expect("entries that it shows", shown, [peer.addr])
    lab.expect("entries that the table has", table.read().config.entries, range(len(filled) + 1, 10 * MOST))
    settings = victim.run("ls", f"/proc/sys/net/{sysctls}/neigh").stdout.split()
    lab.expect("neigh settings that it has", sorted(settings), ["eth0", "lo"])

"""allocs, destroys, lookups, hits, res_failed, forced_gc_runs and table_fulls move as the table is used.

Every namespace may read them (RTM_GETNEIGHTBL, `ip -s ntable`), summed over the processors; /proc/net/stat/arp_cache,
one hexadecimal line per processor, is there in the initial namespace only, and has unresolved_discards besides. They
count for the whole kernel and never go back. lookups are those of neigh_lookup - administration and ARP input - not of
packets, which look entries up without counting. Many alarm on `entries`, or read the file's columns as decimal or per
table line. In practice: table_fulls that moves is an outage now, res_failed that moves is a host that does not answer,
and forced_gc_runs that moves without table_fulls is the warning before.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, Sabotage, flood, scenario

COUNT, ROOM, MOST = 20, 40, 400
SOME = range(COUNT, 100 * COUNT)
V4 = {"known": "198.18.9.1", "first": "198.18.0.1", "silent": "192.0.2.100"}
V6 = {"family": "ipv6", "known": "2001:db8:2::1", "first": "2001:db8:1::1", "silent": "2001:db8::100"}


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/statistics"],
    kernel="NEIGH_CACHE_STAT_INC, neightbl_fill_info, neigh_stat_seq_show",
    cases=[Case("ipv4", count=COUNT, **V4), Case("ipv6", count=COUNT, **V6)],
    sabotage=Sabotage(params={"count": 1}),
)
def counters_tell_what_happened(victim, peer, table, *, count, known, first, silent):
    victim.conf(mcast_solicit=1, retrans_time_ms=20, base_reachable_time_ms=60_000)
    before = table.stats()

    for _ in range(count):
        victim.neigh_set(known, peer.lladdr, op="add")
        victim.neigh_set(known, peer.lladdr)
        victim.neigh_del(known)
    table.expect(before, allocs=SOME, destroys=SOME, lookups=SOME, hits=SOME)

    victim.udp(silent).send()
    victim.expect(silent, NUD.FAILED)
    table.expect(before, res_failed=range(1, 100))

    table.room(ROOM)
    table.fill(victim, first, MOST)
    for addr in flood.addresses(known, count):
        victim.neigh_set(addr, peer.lladdr, state=NUD.REACHABLE)
    table.expect(before, forced_gc_runs=SOME, table_fulls=SOME)

"""ARP and ND have a table and thresholds each: when one is full, the other still takes new neighbours.

arp_tbl and nd_tbl are two struct neigh_table with their own gc_entries, gc_thresh1..3 and statistics; only the code is
shared. net.ipv4.neigh.default.gc_thresh3 says nothing about IPv6, and many set one and wonder about the other. In
practice: a dual-stack node under pressure may lose IPv4 and keep IPv6, which looks like a fault of a protocol and is a
number; raise both. IPv6 is full sooner: every solicited-node group that a host asks takes an entry as well.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, scenario

ROOM, MOST = 40, 400
V4, V6 = "192.0.2.100", "2001:db8::100"


@scenario(
    topology=TwoHosts,
    family="dual",
    needs=("host-table",),
    proves=["gc/two-tables"],
    kernel="arp_tbl, nd_tbl, neigh_table_init",
    cases=[
        Case(
            "arp-full", full=4, other=6, first="198.18.0.1", most=MOST, refused=V4, error="ENOBUFS", taken=V6,
            since="5.18",
        ),
        Case("nd-full", full=6, other=4, first="2001:db8:1::1", most=MOST, refused=V6, error="EINVAL", taken=V4),
    ],
    sabotage=Sabotage(params={"most": ROOM // 2}),
)  # fmt: skip
def one_table_is_full_and_the_other_is_not(
    victim, lab, table, *, full, other, first, most, refused, error, taken
):  # fmt: skip
    victim.conf(base_reachable_time_ms=60_000)
    before = table.read(family=other).thresh3
    table.room(ROOM, family=full)
    table.fill(victim, first, most)

    errors = victim.udp(refused).send() + victim.udp(taken).send()

    lab.expect("errors in the full table and in the other", errors, [error, None])
    lab.expect("gc_thresh3 of the other table", table.read(family=other).thresh3, before)

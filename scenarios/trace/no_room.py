"""A packet whose neighbour finds no room in the table dies as NEIGH_CREATEFAIL, before there is anything to wait in.

ip_finish_output2 and ip6_finish_output2 want an entry for the next hop; when gc_thresh3 is reached and nothing can be
collected, __neigh_create returns an error, and the packet is freed with this reason (since Linux 5.18). The tracepoint
neigh:neigh_create fires with no entry at that moment. Unlike a full queue or a silent neighbour it strikes packets to
neighbours that are alive and well, and only new ones: what is in the table keeps working. Many look for the fault at
the host that cannot be reached. In practice: NEIGH_CREATEFAIL in a drop monitor means gc_thresh3 of the node.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, flood, scenario

ROOM, MOST, STRANGERS = 20, 200, 5


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    trace=True,
    proves=["trace/no-room"],
    kernel="ip_finish_output2, ip6_finish_output2, neigh_alloc",
    cases=[
        Case("ipv4", fill="198.18.0.1", strangers="192.0.2.100", most=MOST, since="5.18"),
        Case("ipv6", family="ipv6", fill="2001:db8:1::1", strangers="2001:db8::100", most=MOST),
    ],
    sabotage=Sabotage(params={"most": ROOM // 2}),
)
def table_without_room_is_the_reason(victim, table, *, fill, strangers, most):
    victim.conf(base_reachable_time_ms=60_000)
    table.room(ROOM)
    table.fill(victim, fill, most)

    for addr in flood.addresses(strangers, STRANGERS):
        (error,) = victim.udp(addr).send()
        victim.expect_drop("NEIGH_CREATEFAIL", 1, to=addr, inferred=int(error is not None))

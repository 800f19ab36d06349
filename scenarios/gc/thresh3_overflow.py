"""When gc_thresh3 is reached and nothing can be collected, a new neighbour is refused and the sender gets an error.

Creating an entry first tries a forced collection (neigh_forced_gc, synchronously, in the context of whoever needs
the entry). It may take what has not changed for five seconds, but never an entry whose timer runs: unanswered
INCOMPLETE ones hold their place, so a scan of an empty subnet blocks the table. The sender learns ENOBUFS (IPv6:
EINVAL) only if it asked for errors (IP_RECVERR); others lose the packet silently. IPv6 makes an entry for each
solicited-node group as well; those are NOARP and give way at once. Many believe that the oldest entry makes room.
In practice: with some hundred pods or a /20 on one link, raise gc_thresh1..3 on the *node* - the table is one per
kernel, and every container shares it.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, flood, scenario

ROOM, MORE, LAST = 20, 12, 6


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/thresh3-wall", "gc/timed-never"],
    kernel="neigh_alloc, neigh_forced_gc, ip_finish_output2",
    cases=[
        Case("ipv4-enobufs", first="192.0.2.100", error="ENOBUFS", since="5.18"),
        Case("ipv6-einval", family="ipv6", first="2001:db8::100", error="EINVAL"),
    ],
    sabotage=Sabotage(knobs={"mcast_solicit": 0}),
)
def full_table_refuses_new_neighbours(victim, lab, table, *, first, error):
    victim.conf(mcast_solicit=3)
    before = table.stats()
    table.room(ROOM)

    errors = [victim.udp(addr).send()[0] for addr in flood.addresses(first, ROOM + MORE)]

    lab.expect("errors while there is room", errors[: ROOM - 2], [None] * (ROOM - 2))
    lab.expect("errors when the table is full", errors[-LAST:], [error] * LAST)
    lab.expect("table_fulls", (table.stats() - before).table_fulls, range(LAST, 10 * MORE))

"""Each packet that an unresolved neighbour's queue drops is counted in unresolved_discards, and told to nobody else.

__neigh_event_send counts what it takes from the head of the queue (and frees it with the drop reason NEIGH_QUEUEFULL
since Linux 5.18). The counter is in /proc/net/stat/arp_cache of the initial namespace only - not in what netlink tells
(RTM_GETNEIGHTBL), not in the statistics of UDP or of the interface, and send() has long succeeded. Many look at
tx_dropped of the interface, which the packet never reached. In practice: if unresolved_discards grows, bursts meet
neighbours that are slow to answer; compare it before and after, for it belongs to the whole kernel.
"""

from neighlab.topologies import TwoHosts

from neighlab import ON_LINK, ON_LINK6, Case, Sabotage, scenario

SENT = 30


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["queue/discards-counted"],
    kernel="__neigh_event_send, neigh_stat_seq_show",
    cases=[
        Case("ipv4", addr=ON_LINK),
        Case("ipv6", family="ipv6", addr=ON_LINK6),
    ],
    sabotage=Sabotage(knobs={"unres_qlen_bytes": 212992}),
)
def dropped_packets_are_counted(victim, lab, table, *, addr):
    victim.conf(unres_qlen_bytes=0, mcast_solicit=30)
    before = table.discards()

    errors = victim.udp(addr).send(count=SENT)

    lab.expect("errors of the sender", errors, [None] * SENT)
    lab.expect("packets dropped from a queue for one", table.discards() - before, range(SENT - 1, 10 * SENT))

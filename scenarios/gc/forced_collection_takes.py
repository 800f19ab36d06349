"""In a full table FAILED and NOARP entries give way at once; young STALE ones and those with a timer do not.

neigh_forced_gc walks the entries in the order in which they were made and takes what nobody holds: FAILED, NOARP and
multicast ones whatever their age, others only if nothing has changed for five seconds. INCOMPLETE, REACHABLE, DELAY
and PROBE entries are held by their own timer, whose reference counts as a user's. It runs synchronously, for whoever
needs the new entry, and takes no more than it must. Many believe that it is a job in the background, and that the
oldest entry or the least used goes first. In practice: a table full of live neighbours refuses new ones, and the dead
ones of a scan cost nothing as soon as they are FAILED.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, Sabotage, scenario

ROOM, MORE = 40, 30
V4 = {"first": "198.18.0.1", "others": "198.18.9.1"}
V6 = {"family": "ipv6", "first": "2001:db8:1::1", "others": "2001:db8:2::1"}
FEW, ALL = range(MORE // 2), range(MORE, MORE + 1)
LASTING, FLEETING = Sabotage(params={"state": NUD.REACHABLE}), Sabotage(params={"state": NUD.FAILED})


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/failed-and-noarp-first", "gc/timed-never"],
    kernel="neigh_alloc, neigh_forced_gc, neigh_del_timer",
    cases=[
        Case("failed-gives-way", state=NUD.FAILED, fit=ALL, sabotage=LASTING, **V4),
        Case("noarp-gives-way", state=NUD.NOARP, fit=ALL, sabotage=LASTING, **V4),
        Case("stale-stays-while-young", state=NUD.STALE, fit=FEW, sabotage=FLEETING, **V4),
        Case("reachable-stays", state=NUD.REACHABLE, fit=FEW, sabotage=FLEETING, **V4),
        Case("delay-stays", state=NUD.DELAY, fit=FEW, sabotage=FLEETING, **V4),
        Case("probe-stays", state=NUD.PROBE, fit=FEW, sabotage=FLEETING, **V4),
        Case("failed-gives-way-ipv6", state=NUD.FAILED, fit=ALL, sabotage=LASTING, **V6),
        Case("reachable-stays-ipv6", state=NUD.REACHABLE, fit=FEW, sabotage=FLEETING, **V6),
    ],
)
def dead_entries_give_way_and_live_ones_do_not(victim, lab, table, *, first, others, state, fit):
    victim.conf(base_reachable_time_ms=60_000, delay_first_probe_time_ms=60_000, retrans_time_ms=60_000)
    table.room(ROOM)
    table.fill(victim, first, ROOM, state=state)

    added = table.fill(victim, others, MORE)

    lab.expect("new entries in a full table", len(added), fit)

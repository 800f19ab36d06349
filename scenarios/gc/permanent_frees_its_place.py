"""Making entries of a full table PERMANENT frees their places for others at once.

neigh_update_gc_list runs with every change of state: an entry that becomes PERMANENT (or externally learned) leaves the
list of what may be collected and is no longer counted. So an overflowing host can be helped without touching the
thresholds, which a container cannot reach anyway: pin the neighbours that have to work. Many fear the opposite, that
static entries use up what gc_thresh3 allows. In practice: `ip neigh replace ... nud permanent` for the gateway works in
a full table and makes room for one more - and has the price of a static entry, which nobody corrects.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, OTHER, Case, Sabotage, scenario

ROOM, MOST, MORE = 40, 400, 20
V4 = {"first": "198.18.0.1", "others": "198.18.9.1"}
V6 = {"family": "ipv6", "first": "2001:db8:1::1", "others": "2001:db8:2::1"}


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/exempt"],
    kernel="neigh_update_gc_list, neigh_alloc",
    cases=[Case("ipv4", state=NUD.PERMANENT, **V4), Case("ipv6", state=NUD.PERMANENT, **V6)],
    sabotage=Sabotage(params={"state": NUD.REACHABLE}),
)
def permanent_entries_leave_room_for_others(victim, lab, table, *, first, others, state):
    victim.conf(base_reachable_time_ms=60_000)
    table.room(ROOM)

    full = table.fill(victim, first, MOST)
    for addr in full[:MORE]:
        victim.neigh_set(addr, OTHER, state=state)
    added = table.fill(victim, others, MORE)

    lab.expect("entries in the table", len(full), range(ROOM // 2, MOST))
    lab.expect("new entries after that", len(added), range(MORE, MORE + 1))

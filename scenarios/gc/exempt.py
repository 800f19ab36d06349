"""PERMANENT, externally learned and externally validated entries fit into a full table; ordinary ones do not.

neigh_update_gc_list takes them off the list that collection walks, and out of gc_entries, the number that is compared
with gc_thresh2 and gc_thresh3 (since Linux 5.0; externally validated ones since 6.17). neigh_alloc counts any other
new entry before it has a state, and refuses it when the table is full. Many believe that gc_thresh3 bounds the table:
it bounds what the kernel itself learned. In practice: static entries for the gateway and the name servers survive a
flood, and agents that install entries as externally learned (EVPN, CNI plugins) are not stopped by gc_thresh3 - nor
is anybody else protected from them.
"""

from neighlab.topologies import TwoHosts

from neighlab import NTF, NUD, Case, Sabotage, scenario

ROOM, MOST, MORE = 40, 400, 30
FEW, ALL = range(MORE // 2), range(MORE, MORE + 1)
V4 = {"first": "198.18.0.1", "others": "198.18.9.1"}
V6 = {"family": "ipv6", "first": "2001:db8:1::1", "others": "2001:db8:2::1"}
PERMANENT = {"state": NUD.PERMANENT, "flags": NTF.NONE, "fit": ALL}
EXT_LEARNED = {"state": NUD.STALE, "flags": NTF.EXT_LEARNED, "fit": ALL}
EXT_VALIDATED = {"state": NUD.STALE, "flags": NTF.EXT_VALIDATED, "fit": ALL}
ORDINARY = {"state": NUD.STALE, "flags": NTF.NONE, "fit": FEW}
COUNTED = Sabotage(params={"state": NUD.STALE, "flags": NTF.NONE})
UNCOUNTED = Sabotage(params={"state": NUD.PERMANENT})


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/exempt"],
    kernel="neigh_alloc, neigh_update_gc_list",
    cases=[
        Case("permanent", **PERMANENT, **V4),
        Case("externally-learned", **EXT_LEARNED, **V4),
        Case("externally-validated", **EXT_VALIDATED, since="6.17", **V4),
        Case("ordinary", **ORDINARY, sabotage=UNCOUNTED, **V4),
        Case("permanent-ipv6", **PERMANENT, **V6),
        Case("externally-learned-ipv6", **EXT_LEARNED, **V6),
    ],
    sabotage=COUNTED,
)
def who_is_exempt_needs_no_room(victim, lab, table, *, first, others, state, flags, fit):
    victim.conf(base_reachable_time_ms=60_000)
    table.room(ROOM)
    table.fill(victim, first, MOST)

    added = table.fill(victim, others, MORE, state=state, flags=flags)

    lab.expect("new entries in a full table", len(added), fit)

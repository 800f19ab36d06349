"""A neighbour dump that raced with changes shows a table that never was, and nothing in it says so.

neigh_dump_info remembers between two pieces in which bucket and at which place it was (cb->args) and holds no lock
meanwhile. What has been written is not taken back; what comes later is as it is then. Here one link-layer address moves
from an entry that was written to one that was not: the dump has it twice, though at no moment two entries had it. In
the same way an entry is missed when one before it in its bucket goes away, and, when the table grows (neigh_hash_grow
takes a new hash_rnd), some are missed and others told twice. Many believe in a snapshot because "ip neigh" looks like
one. In practice: a script that finds a duplicate address, or one missing, in a single dump has to look again.
"""

from neighlab.topologies import TwoHosts

from neighlab import EVIL, NUD, OTHER, Case, Sabotage, scenario


@scenario(
    topology=TwoHosts,
    proves=["rtnl/dump-interrupted"],
    kernel="neigh_dump_info, neigh_dump_table",
    cases=[Case("ipv4", moved=EVIL), Case("ipv6", family="ipv6", moved=EVIL)],
    sabotage=Sabotage(params={"moved": OTHER}),
)
def neighbour_dump_is_no_snapshot(victim, lab, *, moved):
    victim.fill("neighbours", 250)
    whole = [one.addr for one in victim.dump("neighbours").finish().neighs() if one.state == NUD.PERMANENT]
    early, late = whole[0], whole[-1]
    victim.neigh_set(early, EVIL)

    dump = victim.dump("neighbours")
    victim.neigh_set(early, OTHER)
    victim.neigh_set(late, moved)
    dump.finish()

    holders = [one.addr for one in dump.neighs() if one.lladdr == EVIL]
    lab.expect("entries with the address that moved", holders, [early, late])
    lab.expect("dump is marked", dump.marked, False)

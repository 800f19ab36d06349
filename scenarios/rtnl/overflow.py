"""A reader that is too slow loses announcements, is told ENOBUFS, and knows everything again once it reads the table.

netlink_broadcast never waits for a reader: what does not fit into its socket's receive buffer is dropped, and
netlink_overrun sets an error that the next recv returns once, however many announcements are missing. Neither their
number nor their subject is told, so what a reader believes after it may be wrong in every entry. The cure is to dump
the table after the error: entries that are new, changed or gone are then known, though not what they went through in
between. Many ignore ENOBUFS as a passing error, or think that netlink is reliable. In practice: a daemon
that only makes its buffer larger has made the lie rarer. The reader here is neighlab's own watcher.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, Sabotage, scenario

COUNT = 60
ROOMY, TIGHT = 1 << 20, 1
LOSES = {"room": TIGHT, "losses": range(1, COUNT), "told": range(COUNT), "sabotage": Sabotage(params={"room": ROOMY})}
NONE = {"room": ROOMY, "losses": 0, "told": COUNT, "sabotage": Sabotage(params={"room": TIGHT})}


@scenario(
    topology=TwoHosts,
    proves=["rtnl/overflow"],
    kernel="netlink_broadcast, netlink_overrun, neigh_dump_info",
    cases=[
        Case("small-buffer-loses", **LOSES),
        Case("large-buffer-loses-none", **NONE),
        Case("small-buffer-loses-ipv6", family="ipv6", **LOSES),
        Case("large-buffer-loses-none-ipv6", family="ipv6", **NONE),
    ],
)
def slow_reader_recovers_by_reading_the_table(victim, lab, *, room, losses, told):
    lab.monitor.shrink(room)

    victim.fill("neighbours", COUNT)
    lab.pump()

    lab.expect("ENOBUFS", lab.monitor.lost, losses)
    announced = {
        one.fields["addr"] for one in lab.timeline if one.kind == "event" and one.fields["state"] == "PERMANENT"
    }
    lab.expect("entries that were announced", len(announced), told)
    known = {key[2] for key, past in lab.history.items() if past[-1].state == NUD.PERMANENT}
    lab.expect("entries that the watcher knows", len(known), COUNT)

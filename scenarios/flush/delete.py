"""Deleting an entry announces it FAILED, then gone; packets that wait in its queue are given up at once.

neigh_delete first makes the entry FAILED, by __neigh_update, so that no packet can use it any more even while
somebody still holds a reference, and then unlinks it: RTM_NEWNEIGH with FAILED, then RTM_DELNEIGH. FAILED is
announced only if there is something to lose, an address or a resolution in progress; in that case neigh_invalidate
tells the waiting senders that the host is unreachable. PERMANENT entries are deleted like all others. Many believe
that a deleted static entry stays as "incomplete" (so it was before 4.13), or that packets on the way delay the
deletion. In practice: a watcher that takes each FAILED for an unreachable host raises a false alarm on every "ip
neigh del".
"""

from neighlab.topologies import TwoHosts

from neighlab import ABSENT, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

V4, V6 = {"addr": ON_LINK}, {"addr": ON_LINK6, "family": "ipv6"}
BOTH, ONE = ["NEWNEIGH FAILED", "DELNEIGH FAILED"], ["DELNEIGH FAILED"]
NOTHING_TO_LOSE = Sabotage(params={"state": NUD.FAILED, "lladdr": None})
MUCH_TO_LOSE = Sabotage(params={"state": NUD.STALE, "lladdr": OTHER})


@scenario(
    topology=TwoHosts,
    proves=["flush/delete"],
    kernel="neigh_delete, __neigh_update, neigh_remove_one",
    cases=[
        Case("stale", state=NUD.STALE, lladdr=OTHER, told=BOTH, **V4),
        Case("reachable", state=NUD.REACHABLE, lladdr=OTHER, told=BOTH, **V4),
        Case("permanent", state=NUD.PERMANENT, lladdr=OTHER, told=BOTH, **V4),
        Case("noarp", state=NUD.NOARP, lladdr=OTHER, told=BOTH, **V4),
        Case("incomplete", state=NUD.INCOMPLETE, lladdr=None, told=BOTH, **V4),
        Case("failed", state=NUD.FAILED, lladdr=None, told=ONE, **V4, sabotage=MUCH_TO_LOSE),
        Case("none", state=NUD.NONE, lladdr=None, told=ONE, **V4, sabotage=MUCH_TO_LOSE),
        Case("permanent-ipv6", state=NUD.PERMANENT, lladdr=OTHER, told=BOTH, **V6),
        Case("incomplete-ipv6", state=NUD.INCOMPLETE, lladdr=None, told=BOTH, **V6),
        Case("failed-ipv6", state=NUD.FAILED, lladdr=None, told=ONE, **V6, sabotage=MUCH_TO_LOSE),
    ],
    sabotage=NOTHING_TO_LOSE,
)
def deletion_is_announced_as_failed_and_gone(victim, lab, *, addr, state, lladdr, told):
    victim.neigh_set(addr, lladdr, state=state)
    victim.expect(addr, state)
    before = len(lab.timeline)

    victim.neigh_del(addr)

    victim.expect(addr, ABSENT, within_ms=0)
    news = [one.fields for one in list(lab.timeline)[before:] if one.kind == "event" and one.fields["addr"] == addr]
    lab.expect("announced", [f"{one['event']} {one['state']}" for one in news], told)

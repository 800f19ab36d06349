"""Adding a neighbour without a link-layer address fails, and leaves an entry in state NONE behind.

neigh_add creates the entry first and asks __neigh_update to fill it; that refuses a valid state without an address
("No link layer address given"), and nobody removes what has been created. A link-layer address that is too short is
refused earlier, before there is an entry. The remains do no harm: NONE is how every entry begins, and the next packet
resolves it. States that have no address - FAILED, INCOMPLETE, NONE - may be added without one, and an entry that has
one may change its state without it. Many believe that a refused command has changed nothing. In practice: a script
that lists "ip neigh show nud all" finds entries that no packet has ever made, and "ip neigh add" is refused with
EEXIST when it is repeated correctly; "replace" works.
"""

from neighlab.topologies import TwoHosts

from neighlab import ABSENT, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

V4, V6 = {"addr": ON_LINK}, {"addr": ON_LINK6, "family": "ipv6"}
REFUSED = {"error": "EINVAL", "outcome": NUD.NONE}
COMPLETE = Sabotage(params={"lladdr": OTHER})


@scenario(
    topology=TwoHosts,
    proves=["static/no-lladdr"],
    kernel="neigh_add, ___neigh_create, __neigh_update",
    cases=[
        Case("permanent", state=NUD.PERMANENT, **REFUSED, **V4),
        Case("reachable", state=NUD.REACHABLE, **REFUSED, **V4),
        Case("stale", state=NUD.STALE, **REFUSED, **V4),
        Case("noarp", state=NUD.NOARP, **REFUSED, **V4),
        Case("short-lladdr", state=NUD.PERMANENT, lladdr="00:00:5e", error="EINVAL", outcome=ABSENT, **V4),
        Case(
            "failed", state=NUD.FAILED, error=None, outcome=NUD.FAILED, **V4,
            sabotage=Sabotage(params={"state": NUD.STALE}),
        ),
        Case("permanent-ipv6", state=NUD.PERMANENT, **REFUSED, **V6),
        Case("stale-ipv6", state=NUD.STALE, **REFUSED, **V6),
        Case("short-lladdr-ipv6", state=NUD.PERMANENT, lladdr="00:00:5e", error="EINVAL", outcome=ABSENT, **V6),
    ],
    sabotage=COMPLETE,
)  # fmt: skip
def refused_entry_stays_as_none(victim, lab, *, addr, state, error, outcome, lladdr=None):
    answer = victim.neigh_set(addr, lladdr, state=state, op="add")

    lab.expect("error", answer, error)
    victim.expect(addr, outcome, within_ms=0)

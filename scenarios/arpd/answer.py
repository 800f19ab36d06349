"""An RTM_NEWNEIGH from user space resolves an entry that is waited for, and releases its queue, like an ARP reply.

The answer to a "miss" is no special message: whatever sets a link-layer address - `ip neigh replace`, a routing
daemon, arpd - goes through neigh_update, which sends what has waited and wakes the neighbour's output functions.
Nobody checks that it was asked for, or by whom. The state that it gives is believed: REACHABLE is used without a
question, STALE lets the first packet go and is probed later, PERMANENT needs no question ever again. Many believe
that a resolver in user space has to put packets back into the queue itself. In practice: a controller that knows
every address answers before anything is broadcast, and the application notices nothing.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, scenario

LENGTHS = [11, 22, 33]
UNANSWERED = Sabotage(params={"state": NUD.NONE})


@scenario(
    topology=TwoHosts,
    proves=["arpd/answer"],
    kernel="neigh_add, __neigh_update, neigh_app_ns",
    cases=[
        Case("reachable", addr=ON_LINK, state=NUD.REACHABLE, outcome=NUD.REACHABLE),
        Case("stale", addr=ON_LINK, state=NUD.STALE, outcome=NUD.DELAY),
        Case("permanent", addr=ON_LINK, state=NUD.PERMANENT, outcome=NUD.PERMANENT),
        Case("ipv6-reachable", family="ipv6", addr=ON_LINK6, state=NUD.REACHABLE, outcome=NUD.REACHABLE),
        Case("ipv6-stale", family="ipv6", addr=ON_LINK6, state=NUD.STALE, outcome=NUD.DELAY),
    ],
    sabotage=UNANSWERED,
)
def answer_from_user_space_releases_the_queue(victim, peer, lab, *, addr, state, outcome):
    victim.conf(app_solicit=1, mcast_solicit=0, retrans_time_ms=60_000)
    wire, outbox = victim.capture(everything=True), victim.udp(addr)

    for length in LENGTHS:
        outbox.send(b"x" * length)
    victim.expect_miss(addr)
    victim.neigh_set(addr, peer.lladdr, state=state)

    victim.expect(addr, outcome, lladdr=peer.lladdr, within_ms=1000)
    left = wire.expect(len(LENGTHS), "sent", target=addr, dst=peer.lladdr, dport=7777)
    lab.expect("lengths in their order", [seen.parsed.length for seen in left], LENGTHS)
    wire.expect(0, "sent", is_solicitation=True, target=addr, within_ms=0)

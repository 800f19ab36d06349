"""A host that moved to another link-layer address is found by broadcast only if mcast_resolicit is above 0.

PROBE asks by unicast, at the address that nobody has any more. With mcast_resolicit=0, the default, the entry is then
FAILED, and what waits is lost; the next packet resolves it anew. With mcast_resolicit the last questions of PROBE are
broadcast, the host answers from its new address, and nothing is lost. IPv4 has one more trap: DELAY -> PROBE counts as
an update, so an answer that comes within locktime of it may not change the address (arp_process) - with a short
retrans_time and the default locktime of a second the host answers and the entry fails all the same. Many believe that
unanswered unicast probes are followed by a broadcast anyway. In practice: after a network card is replaced, set
mcast_resolicit to 1 on its peers, or announce the new address.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, OTHER, Case, Sabotage, scenario

FOUND, LOST = {"path": (NUD.PROBE, NUD.REACHABLE)}, {"path": (NUD.PROBE, NUD.FAILED)}
NEVER, ONCE = Sabotage(knobs={"mcast_resolicit": 0}), Sabotage(knobs={"mcast_resolicit": 1})
UNLOCKED = Sabotage(knobs={"locktime_ms": 0})


@scenario(
    topology=TwoHosts,
    proves=["nud/moved-host", "nud/locktime-fails-probe"],
    kernel="neigh_timer_handler, neigh_max_probes, arp_process",
    cases=[
        Case("0-lost", mcast_resolicit=0, answers=0, **LOST, sabotage=ONCE),
        Case("1-found", mcast_resolicit=1, answers=1, **FOUND, sabotage=NEVER),
        Case("1-lost-within-locktime", mcast_resolicit=1, locktime_ms=5000, answers=1, **LOST, sabotage=UNLOCKED),
        Case("0-lost-ipv6", family="ipv6", mcast_resolicit=0, answers=0, **LOST, sabotage=ONCE),
        Case("1-found-ipv6", family="ipv6", mcast_resolicit=1, answers=1, **FOUND, sabotage=NEVER),
    ],
)
def moved_host_is_found_by_broadcast(victim, peer, *, mcast_resolicit, answers, path, locktime_ms=0):
    victim.conf(delay_first_probe_time_ms=40, retrans_time_ms=40, mcast_resolicit=mcast_resolicit)
    victim.conf(locktime_ms=locktime_ms)
    victim.neigh_set(peer.addr, OTHER, state=NUD.STALE)
    capture = peer.capture()

    victim.udp(peer.addr).send()

    victim.expect(peer.addr, *path)
    capture.expect(answers, "sent", lladdr=peer.lladdr, dst=victim.lladdr)

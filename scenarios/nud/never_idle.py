"""With reachable time below delay_first_probe_time an idle neighbour never gets STALE: it is probed for ever.

When reachable time is over, neigh_timer_handler asks whether the entry was used within delay_first_probe_time; if so
it becomes DELAY instead of STALE, and PROBE after that. A confirmation counts as use. So, with the two times the
wrong way round, the answer to one probe is the reason for the next one, and the entry goes round REACHABLE, DELAY and
PROBE although nobody sends a packet. Many believe that the kernel leaves idle neighbours alone, and lower
base_reachable_time to find dead ones sooner. In practice: base_reachable_time below 5 s with the default
delay_first_probe_time of 5 s costs one unicast request per neighbour every few seconds, for ever; lower both.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, Sabotage, scenario

REACHABLE, PROBE = NUD.REACHABLE, NUD.PROBE
ROUNDS = 3


@scenario(
    topology=TwoHosts,
    proves=["nud/never-idle"],
    kernel="neigh_timer_handler",
    cases=[
        Case("ipv4"),
        Case("ipv6", family="ipv6"),
    ],
    sabotage=Sabotage(knobs={"delay_first_probe_time_ms": 8}),
)
def idle_entry_is_probed_for_ever(victim, peer):
    victim.conf(base_reachable_time_ms=40, delay_first_probe_time_ms=80)

    victim.ping(peer.addr)
    capture = victim.capture()

    victim.expect(peer.addr, *[REACHABLE, PROBE] * ROUNDS, lladdr=peer.lladdr, within_ms=4000)
    capture.expect(range(ROUNDS, 100), "sent", target=peer.addr, dst=peer.lladdr, is_solicitation=True)

"""A neighbour ages from REACHABLE to STALE, is used on trust in DELAY, and is asked by unicast in PROBE.

Three clocks drive neigh_timer_handler. Without a confirmation the entry is REACHABLE for a random 0.5 to 1.5 times
base_reachable_time, then STALE. STALE runs no timer; the next packet leaves at once for the old address and makes
the entry DELAY (__neigh_event_send). Only if delay_first_probe_time passes without a confirmation the kernel asks -
PROBE - and not by broadcast: the address is known, so unicast requests to it suffice, and the answer makes the entry
REACHABLE again. Many believe that a STALE entry must be resolved before it can be used, or that it is dead. In
practice: a table full of STALE entries is healthy, and the periodic unicast requests between old acquaintances in a
capture are this cycle.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, Sabotage, scenario


@scenario(
    topology=TwoHosts,
    proves=["nud/life-cycle"],
    kernel="neigh_timer_handler, __neigh_event_send, neigh_probe",
    cases=[
        Case("ipv4", question="arp-request"),
        Case("ipv6", family="ipv6", question="ns"),
    ],
    sabotage=Sabotage(knobs={"ucast_solicit": 0}),
)
def neighbour_ages_and_is_confirmed_by_unicast(victim, peer, *, question):
    victim.conf(base_reachable_time_ms=200, delay_first_probe_time_ms=60)

    victim.ping(peer.addr)
    victim.expect(peer.addr, NUD.REACHABLE, NUD.STALE, lladdr=peer.lladdr)
    capture = victim.capture()
    victim.ping(peer.addr)

    victim.expect(peer.addr, NUD.DELAY, NUD.PROBE, NUD.REACHABLE, lladdr=peer.lladdr)
    capture.expect(1, "sent", kind=question, target=peer.addr, dst=peer.lladdr)
    capture.expect(0, "sent", kind=question, is_broadcast=True)

"""Reachable time is 0.5 to 1.5 times base_reachable_time, drawn once for a device at each write of it.

neigh_rand_reach_time draws it, so that the hosts of a LAN do not ask all at the same moment (RFC 4861 wants that). It
belongs to the interface's parameters: all entries of a device have the same reachable time, and only writing
base_reachable_time - the same value counts - or five minutes (neigh_periodic_work) change it. Many believe that each
entry throws its own dice, or that base_reachable_time is what an entry gets. In practice: entries that were confirmed
together become STALE together, and "30 seconds" means anything between 15 and 45.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, OTHER, Case, Sabotage, flood, scenario

BASE_MS, DRAWS, ENTRIES = 320, 100, 20
SHORTEST, LONGEST = range(BASE_MS // 2, BASE_MS * 3 // 4), range(BASE_MS * 5 // 4, BASE_MS * 3 // 2)


@scenario(
    topology=TwoHosts,
    proves=["nud/random-reachable-time"],
    kernel="neigh_rand_reach_time, neightbl_set, neigh_timer_handler",
    cases=[Case("ipv4", first="192.0.2.101"), Case("ipv6", family="ipv6", first="2001:db8::101")],
    sabotage=Sabotage(knobs={"base_reachable_time_ms": BASE_MS // 8}),
)
def reachable_time_is_drawn_for_the_device(victim, lab, *, first):
    victim.conf(delay_first_probe_time_ms=0)  # or an entry that is so new would count as used, and go to DELAY
    drawn = []
    for _ in range(DRAWS):
        victim.conf(base_reachable_time_ms=BASE_MS)
        drawn.append(victim.reachable_time_ms())

    addrs = flood.addresses(first, ENTRIES)
    for addr in addrs:
        victim.neigh_set(addr, OTHER, state=NUD.REACHABLE)

    lab.expect("shortest of all drawn, ms", min(drawn), SHORTEST)
    lab.expect("longest of all drawn, ms", max(drawn), LONGEST)
    victim.expect(addrs[0], NUD.STALE)
    for addr in addrs[1:]:
        victim.expect(addr, NUD.STALE, within_ms=BASE_MS * 2 // 3)

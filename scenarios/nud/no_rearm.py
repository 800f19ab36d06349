"""Lowering a timer does not shorten what is already waiting for it: the entry keeps the time that it began with.

neigh_add_timer computes the moment once, when the entry enters REACHABLE, DELAY or INCOMPLETE, from the parameters of
that moment. Writing base_reachable_time, delay_first_probe_time or retrans_time changes numbers, not timers: no code
walks the entries. Only what starts a timer afterwards - another entry, or the same one's next state - uses the new
value. Many believe that a setting acts at once on the whole table. In practice: tune before there is traffic; after
lowering base_reachable_time on a running host, `ip neigh flush` applies it, or up to 45 seconds of patience do.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

LONG_MS, SHORT_MS = 60_000, 40
REACHABLE = {
    "timer": "base_reachable_time_ms", "begin": NUD.REACHABLE, "waits": NUD.REACHABLE,
    "then": NUD.DELAY,  # not STALE: it was used within delay_first_probe_time
    "sabotage": Sabotage(knobs={"base_reachable_time_ms": SHORT_MS}),
}  # fmt: skip
DELAY = {
    "timer": "delay_first_probe_time_ms", "begin": NUD.STALE, "waits": NUD.DELAY, "then": NUD.PROBE,
    "sabotage": Sabotage(knobs={"delay_first_probe_time_ms": SHORT_MS}),
}  # fmt: skip
INCOMPLETE = {
    "timer": "retrans_time_ms", "begin": NUD.FAILED, "waits": NUD.INCOMPLETE, "then": NUD.FAILED,
    "sabotage": Sabotage(knobs={"retrans_time_ms": SHORT_MS}),
}  # fmt: skip
V4 = {"before": ON_LINK, "after": "192.0.2.98"}
V6 = {"before": ON_LINK6, "after": "2001:db8::98", "family": "ipv6"}


@scenario(
    topology=TwoHosts,
    proves=["nud/no-rearm"],
    kernel="neigh_add_timer, neigh_timer_handler, neightbl_set",
    cases=[
        Case("base-reachable-time", **REACHABLE, **V4),
        Case("delay-first-probe-time", **DELAY, **V4),
        Case("retrans-time", **INCOMPLETE, **V4),
        Case("base-reachable-time-ipv6", **REACHABLE, **V6),
        Case("delay-first-probe-time-ipv6", **DELAY, **V6),
        Case("retrans-time-ipv6", **INCOMPLETE, **V6),
    ],
)
def lowered_timer_is_not_rearmed(victim, *, timer, begin, waits, then, before, after):
    victim.conf(**{timer: LONG_MS}, mcast_solicit=1)
    victim.neigh_set(before, OTHER, state=begin)
    victim.udp(before).send()

    victim.conf(**{timer: SHORT_MS})
    victim.neigh_set(after, OTHER, state=begin)
    victim.udp(after).send()

    victim.expect(after, then)
    victim.hold(before, waits, for_ms=2 * SHORT_MS)

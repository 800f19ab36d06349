"""A managed entry is checked again every few seconds for ever, and one that has failed is asked for again.

neigh_managed_work runs each interval_probe_time_ms (5 s) through the managed_list and acts as if a packet had come
for each entry: STALE goes through DELAY and PROBE back to REACHABLE, FAILED is resolved anew. The interval is that of
the table's default parameters in the initial namespace, whatever the device's own says. An entry without the flag
would stay STALE, or FAILED, until somebody uses it. Managed entries are not spared by collection: one that is FAILED
may be gone before its turn, unless it is externally learned as well. Many believe that the kernel never asks without
a reason. In practice: a managed next hop that comes back is found within seconds, and each managed entry costs a
question every interval, also on a quiet network.
"""

from neighlab.topologies import TwoHosts

from neighlab import NTF, NUD, ON_LINK, Case, Sabotage, scenario

INTERVAL_MS, QUESTIONS = 5000, 3
REACHABLE, STALE, PROBE, FAILED = NUD.REACHABLE, NUD.STALE, NUD.PROBE, NUD.FAILED


@scenario(
    topology=TwoHosts,
    proves=["nud/managed"],
    kernel="neigh_managed_work, neigh_event_send_probe, neigh_timer_handler",
    cases=[
        Case("stale", addr="192.0.2.2", first=[REACHABLE, STALE], again=[PROBE, REACHABLE], asked=2, since="5.16"),
        Case(
            "failed", addr=ON_LINK, first=[FAILED], again=[FAILED], asked=QUESTIONS + 1, since="5.16",
            flags=NTF.MANAGED | NTF.EXT_LEARNED, sabotage=Sabotage(params={"flags": NTF.USE | NTF.EXT_LEARNED}),
        ),
        Case(
            "stale-ipv6", addr="2001:db8::2", first=[REACHABLE, STALE], again=[PROBE, REACHABLE], asked=2, since="5.16",
            family="ipv6",
        ),
    ],
    sabotage=Sabotage(params={"flags": NTF.USE}),
)  # fmt: skip
def managed_entry_is_asked_for_again(victim, *, addr, first, again, asked, flags=NTF.MANAGED):
    victim.conf(base_reachable_time_ms=200, delay_first_probe_time_ms=40, retrans_time_ms=40, mcast_solicit=QUESTIONS)
    capture = victim.capture()

    victim.neigh_set(addr, state=NUD.NONE, flags=flags)
    victim.expect(addr, *first)

    capture.expect(range(asked, 100), "sent", target=addr, is_solicitation=True, within_ms=INTERVAL_MS + 2000)
    victim.expect(addr, *again)

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
AGES = {"first": STALE, "again": [PROBE, REACHABLE], "asked": 1 + 1}
FAILS = {"first": FAILED, "again": [FAILED], "asked": QUESTIONS + 1, "flags": NTF.EXT_LEARNED}


@scenario(
    topology=TwoHosts,
    family="dual",
    proves=["nud/managed"],
    kernel="neigh_managed_work, neigh_event_send_probe, neigh_timer_handler",
    cases=[
        # the interval is the kernel's own, and long: all wait for one
        Case("stale-and-failed", entries={"192.0.2.2": AGES, "2001:db8::2": AGES, ON_LINK: FAILS}, since="5.16"),
    ],
    sabotage=Sabotage(params={"managed": NTF.USE}),
)
def managed_entries_are_asked_for_again(victim, *, entries, managed=NTF.MANAGED):
    victim.conf(base_reachable_time_ms=200, delay_first_probe_time_ms=40, retrans_time_ms=40, mcast_solicit=QUESTIONS)
    capture = victim.capture()

    for addr, entry in entries.items():
        victim.neigh_set(addr, state=NUD.NONE, flags=managed | entry.get("flags", NTF.NONE))
    for addr, entry in entries.items():
        victim.expect(addr, entry["first"])

    soon, asked = INTERVAL_MS + 2000, sum(entry["asked"] for entry in entries.values())
    capture.expect(range(asked, 100), "sent", is_solicitation=True, within_ms=soon)
    for addr, entry in entries.items():
        capture.expect(range(entry["asked"], 100), "sent", target=addr, is_solicitation=True, within_ms=soon)
        victim.expect(addr, *entry["again"], within_ms=soon)

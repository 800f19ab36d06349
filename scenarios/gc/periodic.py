"""Below gc_thresh1 nothing is ever collected; above it, old STALE and FAILED entries go with the next periodic pass.

neigh_periodic_work returns at once while the table has fewer than gc_thresh1 entries (128 by default). Above, it takes
what is FAILED or has not been used for gc_stale_time (of the device), and spares PERMANENT and externally learned
entries and all with a running timer. gc_stale_time is no life span: below gc_thresh1 a STALE entry stays for ever. Its
clock is half the *default* base_reachable_time, 15 seconds; gc_interval, which many tune, has not been read since
Linux 2.6.8. A new base_reachable_time counts after the pass that is already due, and the work is deferrable - so this
scenario waits up to the kernel's own 15 seconds (longer on an idle machine) for one pass. In practice: stale entries
in `ip neigh` of a small network are no fault, and no setting but gc_thresh1 makes them go.
"""

from neighlab.topologies import TwoHosts

from neighlab import ABSENT, NTF, NUD, OTHER, Case, Sabotage, scenario

PASSED = range(1, 1000)
HUGE, TINY = 100_000, 1
V4, V6 = "192.0.2.{}", "2001:db8::{}"


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/below-thresh1", "gc/periodic"],
    kernel="neigh_periodic_work",
    cases=[
        Case("ipv4", net=V4, gc_thresh1=TINY),
        Case("ipv6", family="ipv6", net=V6, gc_thresh1=TINY),
    ],
    sabotage=Sabotage(params={"gc_thresh1": HUGE}),
    timeout_s=90,
)
def collection_begins_at_thresh1(victim, table, *, net, gc_thresh1):
    stale, failed, used, reachable, learned, static = (net.format(number) for number in range(101, 107))
    victim.conf(gc_stale_time_ms=100, base_reachable_time_ms=600_000, delay_first_probe_time_ms=600_000)
    for addr, state in ((stale, NUD.STALE), (failed, NUD.FAILED), (used, NUD.STALE), (reachable, NUD.REACHABLE)):
        victim.neigh_set(addr, OTHER, state=state)
    victim.neigh_set(learned, OTHER, state=NUD.STALE, flags=NTF.EXT_LEARNED)
    victim.neigh_set(static, OTHER, state=NUD.PERMANENT)
    victim.udp(used).send()

    table.set(gc_thresh3=HUGE, gc_thresh2=HUGE, gc_thresh1=HUGE, base_reachable_time_ms=1000)
    table.expect(table.stats(), periodic_gc_runs=PASSED, within_ms=60_000)
    victim.expect(stale, NUD.STALE)
    victim.expect(failed, NUD.FAILED)

    table.set(gc_thresh1=gc_thresh1)
    table.expect(table.stats(), periodic_gc_runs=PASSED, within_ms=10_000)
    victim.expect(stale, ABSENT)
    victim.expect(failed, ABSENT)
    for addr, state in ((used, NUD.DELAY), (reachable, NUD.REACHABLE), (learned, NUD.STALE), (static, NUD.PERMANENT)):
        victim.expect(addr, state)

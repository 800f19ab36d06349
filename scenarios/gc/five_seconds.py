"""Above gc_thresh2, five seconds after the last time, a new entry makes the kernel collect what is older than that.

neigh_alloc asks two questions: is the table full (gc_thresh3), or is it above gc_thresh2 with the last forced
collection more than five seconds ago? Then neigh_forced_gc takes the oldest made until the table is back at gc_thresh2
- but only what has not changed (`updated`) for five seconds, has no running timer, and is not exempt. So the same
number of neighbours fails as a burst and succeeds as growth. Books say that gc_thresh2 "may be exceeded for five
seconds": no clock runs, nothing happens until somebody needs a new entry. In practice: a rollout that starts hundreds
of pods at once overflows a table that has served the same number for weeks. The two fives are constants of the kernel
(HZ * 5), which is why this scenario takes as long. The kernel's log tells of an overflow ten times in five seconds.
"""

from neighlab.topologies import TwoHosts

from neighlab import ABSENT, NTF, NUD, OTHER, Case, Sabotage, scenario

ROOM, SOFT, MORE, MOST = 60, 20, 30, 400
V4, V6 = "198.18.{}.1", "2001:db8:{}::1"


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/thresh2-forced", "gc/burst-vs-growth", "gc/thresh3-wall", "gc/exempt", "gc/timed-never"],
    kernel="neigh_alloc, neigh_forced_gc",
    cases=[
        Case("at-thresh3", net=V4, burst=MOST, fit=range(ROOM - 10, MOST), pause_ms=5200),
        Case("above-thresh2-ipv6", family="ipv6", net=V6, burst=SOFT + 10, fit=range(SOFT + 10, MOST), pause_ms=5200),
    ],
    sabotage=Sabotage(params={"pause_ms": 10}),
    timeout_s=30,
)
def growth_succeeds_where_a_burst_fails(victim, lab, table, *, net, burst, fit, pause_ms):
    victim.conf(base_reachable_time_ms=60_000)
    static, learned, reachable = (net.format(number) for number in (11, 12, 13))
    complaint = table.last_complaint()
    limit = table.room(ROOM, soft=SOFT)

    victim.neigh_set(static, OTHER, state=NUD.PERMANENT)
    victim.neigh_set(learned, OTHER, state=NUD.STALE, flags=NTF.EXT_LEARNED)
    victim.neigh_set(reachable, OTHER, state=NUD.REACHABLE)
    old, touched, *_ = made = table.fill(victim, net.format(1), burst, state=NUD.STALE)
    table.set(gc_thresh3=limit + MOST)  # a full table for five seconds would be this machine's as well
    victim.hold(old, NUD.STALE, for_ms=pause_ms)
    table.set(gc_thresh3=limit)
    victim.neigh_set(touched, victim.lladdr, state=NUD.STALE)
    grown = table.fill(victim, net.format(2), MORE, state=NUD.STALE)

    lab.expect("entries made in a burst", len(made), fit)
    lab.expect("entries made five seconds later", len(grown), range(MORE, MORE + 1))
    victim.expect(old, ABSENT)
    victim.expect(touched, NUD.STALE, lladdr=victim.lladdr)
    victim.expect(static, NUD.PERMANENT)
    victim.expect(learned, NUD.STALE, flags=NTF.EXT_LEARNED)
    victim.expect(reachable, NUD.REACHABLE)
    lab.expect("entries made in a second burst", len(table.fill(victim, net.format(3), MOST)), range(MOST))
    lab.expect("the kernel's log tells of it", table.last_complaint() > complaint, True)

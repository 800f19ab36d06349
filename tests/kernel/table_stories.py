"""What a story does with the kernel's table is there, and what it asks wrongly is refused."""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, scenario

FIRST = {4: "198.18.0.1", 6: "2001:db8:1::1"}


@scenario(
    topology=TwoHosts,
    family="dual",
    needs=("host-table",),
    timeout_s=30,
    cases=[
        Case("room", n=20, soft=None, most=200, version=4, moved={}),
        Case("soft-room", n=20, soft=10, most=15, version=4, moved={"forced_gc_runs": range(0, 1000)}),
        Case("of-the-other-family", n=20, soft=None, most=200, version=6, moved={"table_fulls": range(1, 1000)}),
        Case("counters-that-do-not-move", n=20, soft=None, most=1, version=4, moved={"res_failed": range(9000, 10000)}),
        Case("soft-beyond-hard", n=8, soft=9, most=1, version=4, moved={}),
    ],
)
def table_verbs(victim, lab, table, *, n, soft, most, version, moved):
    before = table.stats(family=version)
    log, dropped = table.last_complaint(family=version), table.discards(family=version)
    limit = table.room(n, soft=soft, family=version)
    now = table.read(family=version)
    lab.expect("thresholds", (now.thresh2, now.thresh3), (limit if soft is None else limit - n + soft, limit))

    taken = table.fill(victim, FIRST[version], most, state=NUD.REACHABLE)

    lab.expect("taken", len(taken), range(1, min(most, 4 * n) + 1))
    table.expect(before, family=version, within_ms=300, allocs=range(len(taken), 10_000), **moved)
    lab.expect("log", table.last_complaint(family=version) >= log, True)
    lab.expect("discards", table.discards(family=version) >= dropped, True)

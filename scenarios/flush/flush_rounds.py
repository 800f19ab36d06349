"""`ip -s -s neigh flush` names each entry that it deletes and counts its rounds; without -s it is silent.

A flush is a loop of the tool: dump, delete what was picked, and again, until a round finds nothing (or ten are over,
for traffic may make entries faster than that). -s tells the rounds and the number of entries, a second -s prints each
entry as it was before it went, which is the only record of it. In the kernel, each deletion is two events: FAILED,
then the end (neigh_delete). A flush is therefore not atomic: between the rounds and behind the last one entries are
made again. Many believe that an empty output means that nothing was there. In practice: use `-s -s` in scripts that
clean up after an incident, and keep what it prints.
"""

from neighlab.topologies import TwoHosts

from neighlab import ABSENT, NUD, Case, Sabotage, scenario

ADDRS, ADDRS6 = ["192.0.2.10", "192.0.2.11", "192.0.2.12"], ["2001:db8::10", "2001:db8::11", "2001:db8::12"]
ROUNDS = ["*** Round 1, deleting 3 entries ***", "*** Flush is complete after 1 round ***"]
NOT_EMPTY = Sabotage(params={"addrs": ADDRS})


@scenario(
    topology=TwoHosts,
    proves=["flush/flush-rounds"],
    kernel="neigh_dump_info, neigh_delete",
    cases=[
        Case("0-silent", options=[], addrs=ADDRS, rounds=[], named=[]),
        Case("1-rounds", options=["-s"], addrs=ADDRS, rounds=ROUNDS, named=[]),
        Case("2-rounds-and-entries", options=["-s", "-s"], addrs=ADDRS, rounds=ROUNDS, named=ADDRS),
        Case(
            "2-nothing-there",
            options=["-s", "-s"],
            addrs=[],
            rounds=["Nothing to flush."],
            named=[],
            sabotage=NOT_EMPTY,
        ),
        Case("2-ipv6", family="ipv6", options=["-s", "-s"], addrs=ADDRS6, rounds=ROUNDS, named=ADDRS6),
    ],
    sabotage=Sabotage(params={"state": NUD.PERMANENT}),
)
def flush_tells_its_rounds(victim, peer, lab, *, options, addrs, rounds, named, state=NUD.STALE):
    for addr in addrs:
        victim.neigh_set(addr, peer.lladdr, state=state)

    said = victim.run("ip", *options, "neigh", "flush", "dev", "eth0").stdout.splitlines()

    lab.expect("rounds", [line for line in said if line.startswith(("***", "Nothing"))], rounds)
    lab.expect("entries", sorted(line.split()[0] for line in said if "lladdr" in line), named)
    for addr in addrs:
        victim.expect(addr, NUD.FAILED, ABSENT)

"""`ip neigh flush` spares PERMANENT and NOARP entries, and `nud all` still spares NOARP: each must be named.

The kernel has no request that empties a table. iproute2 dumps it, picks entries by their state and deletes them one
by one; which states it picks is the tool's decision, not the kernel's: all but PERMANENT and NOARP unless `nud` says
otherwise, and never NOARP unless that is the very word. Externally learned entries it picks whatever state is named:
`nud permanent` deletes what a routing daemon put there, until that notices. Many believe that `ip neigh flush all`
leaves nothing behind; there, `all` is not a state but a device or prefix that matches everything. In practice: static
entries survive a cleaning, spoofed ones do not - and traffic makes the missing ones again at once.
"""

from neighlab.topologies import TwoHosts

from neighlab import NTF, NUD, Case, Sabotage, scenario

ENTRIES = {
    "permanent": (NUD.PERMANENT, NTF.NONE),
    "noarp": (NUD.NOARP, NTF.NONE),
    "reachable": (NUD.REACHABLE, NTF.NONE),
    "stale": (NUD.STALE, NTF.NONE),
    "failed": (NUD.FAILED, NTF.NONE),
    "extern_learn": (NUD.STALE, NTF.EXT_LEARNED),
}
SPARED = ["permanent", "noarp"]


def others(*names):
    return [name for name in ENTRIES if name not in names]


@scenario(
    topology=TwoHosts,
    proves=["flush/flush-spares"],
    kernel="neigh_dump_table, neigh_delete",
    cases=[
        Case("by-default", words=["dev", "eth0"], kept=SPARED),
        Case("all-by-word", words=["all"], kept=SPARED),
        Case("all-states", words=["dev", "eth0", "nud", "all"], kept=["noarp"]),
        Case("noarp", words=["dev", "eth0", "nud", "noarp"], kept=others("noarp", "extern_learn")),
        Case("permanent", words=["dev", "eth0", "nud", "permanent"], kept=others("permanent", "extern_learn")),
        Case("stale", words=["dev", "eth0", "nud", "stale"], kept=others("stale", "extern_learn")),
        Case("prefix", words=["to", "192.0.2.12/31"], kept=others("reachable", "stale")),
        Case("ipv6-by-default", family="ipv6", addrs="2001:db8::{}", words=["dev", "eth0"], kept=SPARED),
        Case(
            "ipv6-all-states", family="ipv6", addrs="2001:db8::{}", words=["dev", "eth0", "nud", "all"], kept=["noarp"]
        ),
    ],
    sabotage=Sabotage(params={"words": ["dev", "lo"]}),
)
def flush_spares_static_entries(victim, peer, lab, *, words, kept, addrs="192.0.2.{}"):
    mine = {name: addrs.format(number) for number, name in enumerate(ENTRIES, start=10)}
    for name, (state, flags) in ENTRIES.items():
        victim.neigh_set(mine[name], peer.lladdr, state=state, flags=flags)

    victim.run("ip", "neigh", "flush", *words)

    left = {neigh.addr for neigh in victim.neigh_dump(family=lab.version)}
    lab.expect("kept", [name for name, addr in mine.items() if addr in left], kept)

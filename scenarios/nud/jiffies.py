"""The times of a neighbour are kept in whole jiffies: what is written to them is rounded up, and read back so.

A jiffy is 4 ms where CONFIG_HZ is 250, so 12,345 ms becomes 12,348 (msecs_to_jiffies). One parameter has several files:
those without _ms show it in hundredths of a second or in whole seconds, rounded down, and IPv6's deprecated
retrans_time shows raw jiffies - with one second in it, it tells CONFIG_HZ. Many believe that a file holds what was
written, or that 1 ms can be had. In practice: a configuration manager that compares what it wrote with what it reads
finds a difference for ever, and the same test waits 4 ms on one distribution and 1 ms on another.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, scenario


@scenario(
    topology=TwoHosts,
    proves=["nud/jiffies"],
    kernel="neightbl_set, msecs_to_jiffies, ndisc_ifinfo_sysctl_change",
    family="dual",
    cases=[
        Case("12345-ms", written=12_345, seconds=12),
        Case("1999-ms", written=1999, seconds=2),
        Case("1-ms", written=1, seconds=0),
    ],
    sabotage=Sabotage(knobs={"base_reachable_time_ms": 777}),
)
def time_is_rounded_up_to_jiffies(victim, lab, *, written, seconds):
    victim.conf(family=6, retrans_time_ms=1000)
    hz = int(victim.read_sysctl(f"ipv6/neigh/{victim.ifname}/retrans_time"))

    victim.conf(base_reachable_time_ms=written)

    jiffies = -(-written * hz // 1000)
    lab.expect("read back in ms", victim.knob("base_reachable_time_ms"), -(-jiffies * 1000 // hz))
    lab.expect("read back in s", victim.knob("base_reachable_time"), seconds)

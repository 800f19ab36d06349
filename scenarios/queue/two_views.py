"""unres_qlen and unres_qlen_bytes are one setting in two units: what is written to one changes the other.

The kernel keeps bytes only. proc_unres_qlen multiplies a number of packets by the truesize of a full Ethernet frame
(SKB_TRUESIZE(ETH_FRAME_LEN), 2090 bytes on a 64-bit machine) when it is written, and divides by it, rounding down,
when it is read; netlink's NDTPA_QUEUE_LEN and NDTPA_QUEUE_LENBYTES do the same. So the default of 212992 bytes (since
4.15; 64 KiB before) reads as 101 packets, and a budget below 2090 reads as 0 though it holds a packet. Many, and
arp(7), believe in a limit of 3 packets: that was the default before 3.3. In practice: of two lines in sysctl.conf the
later wins, and "unres_qlen = 3" lets six or seven small packets wait.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, scenario

OTHERWISE = Sabotage(knobs={"unres_qlen": 50, "unres_qlen_bytes": 50_000})
FRAME = range(1514 + 1, 4096)
"""What a full Ethernet frame may cost, by architecture and version."""


def times(count):
    return range(count * FRAME.start, count * FRAME.stop)


@scenario(
    topology=TwoHosts,
    proves=["queue/two-views"],
    kernel="proc_unres_qlen, neightbl_fill_parms",
    cases=[
        Case("3-packets", settings={"unres_qlen": 3}, packets=3, size=times(3)),
        Case("101-packets", settings={"unres_qlen": 101}, packets=101, size=times(101)),
        Case("212992-bytes-are-about-100-packets", settings={"unres_qlen_bytes": 212992}, packets=range(80, 120),
             size=212992),
        Case("1000-bytes-read-as-0-packets", settings={"unres_qlen_bytes": 1000}, packets=0, size=1000),
        Case("bytes-after-packets-win", settings={"unres_qlen": 3, "unres_qlen_bytes": 0}, packets=0, size=0),
        Case("packets-after-bytes-win", settings={"unres_qlen_bytes": 0, "unres_qlen": 3}, packets=3, size=times(3)),
        Case("3-packets-ipv6", family="ipv6", settings={"unres_qlen": 3}, packets=3, size=times(3)),
        Case("0-bytes-ipv6", family="ipv6", settings={"unres_qlen_bytes": 0}, packets=0, size=0),
    ],
    sabotage=OTHERWISE,
)  # fmt: skip
def both_knobs_are_one_setting(victim, lab, *, settings, packets, size):
    victim.conf(**settings)

    lab.expect("unres_qlen", victim.knob("unres_qlen"), packets)
    lab.expect("unres_qlen_bytes", victim.knob("unres_qlen_bytes"), size)

"""However short retrans_time is written, an unanswered neighbour is not asked again within 10 ms.

With retrans_time=0 neigh_timer_handler would run again and again, and a user namespace could keep a processor busy with
it. So the handler takes the greater of retrans_time and HZ/100 jiffies, and a timer never fires early: where CONFIG_HZ
is 250, 1 ms becomes two jiffies of 4 ms and the rest of a third, 12 ms. Reading shows what was written, not what acts.
Only later questions pause, the first leaves with the packet (neigh_probe in __neigh_event_send). Many believe that
retrans_time_ms=1 makes resolution fail within a few milliseconds. In practice: a failover that waits for FAILED is not
faster than mcast_solicit (ucast_solicit in PROBE) times this, and tests should not count on less.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, scenario

ASKED = 11
V4, V6 = {"addr": ON_LINK, "question": "arp-request"}, {"addr": ON_LINK6, "question": "ns", "family": "ipv6"}


@scenario(
    topology=TwoHosts,
    proves=["nud/jiffies"],
    kernel="neigh_timer_handler, __neigh_event_send",
    cases=[
        Case("0-ipv4", retrans_time_ms=0, since="5.7", **V4),
        Case("1-ipv4", retrans_time_ms=1, since="5.7", **V4),
        Case("0-ipv6", retrans_time_ms=0, since="5.7", **V6),
        Case("1-ipv6", retrans_time_ms=1, since="5.7", **V6),
    ],
    sabotage=Sabotage(knobs={"retrans_time_ms": 300}),
)
def questions_are_never_closer_than_10_ms(victim, lab, *, retrans_time_ms, addr, question):
    victim.conf(retrans_time_ms=retrans_time_ms, mcast_solicit=ASKED)
    capture = victim.capture()

    victim.udp(addr).send()

    victim.expect(addr, NUD.FAILED, within_ms=5000)
    asked = capture.expect(ASKED, "sent", kind=question, target=addr, is_broadcast=True)
    took = round((asked[-1].at - asked[0].at) * 1000)
    lab.expect(f"{ASKED - 1} pauses together, ms", took, range(10 * (ASKED - 1), 2000))

"""A proxy answers broadcasts after a random time below proxy_delay, and unicast questions at once.

arp_process puts a question that proxy_arp would answer into a queue (pneigh_enqueue) so that the true owner, if there
is one on the wire, comes first: locktime at the asker then keeps the proxy's answer out. The time is drawn anew for
each question, from 0 up to proxy_delay (0.8 s). ARP learns the asker at once, before its answer; ND, which delays
answers to multicast solicitations in the same way, only when it answers. Many believe that the whole proxy_delay
passes. In practice: hosts behind a proxy answer their first packet late by up to 0.8 s, never twice alike; unicast
probes of known neighbours do not suffer.
"""

from neighlab.topologies import TwoLans

from neighlab import ABSENT, BROADCAST, LEARNED, NTF, Case, Sabotage, arp, ndp, scenario

NEVER = 360_000_000
"""100 hours: that a random time below it ends during a story is a matter of one in a hundred thousand."""

OUTSIDE, OUTSIDE6, ROUTER = "198.51.100.1", "2001:db8:1::1", "00:00:5e:00:53:fe"
DELAYED, HURRIED = Sabotage(knobs={"proxy_delay_ms": NEVER}), Sabotage(knobs={"proxy_delay_ms": 0})


def question(asker, to):
    return arp.request(OUTSIDE, sender=asker.addr, lladdr=asker.lladdr, to=to)


def solicitation(asker, to):
    return ndp.ns(OUTSIDE6, sender=asker.addr, lladdr=asker.lladdr, to=None if to == BROADCAST else to)


V4 = {"addr": OUTSIDE, "frame": question, "kind": "arp-reply"}
V6 = {"family": "ipv6", "addr": OUTSIDE6, "frame": solicitation, "kind": "na", "knobs": {"proxy_ndp": 1}}


@scenario(
    topology=TwoLans,
    proves=["arp/proxy-delay"],
    kernel="arp_process, ndisc_recv_ns, pneigh_enqueue, neigh_proxy_process",
    cases=[
        Case("0-broadcast-at-once", delay_ms=0, to=BROADCAST, answers=1, **V4, sabotage=DELAYED),
        Case("100-broadcast-soon", delay_ms=100, to=BROADCAST, answers=1, within_ms=2000, **V4, sabotage=DELAYED),
        Case("never-broadcast", delay_ms=NEVER, to=BROADCAST, answers=0, **V4, sabotage=HURRIED),
        Case("never-unicast-at-once", delay_ms=NEVER, to=ROUTER, answers=1, **V4,
             sabotage=Sabotage(params={"to": BROADCAST})),
        Case("ipv6-0-multicast-at-once", delay_ms=0, to=BROADCAST, answers=1, **V6, sabotage=DELAYED),
        Case("ipv6-100-multicast-soon", delay_ms=100, to=BROADCAST, answers=1, within_ms=2000, **V6, sabotage=DELAYED),
        Case("ipv6-never-multicast", delay_ms=NEVER, to=BROADCAST, answers=0, learned=ABSENT, **V6, sabotage=HURRIED),
        Case("ipv6-never-unicast-at-once", delay_ms=NEVER, to=ROUTER, answers=1, **V6,
             sabotage=Sabotage(params={"to": BROADCAST})),
    ],
)  # fmt: skip
def proxy_delays_answers_to_broadcasts(
    router, neighbour, *, delay_ms, to, answers, addr, frame, kind, knobs=(), learned=LEARNED, within_ms=0
):
    router.conf(forwarding=1, proxy_delay_ms=delay_ms, **dict(knobs))
    router.neigh_set(addr, flags=NTF.PROXY)
    capture = router.capture()

    neighbour.send(frame(neighbour, to))
    neighbour.fence(router, by="marker")

    router.expect(neighbour.addr, learned, within_ms=500)
    capture.expect(answers, "sent", kind=kind, src=router.lladdr, within_ms=within_ms)

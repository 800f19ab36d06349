"""No more than proxy_qlen and one questions wait for a proxy's delayed answer; the others are dropped unanswered.

pneigh_enqueue refuses a question when more than proxy_qlen (64) of its interface wait already; the comparison is made
before the new one is counted, hence the one more. Nobody hears of the loss: the asker is learned all the same, and
will ask again after a second. The queue is one for the whole kernel, the count is kept for each interface (before 6.1
it was not). Many believe that proxy ARP, being stateless, scales with the wire. In practice: after a power cut
hundreds of hosts ask a proxy at once, most of them in vain; proxy_delay=0 needs no queue.
"""

from neighlab.topologies import TwoLans

from neighlab import LEARNED, Case, Sabotage, arp, flood, scenario

TARGETS, DELAY_MS = 40, 400
FEW, MOST = range(1, 20), range(20, TARGETS + 1)
"""One that draws a short delay leaves while others still come, and makes room."""


@scenario(
    topology=TwoLans,
    proves=["arp/proxy-delay"],
    kernel="pneigh_enqueue, arp_process",
    cases=[
        Case("2-few-wait", proxy_qlen=2, answers=FEW, sabotage=Sabotage(knobs={"proxy_qlen": 64})),
        Case("64-all-wait", proxy_qlen=64, answers=MOST, sabotage=Sabotage(knobs={"proxy_qlen": 2})),
    ],
)
def queue_of_a_proxy_is_bounded(router, neighbour, *, proxy_qlen, answers):
    router.conf(proxy_arp=1, forwarding=1, proxy_qlen=proxy_qlen, proxy_delay_ms=DELAY_MS)
    capture = router.capture()

    question = arp.request("198.51.100.1", sender=neighbour.addr, lladdr=neighbour.lladdr)
    for one in flood.variants(question, TARGETS, vary=["target"]):
        neighbour.send(one)  # and no flood: captures do not hear what is answered meanwhile
    neighbour.fence(router)
    router.hold(neighbour.addr, LEARNED, for_ms=DELAY_MS + 100)

    capture.expect(answers, "sent", kind="arp-reply", target=neighbour.addr, within_ms=0)

"""With medium_id a proxy is silent between interfaces of one number, and at -1; 0 where it is asked frees it.

Two interfaces of a router may lie on one medium, a radio cell or one switch: who is asked on one of them and would
forward to the other need not answer, the owner has heard the question too. arp_fwd_proxy compares the numbers of the
interface that was asked and of the one that the route leaves by. The rules are not symmetric: 0 where the question
arrived answers always, 0 where the route leaves is a medium like any other; -1 on either silences. The default is 0,
so proxy_arp knows nothing of media. Many believe that this is a description of the network; it is a filter, and only
of proxy_arp. In practice: a router with two legs in one broadcast domain and proxy_arp claims the hosts of either
side, until its legs have one number.
"""

from neighlab.topologies import TwoLans

from neighlab import Case, Sabotage, arp, scenario

OUTSIDE = "198.51.100.1"
FREE, SAME = Sabotage(params={"asked": 0, "leaves": 0}), Sabotage(params={"asked": 5, "leaves": 5})


@scenario(
    topology=TwoLans,
    proves=["arp/medium-id"],
    kernel="arp_fwd_proxy",
    cases=[
        Case("0-0-answers", asked=0, leaves=0, answers=1, sabotage=SAME),
        Case("0-5-answers", asked=0, leaves=5, answers=1, sabotage=SAME),
        Case("0-minus-answers", asked=0, leaves=-1, answers=1, sabotage=SAME),
        Case("5-5-silent", asked=5, leaves=5, answers=0, sabotage=FREE),
        Case("5-6-answers", asked=5, leaves=6, answers=1, sabotage=SAME),
        Case("5-0-answers", asked=5, leaves=0, answers=1, sabotage=SAME),
        Case("5-minus-silent", asked=5, leaves=-1, answers=0, sabotage=FREE),
        Case("minus-5-silent", asked=-1, leaves=5, answers=0, sabotage=FREE),
        Case("minus-0-silent", asked=-1, leaves=0, answers=0, sabotage=FREE),
    ],
)
def proxy_answers_between_different_media(router, neighbour, *, asked, leaves, answers):
    router.conf(proxy_arp=1, forwarding=1, proxy_delay_ms=0, medium_id=asked)
    router.conf(dev="eth1", medium_id=leaves)
    capture = router.capture()

    neighbour.send(arp.request(OUTSIDE, sender=neighbour.addr, lladdr=neighbour.lladdr))
    neighbour.fence(router)

    capture.expect(answers, "sent", kind="arp-reply", sender=OUTSIDE, within_ms=0)

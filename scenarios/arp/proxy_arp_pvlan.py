"""proxy_arp_pvlan answers for everything behind the interface that was asked, and for nothing behind another.

It is the mirror image of proxy_arp: arp_fwd_pvlan claims a target whose route leaves by the interface that heard the
question. It is meant for switches whose ports may talk to the router only (private VLAN, RFC 3069): hosts of one
subnet do not hear each other, so the router answers for them and forwards. The router cannot know which neighbours do
hear each other: on an ordinary LAN it competes with the true owner of every address, also of free ones. An
announcement (the sender is the target) is not answered, so no duplicate is feigned. Many believe that it includes
proxy_arp. In practice: set it where the switch isolates its ports, and turn send_redirects off; elsewhere it draws
the LAN's traffic to the router.
"""

from neighlab.topologies import TwoLans

from neighlab import ABSENT, NUD, ON_LINK, Case, Sabotage, arp, scenario

OUTSIDE, INSIDE, NOWHERE = "198.51.100.1", "192.0.2.1", "203.0.113.9"
PVLAN = {"proxy_arp_pvlan": 1, "forwarding": 1}
ANSWERED, SILENT = {"answers": 1, "learned": NUD.STALE}, {"answers": 0, "learned": ABSENT}
OFF, NEAR = Sabotage(knobs={"proxy_arp_pvlan": 0}), Sabotage(params={"target": INSIDE})


def question(asker, target):
    return arp.request(target, sender=asker.addr, lladdr=asker.lladdr)


def announcement(asker, target):
    return arp.announcement(target, lladdr=asker.lladdr)


@scenario(
    topology=TwoLans,
    proves=["arp/proxy-arp-pvlan"],
    kernel="arp_process, arp_fwd_pvlan",
    cases=[
        Case("same-side", knobs=PVLAN, target=INSIDE, **ANSWERED, sabotage=OFF),
        Case("same-side-free", knobs=PVLAN, target=ON_LINK, **ANSWERED, sabotage=OFF),
        Case("behind", knobs=PVLAN, target=OUTSIDE, **SILENT, sabotage=NEAR),
        Case("behind-with-proxy-arp", knobs=PVLAN | {"proxy_arp": 1}, target=OUTSIDE, **ANSWERED,
             sabotage=Sabotage(knobs={"proxy_arp": 0})),
        Case("no-route", knobs=PVLAN, target=NOWHERE, **SILENT, sabotage=NEAR),
        Case("no-forwarding", knobs=PVLAN | {"forwarding": 0}, target=INSIDE, **SILENT,
             sabotage=Sabotage(knobs={"forwarding": 1})),
        Case("announcement", knobs=PVLAN, target=ON_LINK, frame=announcement, **SILENT,
             sabotage=Sabotage(params={"frame": question})),
    ],
)  # fmt: skip
def router_answers_for_the_same_side(router, neighbour, *, knobs, target, answers, learned, frame=question):
    router.conf(**{"proxy_delay_ms": 0, **knobs})
    capture = router.capture()

    neighbour.send(frame(neighbour, target))
    neighbour.fence(router)

    capture.expect(answers, "sent", kind="arp-reply", sender=target, lladdr=router.lladdr, within_ms=0)
    router.expect(neighbour.addr, learned)

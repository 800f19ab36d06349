"""With proxy_arp and forwarding a router answers for what lies behind another interface, and learns who asked.

arp_process routes the target like a packet: if it would leave by another interface (arp_fwd_proxy) and forwarding is
on, the router claims the address with its own link-layer address, and the asker becomes a STALE neighbour. Addresses
on the asker's own side are not answered, and a probe from 0.0.0.0 is not either - but an announcement is: whoever
takes an address that is also routed elsewhere hears the router claim it. arp(7) speaks of a "proxy entry" that is
made by this; there is none. Without proxy_delay=0 a broadcast is answered after up to 0.8 s. In practice: hosts with a
wrong netmask seem to work, the mistake shows when proxy_arp is off; and conflict detection by announcement finds
duplicates that do not exist.
"""

from neighlab.topologies import TwoLans

from neighlab import ABSENT, NUD, Case, Sabotage, arp, scenario

OUTSIDE, INSIDE, NOWHERE = "198.51.100.1", "192.0.2.1", "203.0.113.9"
ROUTER = {"proxy_arp": 1, "forwarding": 1}
ANSWERED, SILENT = {"answers": 1, "learned": NUD.STALE}, {"answers": 0, "learned": ABSENT}
DISTANT = Sabotage(params={"target": OUTSIDE})


def question(asker, target):
    return arp.request(target, sender=asker.addr, lladdr=asker.lladdr)


def probe(asker, target):
    return arp.probe(target, lladdr=asker.lladdr)


def announcement(asker, target):
    return arp.announcement(target, lladdr=asker.lladdr)


@scenario(
    topology=TwoLans,
    proves=["arp/proxy-arp", "arp/proxy-dad"],
    kernel="arp_process, arp_fwd_proxy",
    cases=[
        Case("behind", knobs=ROUTER, **ANSWERED, sabotage=Sabotage(knobs={"proxy_arp": 0})),
        Case("same-side", knobs=ROUTER, target=INSIDE, **SILENT, sabotage=DISTANT),
        Case("no-route", knobs=ROUTER, target=NOWHERE, **SILENT, sabotage=DISTANT),
        Case("no-forwarding", knobs=ROUTER | {"forwarding": 0}, **SILENT, sabotage=Sabotage(knobs={"forwarding": 1})),
        Case("no-proxy-arp", knobs=ROUTER | {"proxy_arp": 0}, **SILENT, sabotage=Sabotage(knobs={"proxy_arp": 1})),
        Case("probe", knobs=ROUTER, frame=probe, **SILENT, sabotage=Sabotage(frames={"0.0.0.0": "192.0.2.2"})),
        Case(
            "announcement", knobs=ROUTER, frame=announcement, teller=OUTSIDE, **ANSWERED,
            sabotage=Sabotage(knobs={"proxy_arp": 0}),
        ),
    ],
)  # fmt: skip
def router_answers_for_what_is_behind_it(
    router, neighbour, *, knobs, answers, learned, target=OUTSIDE, frame=question, teller="192.0.2.2"
):
    router.conf(**{"proxy_delay_ms": 0, **knobs})
    capture = router.capture()

    neighbour.send(frame(neighbour, target))
    neighbour.fence(router)

    capture.expect(answers, "sent", kind="arp-reply", sender=target, lladdr=router.lladdr, within_ms=0)
    router.expect(teller, learned)

"""Proxy ND answers for an address only with proxy_ndp, forwarding and an entry for it - and then even a DAD probe.

ndisc_recv_ns takes three conditions together: the interface forwards, proxy_ndp is on (there or in `all`), and the
proxy table has the target. An entry alone makes the router join the target's solicited-node group
(pndisc_constructor), so it hears the question and stays silent. There is no counterpart of proxy_arp, which claims
whatever is routed; and no route is asked: an entry is answered for also when nothing leads there. The advertisement
comes without the override flag (RFC 4861, 7.2.8), so the true owner wins. Unlike proxy ARP it answers probes from ::,
so whoever takes the address on this link finds a duplicate. Many believe that proxy_ndp=1 is to IPv6 what proxy_arp=1
is to IPv4. In practice: one `ip neigh add proxy` per address, or a daemon (ndppd) that does it.
"""

from neighlab.topologies import TwoLans

from neighlab import NTF, Case, Sabotage, ndp, scenario

OUTSIDE, NOWHERE, INSIDE = "2001:db8:1::1", "2001:db8:ffff::9", "2001:db8::1"
FULL = {"forwarding": 1, "proxy_ndp": 1}


def question(asker, target):
    return ndp.ns(target, sender=asker.addr, lladdr=asker.lladdr)


def probe(asker, target):
    return ndp.dad(target, lladdr=asker.lladdr)


def lacking(name):
    return Sabotage(knobs={name: 0})


def having(name):
    return Sabotage(knobs={name: 1})


@scenario(
    topology=TwoLans,
    family="ipv6",
    proves=["arp/proxy-ndp"],
    kernel="ndisc_recv_ns, pndisc_is_router, pndisc_constructor",
    cases=[
        Case("entry", knobs=FULL, answers=1, sabotage=lacking("proxy_ndp")),
        Case("no-entry", knobs=FULL, entry="2001:db8:1::2", answers=0, sabotage=Sabotage(params={"entry": OUTSIDE})),
        Case("no-proxy-ndp", knobs=FULL | {"proxy_ndp": 0}, answers=0, sabotage=having("proxy_ndp")),
        Case("no-forwarding", knobs=FULL | {"forwarding": 0}, answers=0, sabotage=having("forwarding")),
        Case("no-route", knobs=FULL, entry=NOWHERE, target=NOWHERE, answers=1, sabotage=lacking("proxy_ndp")),
        Case("same-side", knobs=FULL, entry=INSIDE, target=INSIDE, answers=1, sabotage=lacking("proxy_ndp")),
        Case("dad", knobs=FULL, frame=probe, answers=1, solicited=False, sabotage=lacking("proxy_ndp")),
    ],
)
def proxy_nd_needs_knob_forwarding_and_entry(
    router, neighbour, *, knobs, answers, entry=OUTSIDE, target=OUTSIDE, frame=question, solicited=True
):
    router.conf(proxy_delay_ms=0, **knobs)
    router.neigh_set(entry, flags=NTF.PROXY)
    capture = router.capture()

    neighbour.send(frame(neighbour, target))
    neighbour.fence(router)

    capture.expect(
        answers,
        "sent",
        kind="na",
        target=target,
        lladdr=router.lladdr,
        solicited=solicited,
        override=False,
        within_ms=0,
    )

"""An own address for which a host is silent is answered for, and the asker learned, once the one knob explained is 0.

Three settings silence a host for its own addresses: arp_ignore by the target, arp_filter by the route back to the
asker, rp_filter by the same route, but inside the routing code (fib_validate_source). Whichever it is, the asker is
not learned either. Each counts for all and the interface together, so the explanation says where it is set. Many
believe that they are three names of one thing and set them all: but a host with rp_filter=1 is silent whatever
arp_filter says, and rp_filter=2 cares only whether there is a way back at all, where arp_filter wants it on this very
interface. In practice: each of them is enough to lose an answer on a host with two interfaces, and none is counted.
"""

from neighlab.topologies import TwoNics

from neighlab import EVIL, NUD, OFF_LINK, Case, Sabotage, arp, scenario

HERE, OTHER_NIC, HOST_SCOPE = "192.0.2.1", "192.0.2.11", "192.0.2.60"
NEAR, FAR = "192.0.2.2", "192.0.2.130"


def on(dev, **knob):
    return {"dev": dev, "knob": knob, "sabotage": Sabotage(knobs=knob)}


@scenario(
    topology=TwoNics,
    proves=["why/arp-answer"],
    kernel="arp_ignore, arp_filter, fib_validate_source",
    cases=[
        Case("arp-ignore-1-other-nic", check="arp-ignore", target=OTHER_NIC, **on("eth0", arp_ignore=1)),
        Case("arp-ignore-2-other-subnet", check="arp-ignore", sender=OFF_LINK, **on("eth0", arp_ignore=2)),
        Case("arp-ignore-3-host-scope", check="arp-ignore", target=HOST_SCOPE, **on("eth0", arp_ignore=3)),
        Case("arp-ignore-8", check="arp-ignore", **on("eth0", arp_ignore=8)),
        Case("arp-ignore-8-of-all", check="arp-ignore", **on("all", arp_ignore=8)),
        Case("arp-filter-routed-elsewhere", check="arp-filter", sender=FAR, **on("eth0", arp_filter=1)),
        Case("arp-filter-no-route", check="arp-filter", sender=OFF_LINK, **on("eth0", arp_filter=1)),
        Case("arp-filter-of-all", check="arp-filter", sender=FAR, **on("all", arp_filter=1)),
        Case("rp-filter-1-routed-elsewhere", check="rp-filter", sender=FAR, **on("eth0", rp_filter=1)),
        Case("rp-filter-1-of-all", check="rp-filter", sender=FAR, **on("all", rp_filter=1)),
        Case("rp-filter-2-no-route", check="rp-filter", sender=OFF_LINK, **on("eth0", rp_filter=2)),
    ],
)
def knob_is_all_that_silences(server, client, *, check, dev, knob, sender=NEAR, target=HERE):
    server.add_addr(f"{HOST_SCOPE}/32", dev="lo", host_scope=True)
    server.add_route("192.0.2.0/25", dev="eth0")
    server.add_route("192.0.2.128/25", dev="eth1")
    server.conf(dev=dev, **knob)
    capture = server.capture()
    question = arp.request(target, sender=sender, lladdr=EVIL, to=server.lladdr)
    foreseen = server.explain(question)

    client.send(question)
    client.fence(server, by="marker")
    capture.expect(0, "sent", kind="arp-reply", within_ms=0)
    server.expect_ignored(foreseen, check)

    client.send(foreseen.remedied())
    client.fence(server, by="marker")
    capture.expect(1, "sent", kind="arp-reply", sender=target, target=sender, within_ms=0)
    server.expect(sender, NUD.STALE, lladdr=EVIL, within_ms=0)

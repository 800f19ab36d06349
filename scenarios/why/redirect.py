"""A redirect writes its entry once the one cause explained is removed.

The sender has to be link-local, the next hop a router by its link-local address or the destination itself, the
receiver a host that takes redirects, and the sender the gateway of some route to the destination (ndisc_redirect_rcv,
rt6_do_redirect, __ip6_route_redirect). Many believe that the gateway has to be that of the best route: shorter ones
count as well. In practice: an explanation that ends with "is not the gateway" names the routes that were looked at.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, NUD, Case, Sabotage, ndp, reframe, scenario

GATEWAY, STRANGER, FAR, FURTHER = "fe80::200", "fe80::201", "2001:db8:1::9", "2001:db8:2::9"
ROUTED, REFUSING = {"forwarding": 1}, {"accept_redirects": 0}


@scenario(
    topology=AttackerOnWire,
    family="ipv6",
    proves=["why/redirect"],
    kernel="ndisc_redirect_rcv, ndisc_parse_options, rt6_do_redirect, __ip6_route_redirect",
    cases=[
        Case("sender", check="sender-not-link-local", wrong={"sender": "2001:db8::2"}),
        Case("group", check="group-destination", wrong={"destination": "ff02::5"}),
        Case("target", check="target-not-link-local", wrong={"target": FURTHER}),
        Case("router", check="redirected-router", knobs=ROUTED, sabotage=Sabotage(knobs=ROUTED)),
        Case("accept-redirects-0", check="accept-redirects", knobs=REFUSING, sabotage=Sabotage(knobs=REFUSING)),
        Case("another-gateway", check="not-the-gateway", wrong={"sender": STRANGER}),
        Case("to-a-router", check="not-the-gateway", wrong={"sender": STRANGER, "target": STRANGER}, learned=STRANGER),
        Case("no-route", check="not-the-gateway", wrong={"destination": FURTHER, "target": FURTHER}, learned=FURTHER),
        Case("truncated", check="truncated", wrong={"length": 30}),
        Case("bad-options", check="bad-options", wrong={"tlla": bytes([2, 0, *bytes(6)])}),
        Case("lladdr-length", check="lladdr-length", wrong={"tlla": bytes([2, 2, *bytes(14)])}),
    ],
    sabotage=Sabotage(params={"wrong": ()}),
)
def right_redirect_is_all_that_lacks(victim, attacker, *, check, wrong=(), knobs=(), learned=FAR):
    victim.conf(**dict(knobs))
    victim.add_route("2001:db8:1::/64", via=GATEWAY, dev="eth0")
    right = ndp.redirect(FAR, sender=GATEWAY, lladdr=EVIL, dst=victim.addr, to=victim.lladdr)
    frame = reframe.changed(right, dict(wrong))
    foreseen = victim.explain(frame)

    attacker.send(frame)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(learned, NUD.STALE, lladdr=EVIL, within_ms=0)

"""A redirect writes an entry for the next hop that it names, and the traffic follows: believed from a gateway alone.

rt6_do_redirect makes the target STALE at the link-layer address of the option, a router unless it is the destination
itself, and the next packet goes there. Whoever says so must be, by its link-local address on the link, the gateway of a
route to the destination - not of the best one (__ip6_route_redirect looks on in shorter prefixes), so that a default
gateway redirects neighbours on the link, too. Routers take no redirects, nor does who has accept_redirects=0. Many
believe that a static entry for the gateway protects the way through it, and that what is on the link cannot be
redirected. In practice: one frame in the gateway's name takes a destination away without touching the gateway's entry;
"ip -6 route get" shows the redirected route, "ip neigh" the entry.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import ABSENT, EVIL, NTF, NUD, OTHER, Case, Sabotage, ndp, scenario

GATEWAY, BETTER, FAR, NEAR = "fe80::200", "fe80::201", "2001:db8:1::9", "2001:db8::99"
NETWORK = "2001:db8:1::/64"
TAKEN = {"entry": NUD.STALE, "lladdr": EVIL, "sent_to": [EVIL], "sabotage": Sabotage(mute=True)}


def refused(sent_to=(OTHER,), **sabotage):
    return {"entry": ABSENT, "sent_to": [*sent_to], "sabotage": Sabotage(**sabotage)}


@scenario(
    topology=AttackerOnWire,
    family="ipv6",
    proves=["change/redirect"],
    kernel="ndisc_redirect_rcv, ip6_redirect_no_header, rt6_do_redirect",
    cases=[
        Case("to-another-router", says={"target": BETTER}, flags=NTF.ROUTER, **TAKEN),
        Case("to-the-destination", **TAKEN),
        Case("without-lladdr", says={"tlla": False}, entry=NUD.NONE, sent_to=[], sabotage=Sabotage(mute=True)),
        Case("from-another-router", says={"sender": BETTER}, **refused(params={"says": ()})),
        Case("from-a-global-address", says={"sender": "2001:db8::2"}, **refused(params={"says": ()})),
        Case("from-afar", says={"hop_limit": 254}, **refused(params={"says": ()})),
        Case("neighbour", about=NEAR, **refused(sent_to=[], params={"route": "::/0"})),
        Case("neighbour-and-default-route", about=NEAR, route="::/0", **TAKEN),
        Case("accept-redirects-0", knobs={"accept_redirects": 0}, **refused(knobs={"accept_redirects": 1})),
        Case("router", knobs={"forwarding": 1}, **refused(knobs={"forwarding": 0})),
    ],
)
def gateway_names_a_better_hop(
    victim, attacker, lab, *, entry, sent_to, says=(), about=FAR, route=NETWORK, lladdr=None, flags=None, knobs=()
):
    victim.conf(**dict(knobs))
    victim.neigh_set(GATEWAY, OTHER)
    victim.add_route(route, via=GATEWAY, dev="eth0")
    redirect = {"sender": GATEWAY, "lladdr": EVIL, "dst": victim.addr, "to": victim.lladdr} | dict(says)

    attacker.send(ndp.redirect(about, **redirect))
    attacker.fence(victim, by="marker")
    victim.expect(redirect.get("target", about), entry, lladdr=lladdr, flags=flags, within_ms=0)

    capture = victim.capture(everything=True)
    victim.udp(about).send()
    attacker.fence(victim, by="marker")
    lab.expect("where the packet went", [one.parsed.dst for one in capture.frames(protocol=17)], sent_to)

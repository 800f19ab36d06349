"""A request with an address that no host can have is heard once that address, or the knob about it, is another.

The target is checked by arp_process itself: no group, no loopback address. The sender is checked by routing, for
arp_process asks ip_route_input whether a packet from sender to target would be taken: groups, 255.255.255.255 and,
with rp_filter, a subnet's broadcast address are no senders, whatever is set; loopback addresses are none without
route_localnet, own addresses none without accept_local. Those two belong to routing, and yet they make a host learn
127.0.0.9, or its own address, from ARP. Many believe that the sender of a request is taken as it stands: that is true
of its link-layer address only. In practice: a host that shares an address with another, or sees its own frames looped
back, answers no request of the other one; "martian source" in the log (log_martians) is about such frames, too.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, NUD, ON_LINK, Case, Sabotage, arp, scenario

OURS, ASKER, LOOPBACK = "192.0.2.1", "192.0.2.2", "127.0.0.9"


def stays(**knobs):
    return Sabotage(knobs=knobs)


@scenario(
    topology=AttackerOnWire,
    proves=["why/arp-addresses"],
    kernel="arp_process, ip_route_input_slow, fib_validate_source",
    cases=[
        Case("target-group", check="group-target", target="224.0.0.1"),
        Case("target-loopback", check="loopback-target", target="127.0.0.1", sabotage=stays(route_localnet=0)),
        Case("target-not-ours", check="not-our-address", target=ON_LINK),
        Case("sender-nobody", check="probe", sender="0.0.0.0"),
        Case("sender-group", check="martian-group-sender", sender="224.0.0.5"),
        Case("sender-limited-broadcast", check="martian-group-sender", sender="255.255.255.255"),
        Case("sender-subnet-broadcast", check="martian-broadcast-sender", sender="192.0.2.255", rp_filter=1),
        Case(
            "sender-loopback", check="martian-loopback-sender", sender=LOOPBACK, learned=LOOPBACK,
            sabotage=stays(route_localnet=0),
        ),
        Case("sender-own", check="own-sender", sender=OURS, learned=OURS, sabotage=stays(accept_local=0)),
        Case(
            "sender-own-rp-filter", check="own-sender", sender=OURS, learned=OURS, rp_filter=1,
            sabotage=stays(accept_local=0),
        ),
    ],
    sabotage=Sabotage(params={"sender": ASKER, "target": OURS}),
)  # fmt: skip
def possible_address_is_all_that_lacks(
    victim, attacker, *, check, sender=ASKER, target=OURS, rp_filter=0, learned=ASKER
):
    victim.conf(rp_filter=rp_filter)
    frame = arp.request(target, sender=sender, lladdr=EVIL)
    foreseen = victim.explain(frame)

    attacker.send(frame)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(learned, NUD.STALE, lladdr=EVIL, within_ms=0)

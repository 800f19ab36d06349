"""Strict rp_filter leaves a request unanswered and unlearned if its sender is routed by another interface.

Before arp_process answers it looks up the route that the sender's packets would take to the target (ip_route_input),
and that lookup contains the reverse path filter: at 1 the way back must leave by the interface that heard the request,
at 2 any route back will do, at 0 none is needed. `all` and the interface combine by the greater number. No ARP knob is
involved, and no route of the target matters. rp_filter is believed to be about routed IP packets only; it decides about
ARP, too, like arp_filter in effect - and IPv6 has neither. In practice: distributions set 1 or 2, so of two interfaces
on one LAN only one answers, and so does nobody to an asker from an unrouted subnet; only log_martians would say why.
"""

from neighlab.topologies import TwoNics

from neighlab import ABSENT, NUD, OFF_LINK, Case, Sabotage, arp, scenario

SERVER = "192.0.2.1"
HERE, THERE = {"sender": "192.0.2.2"}, {"sender": "192.0.2.130"}
NO_ROUTE = {"sender": OFF_LINK}
HEARD, UNHEARD = {"answers": 1, "outcome": NUD.STALE}, {"answers": 0, "outcome": ABSENT}


def stays(value):
    return Sabotage(knobs={"rp_filter": value})


@scenario(
    topology=TwoNics,
    proves=["arp/rp-filter"],
    kernel="arp_process, ip_route_input, __fib_validate_source",
    cases=[
        Case("0-routed-elsewhere", device=0, **THERE, **HEARD, sabotage=stays(1)),
        Case("0-without-route", device=0, **NO_ROUTE, **HEARD, sabotage=stays(2)),
        Case("1-routed-here", device=1, **HERE, **HEARD, sabotage=Sabotage(frames={HERE["sender"]: THERE["sender"]})),
        Case("1-routed-elsewhere", device=1, **THERE, **UNHEARD, sabotage=stays(0)),
        Case("1-without-route", device=1, **NO_ROUTE, **UNHEARD, sabotage=stays(0)),
        Case("2-routed-elsewhere", device=2, **THERE, **HEARD, sabotage=stays(1)),
        Case("2-without-route", device=2, **NO_ROUTE, **UNHEARD, sabotage=stays(0)),
        Case("all-1-device-0", everywhere=1, device=0, **THERE, **UNHEARD, sabotage=stays(0)),
        Case("all-1-device-2", everywhere=1, device=2, **THERE, **HEARD, sabotage=stays(1)),
    ],
)
def strict_rp_filter_silences_the_answer(server, client, *, device, sender, answers, outcome, everywhere=0):
    server.conf(dev="all", rp_filter=everywhere)
    server.conf(rp_filter=device)
    server.add_route("192.0.2.0/25", dev="eth0")
    server.add_route("192.0.2.128/25", dev="eth1")
    capture = server.capture()

    client.send(arp.request(SERVER, sender=sender, lladdr=client.lladdr, to=server.lladdr))
    client.fence(server, by="marker")

    capture.expect(answers, "sent", kind="arp-reply", sender=SERVER, target=sender, within_ms=0)
    server.expect(sender, outcome, within_ms=0)

"""arp_ignore decides by owner, scope and sender of the address whether a request is answered, and learned from.

Addresses belong to the host, not to an interface (the weak host model): by default arp_process answers on every
interface for every local address, also for one on lo. arp_ignore narrows that down: 1 to addresses of the interface
that heard the request, 2 also to senders of the same subnet, 3 to everything that is not of host scope, 8 to nothing;
4 to 7 are reserved and act as 0. `all` and the interface combine by the greater number - not the stricter one, so
all=3 undoes an interface's 1. What is ignored is not learned from either. Many believe that 1 on the interface of the
address is what counts: it must be on the one that *hears* the request. In practice: this is the knob of load balancers
with direct routing, whose servers hold the shared address on lo, and of hosts with two interfaces on one LAN.
"""

from neighlab.topologies import TwoNics

from neighlab import ABSENT, LEARNED, OFF_LINK, Case, Sabotage, arp, scenario

HEARD_ON, OTHER_NIC, ON_LO, HOST_SCOPE = "192.0.2.1", "192.0.2.11", "192.0.2.50", "192.0.2.60"
EVERY = [HEARD_ON, OTHER_NIC, ON_LO, HOST_SCOPE]
CLIENT = "192.0.2.2"
NOTHING = {"answered": [], "learned": ABSENT}


def stays(value):
    return Sabotage(knobs={"arp_ignore": value})


@scenario(
    topology=TwoNics,
    proves=["arp/arp-ignore", "arp/arp-ignore-learns-nothing", "arp/weak-host"],
    kernel="arp_ignore, arp_process, inet_confirm_addr",
    cases=[
        Case("0-any", device=0, answered=EVERY, sabotage=stays(1)),
        Case("1-heard-on", device=1, answered=[HEARD_ON], sabotage=stays(0)),
        Case("2-heard-on", device=2, answered=[HEARD_ON], sabotage=stays(0)),
        Case("2-not-for-other-subnets", device=2, sender=OFF_LINK, **NOTHING, sabotage=stays(1)),
        Case("1-for-other-subnets", device=1, sender=OFF_LINK, answered=[HEARD_ON], sabotage=stays(2)),
        Case("3-not-host-scope", device=3, answered=[HEARD_ON, OTHER_NIC, ON_LO], sabotage=stays(1)),
        *(Case(f"{value}-reserved", device=value, answered=EVERY, sabotage=stays(8)) for value in (4, 5, 6, 7)),
        Case("8-none", device=8, **NOTHING, sabotage=stays(0)),
        Case("all-1-device-0", everywhere=1, device=0, answered=[HEARD_ON], sabotage=stays(0)),
        Case("all-0-device-8", everywhere=0, device=8, **NOTHING, sabotage=stays(0)),
        Case("all-8-device-1", everywhere=8, device=1, **NOTHING, sabotage=stays(1)),
        Case("all-3-device-1", everywhere=3, device=1, answered=[HEARD_ON, OTHER_NIC, ON_LO], sabotage=stays(1)),
    ],
)
def arp_ignore_decides_what_is_answered(
    server, client, lab, *, device, answered, everywhere=0, sender=CLIENT, learned=LEARNED
):
    server.conf(dev="all", arp_ignore=everywhere)
    server.conf(arp_ignore=device)
    server.add_addr(f"{ON_LO}/32", dev="lo")
    server.add_addr(f"{HOST_SCOPE}/32", dev="lo", host_scope=True)
    capture = server.capture()

    for addr in EVERY:
        client.send(arp.request(addr, sender=sender, lladdr=client.lladdr, to=server.lladdr))
    client.fence(server, by="marker")

    lab.expect("answered", [seen.parsed.sender for seen in capture.frames(kind="arp-reply")], answered)
    server.expect(sender, learned)

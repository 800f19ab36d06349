"""drop_gratuitous_arp drops requests and replies whose sender is their target, and nothing else.

arp_process compares the two addresses before it looks at anything else, so no entry is created, updated or refreshed
by what it drops. `all` or the interface is enough. It is meant for networks in which a proxy answers for everybody
(802.11 hotspots). IPv6 has drop_unsolicited_na, which goes by the solicited flag instead: an advertisement without it
is dropped, one that claims to be solicited is taken although nobody asked (ndisc_recv_na) - and conf/all has no effect,
only the interface counts. Many believe that these knobs protect from poisoning: they stop one form of four, the
attacker sends another. In practice: failovers announced by gratuitous ARP no longer reach such a host; it follows only
when its own probes fail.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, NUD, Case, Sabotage, arp, ndp, scenario

OWNER, OWNER6, TRUE = "192.0.2.3", "2001:db8::3", "00:00:5e:00:53:03"
KEPT, TAKEN = {"outcome": NUD.STALE, "lladdr": TRUE}, {"outcome": NUD.STALE, "lladdr": EVIL}


def drop(*, everywhere=0, device=0):
    return {"everywhere": {"drop_gratuitous_arp": everywhere}, "device": {"drop_gratuitous_arp": device}}


def drop6(*, everywhere=0, device=0):
    settings = {"everywhere": {"drop_unsolicited_na": everywhere}, "device": {"drop_unsolicited_na": device}}
    return {"family": "ipv6", "owner": OWNER6, **settings}


def stays(value, knob="drop_gratuitous_arp"):
    return Sabotage(knobs={knob: value})


NA_DROPPED, NA_HEARD = stays(1, "drop_unsolicited_na"), stays(0, "drop_unsolicited_na")


def request(victim):
    return arp.gratuitous(OWNER, lladdr=EVIL)


def reply(victim):
    return arp.gratuitous(OWNER, lladdr=EVIL, form="reply")


def request_for_us(victim):
    return arp.request(victim.addr, sender=OWNER, lladdr=EVIL)


def unsolicited(victim):
    return ndp.unsolicited_na(OWNER6, lladdr=EVIL)


def solicited(victim):
    return ndp.na(OWNER6, lladdr=EVIL, dst=victim.addr, to=victim.lladdr, solicited=True)


@scenario(
    topology=AttackerOnWire,
    proves=["garp/drop-gratuitous-arp", "garp/drop-unsolicited-na", "spoof/drop-garp-defence"],
    kernel="arp_process, ndisc_recv_na",
    cases=[
        Case("0-request", **drop(), frame=request, **TAKEN, sabotage=stays(1)),
        Case("0-reply", **drop(), frame=reply, **TAKEN, sabotage=stays(1)),
        Case("1-request", **drop(device=1), frame=request, **KEPT, sabotage=stays(0)),
        Case("1-reply", **drop(device=1), frame=reply, **KEPT, sabotage=stays(0)),
        Case("all-1-request", **drop(everywhere=1), frame=request, **KEPT, sabotage=stays(0)),
        Case(
            "1-request-for-us", **drop(device=1), frame=request_for_us, **TAKEN,
            sabotage=Sabotage(params={"frame": request}),
        ),
        Case("ipv6-0-unsolicited", **drop6(), frame=unsolicited, **TAKEN, sabotage=NA_DROPPED),
        Case("ipv6-1-unsolicited", **drop6(device=1), frame=unsolicited, **KEPT, sabotage=NA_HEARD),
        Case(
            "ipv6-all-1-unsolicited", **drop6(everywhere=1), frame=unsolicited, **TAKEN,
            sabotage=NA_DROPPED,
        ),
        Case(
            "ipv6-1-solicited", **drop6(device=1), frame=solicited, outcome=NUD.REACHABLE, lladdr=EVIL,
            sabotage=Sabotage(params={"frame": unsolicited}),
        ),
    ],
)  # fmt: skip
def drop_gratuitous_arp_drops_only_that(victim, attacker, *, everywhere, device, frame, outcome, lladdr, owner=OWNER):
    victim.conf(dev="all", **everywhere)
    victim.conf(**device)
    victim.neigh_set(owner, TRUE, state=NUD.STALE)

    attacker.send(frame(victim))
    attacker.fence(victim)

    victim.expect(owner, outcome, lladdr=lladdr, within_ms=0)

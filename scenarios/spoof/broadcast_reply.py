"""A spoofed broadcast reply poisons every host on the LAN that knows the address, but leaves the entry STALE.

Only a frame that was sent to the host alone can have been an answer to it; arp_process takes a broadcast reply for
hearsay: the new address is kept, the state is STALE (IPv6: an advertisement to all nodes cannot have the solicited
flag, so it is STALE as well). One frame reaches all victims, hosts without an entry stay untouched, locktime protects
what was updated just now. RFC 826 knows no broadcast reply, and many believe that Linux drops it. In practice: STALE
heals itself in about five seconds of use if the attacker does not answer the probe - with FAILED and a new question.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import ABSENT, BROADCAST, EVIL, NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario

WITHIN, AFTER = 60_000, 10
TRUE = "00:00:5e:00:53:03"
STALE, REACHABLE, FAILED, PERMANENT = NUD.STALE, NUD.REACHABLE, NUD.FAILED, NUD.PERMANENT
POISONED, NOTHING = {"outcome": STALE, "lladdr": EVIL}, {"outcome": ABSENT, "lladdr": None}
LOCKED, UNLOCKED = Sabotage(knobs={"locktime_ms": WITHIN}), Sabotage(knobs={"locktime_ms": AFTER})
NOT_STATIC, DEAF_TO_NA = Sabotage(params={"old": STALE}), Sabotage(knobs={"drop_unsolicited_na": 1})


def arp_reply(addr, attacker):
    return arp.reply(addr, lladdr=EVIL, receiver=attacker.addr, receiver_lladdr=attacker.lladdr, to=BROADCAST)


def advertisement(addr, attacker):
    return ndp.unsolicited_na(addr, lladdr=EVIL)


V4 = {"addr": "192.0.2.3", "reply": arp_reply}
V6 = {"family": "ipv6", "locktime_ms": WITHIN, "addr": "2001:db8::3", "reply": advertisement}


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/broadcast-reply", "spoof/nd-spoof"],
    kernel="arp_process, ndisc_recv_na",
    cases=[
        Case(
            "absent", locktime_ms=AFTER, old=STALE, **V4 | {"addr": ON_LINK}, **NOTHING,
            sabotage=Sabotage(params={"addr": "192.0.2.3"}),
        ),
        Case("stale-within", locktime_ms=WITHIN, old=STALE, **V4, outcome=STALE, sabotage=UNLOCKED),
        Case("stale-after", locktime_ms=AFTER, old=STALE, **V4, **POISONED, sabotage=LOCKED),
        Case("reachable-within", locktime_ms=WITHIN, old=REACHABLE, **V4, outcome=REACHABLE, sabotage=UNLOCKED),
        Case("reachable-after", locktime_ms=AFTER, old=REACHABLE, **V4, **POISONED, sabotage=LOCKED),
        Case("failed-within", locktime_ms=WITHIN, old=FAILED, **V4, **POISONED, sabotage=NOT_STATIC),
        Case("permanent-after", locktime_ms=AFTER, old=PERMANENT, **V4, outcome=PERMANENT, sabotage=NOT_STATIC),
        Case(
            "ipv6-absent", old=STALE, **V6 | {"addr": ON_LINK6}, **NOTHING,
            sabotage=Sabotage(params={"addr": "2001:db8::3"}),
        ),
        Case("ipv6-stale", old=STALE, **V6, **POISONED, sabotage=DEAF_TO_NA),
        Case("ipv6-reachable", old=REACHABLE, **V6, **POISONED, sabotage=DEAF_TO_NA),
        Case("ipv6-permanent", old=PERMANENT, **V6, outcome=PERMANENT, sabotage=NOT_STATIC),
    ],
)  # fmt: skip
def broadcast_reply_poisons_to_stale(victim, attacker, owner, *, locktime_ms, old, addr, reply, outcome, lladdr=TRUE):
    victim.conf(locktime_ms=locktime_ms)
    victim.neigh_set(owner.addr, owner.lladdr, state=old)
    victim.hold(owner.addr, old, for_ms=2 * AFTER)

    attacker.send(reply(addr, attacker))
    attacker.fence(victim)

    victim.expect(addr, outcome, lladdr=lladdr, within_ms=0)

"""An unasked unicast ARP reply poisons every entry that exists, is older than locktime and is not static.

The kernel keeps no list of its questions. arp_process takes a reply for an address that has an entry, asked or not;
a reply sent to the host itself counts as an answer, so the poisoned entry is even REACHABLE and will not be probed for
half a minute. What stands in the way is little: an absent entry is not created (arp_accept=0), a recent update is
protected by locktime, a PERMANENT entry is the administrator's (__neigh_update). FAILED has no address to protect and
takes any answer at once. IPv6 is the same without a locktime, but a FAILED entry ignores what comes (ndisc_recv_na).
Many believe that an answer needs a question, or that REACHABLE entries are safe until they expire. In practice: an
attacker repeats the reply every second or two, and only static entries or the switch can stop it.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import ABSENT, EVIL, NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario

WITHIN, AFTER = 60_000, 10
OWNER, OWNER6, TRUE = "192.0.2.3", "2001:db8::3", "00:00:5e:00:53:03"
STALE, REACHABLE, FAILED, PERMANENT = NUD.STALE, NUD.REACHABLE, NUD.FAILED, NUD.PERMANENT
POISONED = {"outcome": REACHABLE, "lladdr": EVIL}

LOCKED, UNLOCKED = Sabotage(knobs={"locktime_ms": WITHIN}), Sabotage(knobs={"locktime_ms": AFTER})
NOT_STATIC, SILENT = Sabotage(params={"old": STALE}), Sabotage(mute=True)


def arp_reply(victim, addr):
    return arp.reply(addr, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def advertisement(victim, addr):
    return ndp.na(addr, lladdr=EVIL, dst=victim.addr, to=victim.lladdr, solicited=True)


V4, V6 = {"addr": OWNER, "reply": arp_reply}, {"family": "ipv6", "addr": OWNER6, "reply": advertisement}


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/unicast-reply", "arp/unsolicited-reply", "spoof/nd-spoof"],
    kernel="arp_process, ndisc_recv_na, __neigh_update",
    cases=[
        Case(
            "absent", locktime_ms=AFTER, old=STALE, **V4 | {"addr": ON_LINK}, outcome=ABSENT, lladdr=None,
            sabotage=Sabotage(knobs={"arp_accept": 1}),
        ),
        Case("stale-within", locktime_ms=WITHIN, old=STALE, **V4, outcome=STALE, sabotage=UNLOCKED),
        Case("stale-after", locktime_ms=AFTER, old=STALE, **V4, **POISONED, sabotage=LOCKED),
        Case("reachable-within", locktime_ms=WITHIN, old=REACHABLE, **V4, outcome=REACHABLE, sabotage=UNLOCKED),
        Case("reachable-after", locktime_ms=AFTER, old=REACHABLE, **V4, **POISONED, sabotage=LOCKED),
        Case(
            "failed-within", locktime_ms=WITHIN, old=FAILED, **V4, **POISONED,
            sabotage=Sabotage(params={"old": STALE}),
        ),
        Case("permanent-after", locktime_ms=AFTER, old=PERMANENT, **V4, outcome=PERMANENT, sabotage=NOT_STATIC),
        Case(
            "ipv6-absent", locktime_ms=WITHIN, old=STALE, **V6 | {"addr": ON_LINK6}, outcome=ABSENT, lladdr=None,
            sabotage=Sabotage(params={"addr": OWNER6}),
        ),
        Case("ipv6-stale", locktime_ms=WITHIN, old=STALE, **V6, **POISONED, sabotage=SILENT),
        Case("ipv6-reachable", locktime_ms=WITHIN, old=REACHABLE, **V6, **POISONED, sabotage=SILENT),
        Case("ipv6-failed", locktime_ms=WITHIN, old=FAILED, **V6, outcome=FAILED, lladdr=None, sabotage=NOT_STATIC),
        Case("ipv6-permanent", locktime_ms=WITHIN, old=PERMANENT, **V6, outcome=PERMANENT, sabotage=NOT_STATIC),
    ],
)  # fmt: skip
def unasked_reply_poisons_what_is_old_enough(
    victim, attacker, owner, *, locktime_ms, old, addr, reply, outcome, lladdr=TRUE
):
    victim.conf(locktime_ms=locktime_ms)
    victim.neigh_set(owner.addr, owner.lladdr, state=old)
    victim.hold(owner.addr, old, for_ms=2 * AFTER)

    attacker.send(reply(victim, addr))
    attacker.fence(victim)

    victim.expect(addr, outcome, lladdr=lladdr, within_ms=0)

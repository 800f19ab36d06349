"""A spoofed request poisons: one for the victim's own address at once, one for another's after locktime.

A request carries the asker's addresses, and arp_process believes them: who asks will soon be answered. If the question
is for the victim, its sender is created or overwritten without a look at locktime (neigh_event_ns, override). If it is
for somebody else, it may only refresh an entry that exists, and only after locktime. Either way the entry is STALE:
used at once, but probed five seconds later - and the attacker answers the probe. IPv6 does the same with the source
link-layer address of a solicitation for the victim; one for another's address does not concern it. Many believe that
poisoning needs forged replies, so filters and detectors often look at replies alone. In practice: watch requests, too.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import ABSENT, EVIL, NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario

WITHIN, AFTER = 60_000, 10
TRUE = "00:00:5e:00:53:03"
STALE, REACHABLE, FAILED, PERMANENT = NUD.STALE, NUD.REACHABLE, NUD.FAILED, NUD.PERMANENT
POISONED = {"outcome": STALE, "lladdr": EVIL}
LOCKED, UNLOCKED = Sabotage(knobs={"locktime_ms": WITHIN}), Sabotage(knobs={"locktime_ms": AFTER})
NOT_STATIC, UNHEARD = Sabotage(params={"old": STALE}), Sabotage(knobs={"arp_ignore": 8})
TO_US, TO_US6 = Sabotage(params={"target": "192.0.2.1"}), Sabotage(params={"target": "2001:db8::1"})

FOR_US = {"target": "192.0.2.1", "sender": "192.0.2.3", "question": arp.request}
FOR_ANOTHER = FOR_US | {"target": "192.0.2.77"}
FOR_US6 = {"family": "ipv6", "target": "2001:db8::1", "sender": "2001:db8::3", "question": ndp.ns}
FOR_ANOTHER6 = FOR_US6 | {"target": "2001:db8::77"}
# The answer uses the entry at once: DELAY.
POISONED6 = {"outcome": NUD.STALE | NUD.DELAY, "lladdr": EVIL}
NOBODY, NOBODY6 = {"sender": ON_LINK}, {"sender": ON_LINK6}
NOTHING = {"outcome": ABSENT, "lladdr": None}


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/request", "spoof/request-for-us", "spoof/nd-spoof"],
    kernel="arp_process, neigh_event_ns, ndisc_recv_ns",
    cases=[
        Case("for-another-absent", locktime_ms=AFTER, old=STALE, **FOR_ANOTHER | NOBODY, **NOTHING, sabotage=TO_US),
        Case("for-another-within", locktime_ms=WITHIN, old=STALE, **FOR_ANOTHER, outcome=STALE, sabotage=UNLOCKED),
        Case("for-another-after", locktime_ms=AFTER, old=STALE, **FOR_ANOTHER, **POISONED, sabotage=LOCKED),
        Case(
            "for-another-reachable-within", locktime_ms=WITHIN, old=REACHABLE, **FOR_ANOTHER, outcome=REACHABLE,
            sabotage=UNLOCKED,
        ),
        Case(
            "for-another-reachable-after", locktime_ms=AFTER, old=REACHABLE, **FOR_ANOTHER, **POISONED,
            sabotage=LOCKED,
        ),
        Case("for-another-failed", locktime_ms=WITHIN, old=FAILED, **FOR_ANOTHER, **POISONED, sabotage=NOT_STATIC),
        Case(
            "for-another-permanent", locktime_ms=AFTER, old=PERMANENT, **FOR_ANOTHER, outcome=PERMANENT,
            sabotage=NOT_STATIC,
        ),
        Case("for-us-absent", locktime_ms=WITHIN, old=STALE, **FOR_US | NOBODY, **POISONED, sabotage=UNHEARD),
        Case("for-us-within", locktime_ms=WITHIN, old=STALE, **FOR_US, **POISONED, sabotage=UNHEARD),
        Case("for-us-reachable-within", locktime_ms=WITHIN, old=REACHABLE, **FOR_US, **POISONED, sabotage=UNHEARD),
        Case("for-us-failed", locktime_ms=WITHIN, old=FAILED, **FOR_US, **POISONED, sabotage=UNHEARD),
        Case("for-us-permanent", locktime_ms=AFTER, old=PERMANENT, **FOR_US, outcome=PERMANENT, sabotage=NOT_STATIC),
        Case("ipv6-for-another", locktime_ms=WITHIN, old=STALE, **FOR_ANOTHER6, outcome=STALE, sabotage=TO_US6),
        Case(
            "ipv6-for-us-absent", locktime_ms=WITHIN, old=STALE, **FOR_US6 | NOBODY6, **POISONED6,
            sabotage=Sabotage(mute=True),
        ),
        Case("ipv6-for-us", locktime_ms=WITHIN, old=STALE, **FOR_US6, **POISONED6, sabotage=Sabotage(mute=True)),
        Case(
            "ipv6-for-us-reachable", locktime_ms=WITHIN, old=REACHABLE, **FOR_US6, **POISONED6,
            sabotage=Sabotage(mute=True),
        ),
        Case(
            "ipv6-for-us-permanent", locktime_ms=WITHIN, old=PERMANENT, **FOR_US6, outcome=PERMANENT,
            sabotage=NOT_STATIC,
        ),
    ],
)  # fmt: skip
def spoofed_request_poisons(
    victim, attacker, owner, *, locktime_ms, old, question, target, sender, outcome, lladdr=TRUE
):
    victim.conf(locktime_ms=locktime_ms)
    victim.neigh_set(owner.addr, owner.lladdr, state=old)
    victim.hold(owner.addr, old, for_ms=2 * AFTER)

    attacker.send(question(target, sender=sender, lladdr=EVIL, to=victim.lladdr))
    attacker.fence(victim, by="marker")

    victim.expect(sender, outcome, lladdr=lladdr, within_ms=0)

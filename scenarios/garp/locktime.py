"""An ARP entry keeps its address within locktime of an update, unless by gratuitous ARP or a question to us.

locktime (1 s) is from the days of several proxies on one LAN: the first answer should win, not the last. So
arp_process lets another link-layer address override an entry only when `updated` is older than that, and `updated`
moves only when state or address change (__neigh_update). Two ways round it exist: a gratuitous frame overrides at once
(a reply only if its two link-layer addresses are equal), and a request for one of the host's own addresses never looks
at locktime (neigh_event_ns). IPv6 has no such lock: there, the override flag decides. Books call locktime the least
time that an entry stays in the cache, and it is said that gratuitous ARP "always wins" or "cannot win for a second":
until 4.13 it could not. In practice: a failover told by one plain ARP reply within that second is never heard of.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import BROADCAST, EVIL, NUD, Case, Sabotage, arp, ndp, scenario

WITHIN, AFTER = 60_000, 10
OLD = {"outcome": NUD.STALE, "lladdr": "00:00:5e:00:53:03"}
LOCKED, UNLOCKED = Sabotage(knobs={"locktime_ms": WITHIN}), Sabotage(knobs={"locktime_ms": AFTER})
DEAF_TO_GARP, DEAF_TO_NA = Sabotage(knobs={"drop_gratuitous_arp": 1}), Sabotage(knobs={"drop_unsolicited_na": 1})


def unicast_reply(victim, owner):
    return arp.reply(owner.addr, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def broadcast_reply(victim, owner):
    return arp.reply(owner.addr, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr, to=BROADCAST)


def request_for_another(victim, owner):
    return arp.request("192.0.2.99", sender=owner.addr, lladdr=EVIL)


def request_for_us(victim, owner):
    return arp.request(victim.addr, sender=owner.addr, lladdr=EVIL)


def gratuitous_request(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL)


def gratuitous_reply(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL, form="reply")


def reply_of_two_lladdrs(victim, owner):
    return arp.gratuitous(owner.addr, lladdr=EVIL, form="reply", target_lladdr=victim.lladdr)


def unsolicited_na(victim, owner):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL)


STALE, REACHABLE = {"outcome": NUD.STALE, "lladdr": EVIL}, {"outcome": NUD.REACHABLE, "lladdr": EVIL}


@scenario(
    topology=VictimAttackerOwner,
    proves=["garp/locktime", "spoof/request-for-us"],
    kernel="arp_process, neigh_event_ns, __neigh_update",
    cases=[
        Case("within-unicast-reply", locktime_ms=WITHIN, frame=unicast_reply, **OLD, sabotage=UNLOCKED),
        Case("after-unicast-reply", locktime_ms=AFTER, frame=unicast_reply, **REACHABLE, sabotage=LOCKED),
        Case("within-broadcast-reply", locktime_ms=WITHIN, frame=broadcast_reply, **OLD, sabotage=UNLOCKED),
        Case("after-broadcast-reply", locktime_ms=AFTER, frame=broadcast_reply, **STALE, sabotage=LOCKED),
        Case("within-request-for-another", locktime_ms=WITHIN, frame=request_for_another, **OLD, sabotage=UNLOCKED),
        Case("after-request-for-another", locktime_ms=AFTER, frame=request_for_another, **STALE, sabotage=LOCKED),
        Case(
            "within-request-for-us", locktime_ms=WITHIN, frame=request_for_us, **STALE,
            sabotage=Sabotage(knobs={"arp_ignore": 8}),
        ),
        Case(
            "within-gratuitous-request", locktime_ms=WITHIN, frame=gratuitous_request, since="4.13", **STALE,
            sabotage=DEAF_TO_GARP,
        ),
        Case(
            "within-gratuitous-reply", locktime_ms=WITHIN, frame=gratuitous_reply, since="4.13", **STALE,
            sabotage=DEAF_TO_GARP,
        ),
        Case("within-reply-of-two-lladdrs", locktime_ms=WITHIN, frame=reply_of_two_lladdrs, **OLD, sabotage=UNLOCKED),
        Case(
            "within-ipv6-na", family="ipv6", locktime_ms=WITHIN, frame=unsolicited_na, **STALE, sabotage=DEAF_TO_NA
        ),
    ],
)  # fmt: skip
def change_within_locktime_is_ignored(victim, attacker, owner, *, locktime_ms, frame, outcome, lladdr):
    victim.conf(locktime_ms=locktime_ms)
    victim.neigh_set(owner.addr, owner.lladdr, state=NUD.STALE)
    victim.hold(owner.addr, NUD.STALE, lladdr=owner.lladdr, for_ms=2 * AFTER)

    attacker.send(frame(victim, owner))
    attacker.fence(victim, by="marker")

    victim.expect(owner.addr, outcome, lladdr=lladdr, within_ms=0)

"""Who may change an entry is decided by flags: neigh_update is asked with or without OVERRIDE, and may do nothing.

All that is learned about a neighbour goes through neigh_update, and the function that calls says how much it believes
(NEIGH_UPDATE_F_*). arp_process asks for OVERRIDE when locktime is over or the frame is gratuitous; a question to this
host always overrides (neigh_event_ns). IPv6 leaves it to the sender: ndisc_recv_na hands on the O flag of the
advertisement, and adds WEAK_OVERRIDE, which distrusts a REACHABLE entry instead of changing it. An administrator is
believed (ADMIN). Many think that a frame which changed nothing was dropped somewhere; it came as far as any other, was
asked for, and refused - without any sign outside: no counter, no announcement. In practice: the tracepoint
neigh:neigh_update fires for these, too, and its flags tell which rule was applied.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, Case, Sabotage, arp, ndp, scenario

WITHIN, AFTER = 60_000, 20
O_FLAG, NO_O_FLAG = Sabotage(params={"override": True}), Sabotage(params={"override": False})


def unicast_reply(victim, owner, override):
    return arp.reply(owner.addr, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def gratuitous_request(victim, owner, override):
    return arp.gratuitous(owner.addr, lladdr=EVIL)


def request_for_us(victim, owner, override):
    return arp.request(victim.addr, sender=owner.addr, lladdr=EVIL)


def advertisement(victim, owner, override):
    return ndp.unsolicited_na(owner.addr, lladdr=EVIL, override=override)


ARP = {"function": "arp_process"}
ND = {"family": "ipv6", "function": "ndisc_recv_na", "frame": advertisement}


@scenario(
    topology=VictimAttackerOwner,
    trace=True,
    proves=["trace/update-flags"],
    kernel="arp_process, neigh_event_ns, ndisc_recv_na, __neigh_update",
    cases=[
        Case("arp-reply-within-locktime", frame=unicast_reply, flags=[], effect=False, **ARP,
             sabotage=Sabotage(knobs={"locktime_ms": AFTER})),
        Case("arp-gratuitous", frame=gratuitous_request, flags=["OVERRIDE"], effect=True, **ARP,
             sabotage=Sabotage(knobs={"drop_gratuitous_arp": 1})),
        Case("arp-question-to-us", frame=request_for_us, flags=["OVERRIDE"], effect=True, function="neigh_event_ns",
             sabotage=Sabotage(knobs={"arp_ignore": 8})),
        Case("na-without-override", override=False, flags=["OVERRIDE_ISROUTER", "WEAK_OVERRIDE"], effect=False, **ND,
             sabotage=O_FLAG),
        Case("na-with-override", override=True, flags=["OVERRIDE", "OVERRIDE_ISROUTER", "WEAK_OVERRIDE"], effect=True,
             **ND, sabotage=NO_O_FLAG),
    ],
)  # fmt: skip
def update_is_asked_for_with_flags(victim, attacker, owner, *, frame, function, flags, effect, override=False):
    victim.conf(locktime_ms=WITHIN)
    victim.neigh_set(owner.addr, owner.lladdr, state=NUD.STALE)
    victim.hold(owner.addr, NUD.STALE, lladdr=owner.lladdr, for_ms=2 * AFTER)

    attacker.send(frame(victim, owner, override))
    attacker.fence(victim, by="marker")

    changed = victim.neigh_get(owner.addr).lladdr == EVIL
    victim.expect_update(owner.addr, function, flags=flags, effect=effect, inferred=changed == effect)

"""An announcement or a question of the true owner undoes a poisoned entry, and so do probes left unanswered.

A lie has no more weight than the truth: the entry believes whoever spoke last. A gratuitous frame of the owner
overrides at once, and so does its question for us (neigh_event_ns); IPv6 hosts send both as advertisement and
solicitation, and an owner even answers somebody else's DAD probe to all nodes. If the owner is silent, unreachability
detection finds out, as long as the liar does not answer unicast probes for the owner: PROBE ends FAILED, and the next
packet asks everybody. Many believe that poisoning lasts until the entry is deleted. In practice: an attack is a
stream of lies every few seconds, easy to see in a capture, and it ends seconds after the attacker stops.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import NUD, Case, Sabotage, arp, ndp, scenario

LIAR, OWNER = "00:00:5e:00:53:02", "00:00:5e:00:53:03"


def request(victim, owner, lladdr):
    return arp.request(victim.addr, sender=owner.addr, lladdr=lladdr)


def solicitation(victim, owner, lladdr):
    return ndp.ns(victim.addr, sender=owner.addr, lladdr=lladdr)


def announcement(victim, attacker, owner):
    owner.send(arp.announcement(owner.addr, lladdr=OWNER))


def question(victim, attacker, owner):
    owner.send(request(victim, owner, OWNER))


def advertisement(victim, attacker, owner):
    owner.send(ndp.unsolicited_na(owner.addr, lladdr=OWNER))


def question6(victim, attacker, owner):
    owner.send(solicitation(victim, owner, OWNER))


def dad_probe_of_another(victim, attacker, owner):
    attacker.fence(owner)


def probes_unanswered(victim, attacker, owner):
    outbox = victim.udp(owner.addr)
    outbox.send()
    victim.expect(owner.addr, NUD.PROBE, NUD.FAILED)
    outbox.send()


def probes_answered_by_the_liar(victim, attacker, owner):
    attacker.add_addr(f"{owner.addr}/32")
    victim.udp(owner.addr).send()
    victim.expect(owner.addr, NUD.PROBE, NUD.REACHABLE)


def silence(victim, attacker, owner):
    attacker.fence(owner, by="marker")


V4, V6 = {"lie": request}, {"lie": solicitation, "family": "ipv6"}
HEARD, ASKED = {"outcome": NUD.STALE}, {"outcome": NUD.REACHABLE}
FAST = {"delay_first_probe_time_ms": 60, "retrans_time_ms": 60}
STILL_LYING, SILENT = Sabotage(frames={OWNER: LIAR}), Sabotage(params={"event": silence})
ANSWERED = Sabotage(params={"event": probes_answered_by_the_liar})


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/mitm-undone"],
    kernel="arp_process, neigh_event_ns, ndisc_recv_ns, ndisc_recv_na, neigh_timer_handler",
    cases=[
        Case("announcement", event=announcement, **HEARD, **V4, sabotage=STILL_LYING),
        Case("question-for-us", event=question, **HEARD, **V4, sabotage=STILL_LYING),
        Case("unanswered-probes", event=probes_unanswered, knobs=FAST, **ASKED, **V4, sabotage=ANSWERED),
        Case("announcement-ipv6", event=advertisement, **HEARD, **V6, sabotage=STILL_LYING),
        Case("question-for-us-ipv6", event=question6, **HEARD, **V6, sabotage=STILL_LYING),
        Case("answer-to-a-dad-probe-ipv6", event=dad_probe_of_another, **HEARD, **V6, sabotage=SILENT),
        Case("unanswered-probes-ipv6", event=probes_unanswered, knobs=FAST, **ASKED, **V6, sabotage=ANSWERED),
    ],
)
def poisoned_entry_believes_who_spoke_last(victim, attacker, owner, *, lie, event, outcome, knobs=()):
    victim.conf(**dict(knobs))
    victim.neigh_set(owner.addr, owner.lladdr, state=NUD.STALE)
    attacker.send(lie(victim, owner, LIAR))
    attacker.fence(victim, by="marker")
    victim.expect(owner.addr, NUD.STALE, lladdr=LIAR)

    event(victim, attacker, owner)
    owner.fence(victim, by="marker")

    victim.expect(owner.addr, outcome, lladdr=OWNER, within_ms=1000)

"""A question that stays unanswered, learned from or not, is answered once the one reason explained is gone.

To learn and to answer are decided apart. A request for somebody else's address updates the entry of an asker who is
known, and is not answered; a probe (RFC 5227; RFC 4862 for IPv6) names nobody: it is answered and never learned. So
silence has an explanation of its own: the target is not ours, arp_ignore forbids it, or a probe of DAD is not as
ndisc_recv_ns wants it, to a solicited-node group and without a link-layer address. Many believe that a host that
answers has learned, and that one that learned nothing was silent. In practice: a duplicate that arping -D does not
find may have an owner that ignores probes, since arp_ignore decides about them as about any question.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, arp, ndp, reframe, scenario

OURS, OURS6 = "192.0.2.1", "2001:db8::1"


def question(victim, attacker, target):
    return arp.request(target, sender=attacker.addr, lladdr=EVIL)


def probe(victim, attacker, target):
    return arp.probe(target, lladdr=EVIL)


def nd_probe(victim, attacker, target):
    return ndp.dad(target, lladdr=EVIL)


def nd_probe_to_one(victim, attacker, target):
    return reframe.changed(nd_probe(victim, attacker, target), {"dst": target, "to": victim.lladdr})


def nd_probe_with_lladdr(victim, attacker, target):
    return reframe.changed(nd_probe(victim, attacker, target), {"slla": EVIL})


ARP = {"answer": {"kind": "arp-reply", "sender": OURS}}
ND = {"answer": {"kind": "na", "target": OURS6}, "family": "ipv6"}
IGNORED, FOR_US = Sabotage(knobs={"arp_ignore": 8}), Sabotage(params={"target": OURS})
RIGHT_PROBE = Sabotage(params={"frame": nd_probe, "target": OURS6})


@scenario(
    topology=AttackerOnWire,
    proves=["why/unanswered"],
    kernel="arp_process, arp_ignore, ndisc_recv_ns",
    cases=[
        Case("question", check="not-our-address", frame=question, target=ON_LINK, learned=EVIL, **ARP, sabotage=FOR_US),
        Case("probe", check="not-our-address", frame=probe, target=ON_LINK, **ARP, sabotage=FOR_US),
        Case("probe-ignored", check="arp-ignore", frame=probe, knobs=IGNORED.knobs, **ARP, sabotage=IGNORED),
        Case("ipv6-probe", check="not-a-member", frame=nd_probe, target=ON_LINK6, **ND, sabotage=RIGHT_PROBE),
        Case("ipv6-probe-to-one", check="dad-destination", frame=nd_probe_to_one, target=OURS6, **ND),
        Case("ipv6-probe-with-lladdr", check="dad-with-lladdr", frame=nd_probe_with_lladdr, target=OURS6, **ND),
    ],
    sabotage=RIGHT_PROBE,
)
def reason_is_all_that_silences(victim, attacker, *, check, frame, answer, target=OURS, knobs=(), learned=OTHER):
    victim.conf(locktime_ms=0, **dict(knobs))
    victim.neigh_set(attacker.addr, OTHER, state=NUD.STALE)
    victim.hold(attacker.addr, NUD.STALE, for_ms=30)
    capture = victim.capture()
    asked = frame(victim, attacker, target)
    foreseen = victim.explain(asked)

    attacker.send(asked)
    attacker.fence(victim, by="marker")
    capture.expect(0, "sent", **answer, within_ms=0)
    why = victim.expect_ignored(foreseen, check, silent=True)
    victim.expect(attacker.addr, NUD.STALE, lladdr=learned, within_ms=0)

    attacker.send(foreseen.remedied(why))
    attacker.fence(victim, by="marker")
    capture.expect(1, "sent", **answer, within_ms=0)

"""A request for our address is answered and makes its sender a STALE neighbour; one for another's creates nobody.

arp_process creates the asker because the answer is likely to be followed by traffic: it saves the question back. The
asker has proved nothing, so the entry is STALE and its first use is probed. A REACHABLE entry with the same address
stays REACHABLE; nothing new was said. The answer itself needs no entry: it goes to the link-layer address in the
request. A request for somebody else updates an entry that exists but never creates one, not even with arp_accept=1:
that knob is for gratuitous ARP and replies. Many believe that hosts learn from every request they hear. In practice:
whoever asks a host for its address enters its table, spoofed or from another subnet - that is how tables are filled.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import ABSENT, NUD, OFF_LINK, ON_LINK, OTHER, Case, Sabotage, arp, scenario

VICTIM, SENDER, LLADDR = "192.0.2.1", "192.0.2.33", "00:00:5e:00:53:33"
KNOWN, CHANGED = {"known": SENDER, "lladdr": LLADDR}, {"known": SENDER, "was": OTHER, "lladdr": LLADDR}
FOR_US, FOR_ANOTHER = {"target": VICTIM, "answers": 1}, {"target": ON_LINK, "answers": 0}
UNHEARD, MINE = Sabotage(knobs={"arp_ignore": 8}), Sabotage(frames={ON_LINK: VICTIM})


@scenario(
    topology=AttackerOnWire,
    proves=["arp/request-for-us"],
    kernel="arp_process, neigh_event_ns",
    cases=[
        Case("for-us-absent", **FOR_US, lladdr=LLADDR, outcome=NUD.STALE, sabotage=UNHEARD),
        Case("for-us-absent-off-link", sender=OFF_LINK, **FOR_US, lladdr=LLADDR, outcome=NUD.STALE, sabotage=UNHEARD),
        Case("for-us-reachable", **FOR_US, **KNOWN, old=NUD.REACHABLE, outcome=NUD.REACHABLE, sabotage=UNHEARD),
        Case("for-us-reachable-changed", **FOR_US, **CHANGED, old=NUD.REACHABLE, outcome=NUD.STALE, sabotage=UNHEARD),
        Case("for-us-failed", **FOR_US, **KNOWN, old=NUD.FAILED, outcome=NUD.STALE, sabotage=UNHEARD),
        Case("for-another-absent", **FOR_ANOTHER, outcome=ABSENT, sabotage=MINE),
        Case("for-another-absent-arp-accept", **FOR_ANOTHER, arp_accept=1, outcome=ABSENT, sabotage=MINE),
        Case("for-another-failed", **FOR_ANOTHER, **KNOWN, old=NUD.FAILED, outcome=NUD.STALE, sabotage=MINE),
    ],
)
def request_for_us_creates_its_sender(
    victim, attacker, *, target, answers, outcome, sender=SENDER, lladdr=None,
    known="192.0.2.44", was=LLADDR, old=NUD.STALE, arp_accept=0,
):  # fmt: skip
    victim.conf(arp_accept=arp_accept)
    victim.neigh_set(known, was, state=old)
    capture = victim.capture()

    attacker.send(arp.request(target, sender=sender, lladdr=LLADDR))
    attacker.fence(victim, by="marker")

    victim.expect(sender, outcome, lladdr=lladdr, within_ms=0)
    capture.expect(answers, kind="arp-reply", sender=VICTIM, lladdr=victim.lladdr, dst=LLADDR, within_ms=0)

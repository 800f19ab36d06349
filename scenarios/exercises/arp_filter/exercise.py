"""An ARP filter that ties one address to its owner stops every lie about it, and nothing else.

What a check does to the victim's entry is undone when it ends.
"""

import contextlib

from neighlab.topologies import VictimAttackerOwner

from neighlab import ABSENT, BROADCAST, EVIL, NUD, OTHER, arp, because, exercise

GUEST = "192.0.2.77"


@exercise(
    topology=VictimAttackerOwner,
    yours=["victim"],
    about=["spoof/arp-tables-defence", "spoof/unicast-reply"],
    minutes=30,
)
def filtered(victim, owner):
    victim.run("nft", "add table arp probe; delete table arp probe", needs="nf_tables with the family arp")
    victim.conf(locktime_ms=0, base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000)
    victim.conf(delay_first_probe_time_ms=3_600_000)
    victim.neigh_set(owner.addr, owner.lladdr, state=NUD.REACHABLE)


@contextlib.contextmanager
def undone(victim, owner):
    """Give the victim's entry for the owner its true address back; one that was static is static again."""
    entry = victim.neigh_get(owner.addr)
    static = entry is not None and entry.state == NUD.PERMANENT
    try:
        yield
    finally:
        victim.neigh_set(owner.addr, owner.lladdr, state=NUD.PERMANENT if static else NUD.STALE)


def believed(victim, attacker, owner, frame):
    """The link-layer address that the victim has for the owner when it has heard a lie."""
    with undone(victim, owner):
        attacker.send(frame)
        attacker.fence(victim, by="marker")
        entry = victim.neigh_get(owner.addr)
        return entry.lladdr if entry is not None else None


@filtered.check(
    "no answer and no announcement with another link-layer address changes the owner's entry",
    points=2,
    otherwise="A forged answer or announcement for 192.0.2.3 was believed: nothing on its way into the victim's kernel"
    " (the hook `input` of arp_rcv) has compared what it claims with what is true.",
)
def answers_lie(victim, attacker, owner, lab):
    asked = {"receiver": victim.addr, "receiver_lladdr": victim.lladdr}
    for frame in (
        arp.reply(owner.addr, lladdr=EVIL, **asked),
        arp.reply(owner.addr, lladdr=EVIL, **asked, to=BROADCAST),
        arp.gratuitous(owner.addr, lladdr=EVIL, form="reply"),
    ):
        lab.expect("the owner's entry says", believed(victim, attacker, owner, frame), owner.lladdr)


@filtered.check(
    "no question in the owner's name with another link-layer address changes the owner's entry",
    points=2,
    otherwise="A forged question was believed: whoever asks in the name of 192.0.2.3 says where 192.0.2.3 is, and the"
    " kernel learns from questions as from answers. A rule about replies leaves half of ARP.",
)
def questions_lie(victim, attacker, owner, lab):
    for frame in (
        arp.request(victim.addr, sender=owner.addr, lladdr=EVIL),
        arp.request("192.0.2.200", sender=owner.addr, lladdr=EVIL),
        arp.gratuitous(owner.addr, lladdr=EVIL),
    ):
        lab.expect("the owner's entry says", believed(victim, attacker, owner, frame), owner.lladdr)


@filtered.check(
    "a lie in a frame that carries the owner's Ethernet source is not believed, either",
    points=1,
    otherwise="A frame with the owner's address in its Ethernet header, and another one in the ARP message, was"
    " believed: the kernel learns what the message says (arp saddr ether), so that is what a rule must look at.",
)
def ethernet_lies(victim, attacker, owner, lab):
    frame = arp.request(victim.addr, sender=owner.addr, lladdr=EVIL, src=owner.lladdr)
    try:
        lab.expect("the owner's entry says", believed(victim, attacker, owner, frame), owner.lladdr)
    finally:
        owner.send(arp.probe(victim.addr, lladdr=owner.lladdr))  # the bridge learns again where the owner is
        owner.fence(victim, by="marker")


@filtered.check(
    "a victim that does not know the owner is taught no lie",
    points=2,
    otherwise="When its entry is gone, the victim learns the lie: an entry that is static now defends only as long as"
    " it is there, and the next `ip neigh flush` or link that goes down ends that. A filter stays.",
)
def unknown(victim, attacker, owner):
    with undone(victim, owner):
        victim.neigh_del(owner.addr)
        attacker.send(arp.request(victim.addr, sender=owner.addr, lladdr=EVIL))
        attacker.fence(victim, by="marker")
        victim.expect(owner.addr, ABSENT, within_ms=0)


@filtered.check(
    "the owner itself is still heard, answered and found",
    points=2,
    kept=True,
    otherwise="The owner's own ARP does not get through any more: a rule must tell a true claim from a false one.",
)
def owner_is_heard(victim, owner, lab):
    with undone(victim, owner):
        victim.neigh_set(owner.addr, OTHER, state=NUD.STALE)
        owner.send(arp.announcement(owner.addr, lladdr=owner.lladdr))
        owner.fence(victim, by="marker")
        victim.expect(owner.addr, NUD.STALE, lladdr=owner.lladdr, within_ms=0)
        victim.neigh_del(owner.addr)
        with because(
            "The victim's own question for 192.0.2.3 is not answered any more: it sends none, or drops the answer."
        ):
            lab.expect("the owner answers the victim", victim.ping(owner.addr, within_ms=500) is not None, True)
        owner.neigh_del(victim.addr)
        lab.expect("the victim answers the owner", owner.ping(victim.addr, within_ms=500) is not None, True)


@filtered.check(
    "everybody else is still heard, answered and found",
    points=2,
    kept=True,
    otherwise="ARP of others is dropped as well: they are not answered, not found, or their changes are not heard. The"
    " rule is to stop false claims to 192.0.2.3 and to let everything else pass.",
)
def others_are_heard(victim, attacker, lab):
    victim.neigh_set(GUEST, OTHER, state=NUD.STALE)
    attacker.send(arp.announcement(GUEST, lladdr=EVIL))
    attacker.fence(victim, by="marker")
    victim.expect(GUEST, NUD.STALE, lladdr=EVIL, within_ms=0)
    victim.neigh_del(GUEST)
    for one, other in ((victim, attacker), (attacker, victim)):
        one.neigh_del(other.addr)
        lab.expect(f"{other.name} answers {one.name}", one.ping(other.addr, within_ms=500) is not None, True)

"""Static entries keep an attacker out of a conversation if both ends have one, and leave room for new neighbours.

What a check does to an entry is undone when it ends.
"""

import contextlib

from neighlab.topologies import VictimAttackerOwner

from neighlab import BROADCAST, NUD, arp, because, exercise

VISITOR = "192.0.2.50"


@exercise(
    topology=VictimAttackerOwner,
    yours=["victim", "owner"],
    about=["spoof/static-defence", "static/permanent"],
    minutes=25,
)
def static(victim, owner):
    for one, other in ((victim, owner), (owner, victim)):
        one.conf(locktime_ms=0, base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000)
        one.conf(delay_first_probe_time_ms=3_600_000)
        one.neigh_set(other.addr, other.lladdr, state=NUD.REACHABLE)


def lies(liar, one, other):
    """Every form in which `liar` can tell `one` that it is `other`."""
    lie, asked = {"lladdr": liar.lladdr}, {"receiver": one.addr, "receiver_lladdr": one.lladdr}
    return {
        "a question for its own address": arp.request(one.addr, sender=other.addr, **lie),
        "a question for a third address": arp.request("192.0.2.200", sender=other.addr, **lie),
        "a reply": arp.reply(other.addr, **lie, **asked),
        "a broadcast reply": arp.reply(other.addr, **lie, **asked, to=BROADCAST),
        "a gratuitous request": arp.gratuitous(other.addr, **lie),
        "a gratuitous reply": arp.gratuitous(other.addr, **lie, form="reply"),
    }


@contextlib.contextmanager
def undone(one, addr):
    """Give the entry for `addr` back what it was at the beginning; one that was learned is STALE then."""
    entry = one.neigh_get(addr)
    try:
        yield
    finally:
        if entry is not None and entry.lladdr:
            deaf = entry.state in (NUD.PERMANENT, NUD.NOARP)
            one.neigh_set(addr, entry.lladdr, state=entry.state if deaf else NUD.STALE)
        else:
            one.neigh_del(addr)


def direct(attacker, one, other, lab):
    """Expect that after each lie what `one` sends to `other` goes there, and not to the attacker."""
    with undone(one, other.addr):
        for form, frame in lies(attacker, one, other).items():
            attacker.send(frame)
            attacker.fence(one, by="marker")
            wire = one.capture(everything=True)
            outbox = one.udp(other.addr)
            outbox.send()
            outbox.close()
            one.fence(other, by="marker")
            lab.expect(f"after {form} it sends to", [one.parsed.dst for one in wire.frames(dport=7777)], [other.lladdr])


@static.check(
    "the two still talk to each other",
    points=1,
    kept=True,
    otherwise="Victim and owner do not reach each other any more: look at the link-layer address in each entry.",
)
def talk(victim, owner, lab):
    lab.expect("the owner answers the victim", victim.ping(owner.addr, within_ms=500) is not None, True)


@static.check(
    "a neighbour that nobody has met before is still reached from both",
    points=2,
    kept=True,
    otherwise="A new host on the LAN is not reached any more: a defence that silences ARP defends against colleagues.",
)
def newcomer(victim, attacker, owner, lab):
    attacker.add_addr(f"{VISITOR}/24")
    try:
        for one in (victim, owner):
            lab.expect(f"{one.name} reaches {VISITOR}", one.ping(VISITOR, within_ms=500) is not None, True)
    finally:
        attacker.del_addr(f"{VISITOR}/24")
        for one in (victim, owner):
            one.neigh_del(VISITOR)


@static.check(
    "no lie, whatever its form, turns away what the victim sends to the owner",
    points=2,
    otherwise="The victim believed a lie and sends to the attacker what is for the owner: REACHABLE is a state that ARP"
    " may change, and a knob that is about one form of ARP leaves the others. Which state is the administrator's own?",
)
def there(victim, attacker, owner, lab):
    direct(attacker, victim, owner, lab)


@static.check(
    "no lie, whatever its form, turns away what the owner sends to the victim",
    points=2,
    otherwise="The owner believed a lie and sends its answers to the attacker. An entry decides about one direction"
    " only: what its own host sends.",
)
def back(victim, attacker, owner, lab):
    direct(attacker, owner, victim, lab)


@static.check(
    "the defence outlives a cable that was pulled",
    points=2,
    otherwise="After a cable was pulled and plugged in again, a lie is believed: carrier loss flushes an interface's"
    " entries (neigh_carrier_down), but not those of one state.",
)
def cable(victim, attacker, owner, lab):
    for one, other in ((victim, owner), (owner, victim)):
        with undone(one, other.addr):
            entry = one.neigh_get(other.addr)
            one.unplug()
            one.plug()
            if entry is not None and entry.state == NUD.NOARP:
                with because(
                    "NOARP is as deaf as PERMANENT, but it goes with the carrier: one pulled cable is enough."
                ):
                    direct(attacker, one, other, lab)
            direct(attacker, one, other, lab)

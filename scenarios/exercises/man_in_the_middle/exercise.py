"""Whoever lies to both ends and forwards what comes carries a conversation that goes on as if nothing had happened.

The victim's program tells the owner a word once a second, in a ping's payload: who is in the middle can read it.
"""

import itertools

from neighlab.topologies import VictimAttackerOwner

from neighlab import NUD, because, exercise

WORD = "violet-umbrella"
REDIRECT = 5
STRANGERS = itertools.cycle(f"192.0.2.{number}" for number in range(101, 251))


@exercise(topology=VictimAttackerOwner, yours=["attacker"], about=["spoof/mitm", "spoof/request-for-us"], minutes=40)
def middle(victim, owner):
    for one in (victim, owner):
        one.conf(locktime_ms=0, base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000)
        one.conf(delay_first_probe_time_ms=3_600_000)
    victim.ping(owner.addr)  # the bridge knows where both are: no copy reaches the attacker
    for one, other in ((victim, owner), (owner, victim)):
        one.neigh_set(other.addr, other.lladdr, state=NUD.REACHABLE)
    victim.daemon("ping", "-q", "-i", "1", "-p", f"{WORD} ".encode().hex(), owner.addr)


def path(one, attacker, other, lab):
    """Send a datagram; expect that the attacker receives it and sends it on, and that it arrives once."""
    inbox, wire = other.listen(port=7001), attacker.capture(everything=True)
    outbox = one.udp(other.addr, port=7001)
    outbox.send()
    outbox.close()
    for host in (attacker, other):
        one.fence(host, by="marker")
    attacker.fence(other, by="marker")
    arrived = len(inbox.read())
    inbox.close()
    theirs = {"dport": 7001, "target": other.addr}
    through = bool(wire.frames("received", src=one.lladdr, **theirs))
    lab.expect(f"what {one.name} sends to {other.name} comes to the attacker", through, True)
    with because(
        f"What {one.name} sends to {other.name} comes to the attacker and ends there: a host that is no router drops"
        " what is not its own. The conversation is dead, and somebody will look for the reason."
    ):
        lab.expect(f"the attacker sends it on to {other.name}", len(wire.frames("sent", dst=other.lladdr, **theirs)), 1)
        lab.expect(f"{other.name} receives it", arrived, 1)


@middle.check(
    "what the victim sends to the owner goes through the attacker, and arrives",
    points=3,
    otherwise="The victim sends directly to the owner: its entry for 192.0.2.3 does not have the attacker's link-layer"
    " address. Which messages change an entry that exists, and whose name must they bear?",
)
def there(victim, attacker, owner, lab):
    path(victim, attacker, owner, lab)


@middle.check(
    "what the owner sends to the victim goes through the attacker, and arrives",
    points=3,
    otherwise="The owner sends directly to the victim: half of the conversation escapes. Each end has an entry of its"
    " own, and believes its own lie.",
)
def back(victim, attacker, owner, lab):
    path(owner, attacker, victim, lab)


@middle.check(
    "no redirect tells either end that there is a shorter way",
    points=2,
    kept=True,
    otherwise="The attacker's kernel tells the victim that it is a detour (ICMP redirect): a router that sends a packet"
    " out of the interface by which it came does so, if `send_redirects` of the interface OR of `all` says so.",
)
def quiet(victim, attacker, owner):
    # the kernel limits redirects for each sender: one that has not been heard lately is sure to be told. The owner
    # takes the datagram: to complain it would have to ask for the stranger, and its question would undo the lie.
    inbox, stranger = owner.listen(port=7002), next(STRANGERS)
    victim.add_addr(f"{stranger}/24")
    wire = attacker.capture(everything=True)
    outbox = victim.udp(owner.addr, port=7002, source=stranger)
    outbox.send()
    outbox.close()
    for _ in range(2):
        victim.fence(attacker, by="marker")
        attacker.fence(victim, by="marker")
    inbox.close()
    victim.del_addr(f"{stranger}/24")
    attacker.neigh_del(stranger)
    wire.expect(0, icmp_type=REDIRECT, within_ms=0)


@middle.check(
    "the answer `word` is what the victim tells the owner once a second",
    points=2,
    otherwise="That is not the word. It is in the payload of the victim's pings: look at the packets that come through"
    " the attacker, and at what is in them.",
)
def heard(answers, lab):
    lab.expect("answer word", answers.get("word", "").lower(), WORD)

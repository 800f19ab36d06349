"""Four forms of ARP carry the same claim, and the victim's settings decide which of them it believes.

The victim's locktime is a day and its arp_accept 0, so that four of the eight claims are refused: an answer about what
it knows, and everything but a question about what it does not know.
"""

import re

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NUD, OTHER, arp, because, exercise

DAY_MS = 86_400_000
NUMBERS = {"a question to it": (11, 21), "an answer to it": (12, 22), "a gratuitous question": (13, 23),
           "a gratuitous answer": (14, 24)}  # fmt: skip
REFUSED, PROVED = "12 22 23 24", "12 22"
SPARE = "192.0.2.200"
PATIENCE_MS = 1500


@exercise(
    topology=VictimAttackerOwner,
    yours=["victim", "attacker"],
    about=["spoof/request-for-us", "spoof/unicast-reply", "garp/updates-existing", "garp/locktime", "garp/arp-accept"],
    minutes=35,
)
def forms(victim, owner):
    victim.conf(locktime_ms=DAY_MS, base_reachable_time_ms=DAY_MS, gc_stale_time_ms=DAY_MS)
    for known, unknown in NUMBERS.values():
        for number in (known, unknown):
            owner.add_addr(f"192.0.2.{number}/24")
        victim.neigh_set(f"192.0.2.{known}", owner.lladdr, state=NUD.STALE)


def form_of(message, victim):
    """Which of the four forms an ARP message has; any other is named by its kind."""
    if message.is_gratuitous:
        return "a gratuitous question" if message.kind == "arp-request" else "a gratuitous answer"
    if message.target == victim.addr and message.kind == "arp-request":
        return "a question to it"
    if message.target == victim.addr and message.dst == victim.lladdr:
        return "an answer to it"
    return f"another {message.kind}"


def poisoned(form, victim, attacker, captures, lab):
    """Expect that both addresses of a form were claimed by it alone, and that the victim believes it."""
    for addr in (f"192.0.2.{number}" for number in NUMBERS[form]):
        claims = captures["victim"].frames("received", sender=addr, lladdr=attacker.lladdr)
        used = {form_of(one.parsed, victim) for one in claims}
        with because(
            f"Nothing that reached the victim has claimed {addr} for the attacker's link-layer address. An entry that"
            " was made by hand tells nothing about ARP."
        ):
            lab.expect(f"messages that claimed {addr}", len(claims), range(1, 10_000))
        with because(
            f"{addr} was claimed, but not by this form: look at whom the message asks or tells, and to whom the frame"
            " goes."
        ):
            lab.expect(f"forms that claimed {addr}", [form] if form in used else sorted(used), [form])
        with because(
            f"{addr} was claimed by another form as well, and nobody can tell which of them was believed. `reset`"
            " gives a fresh lab."
        ):
            lab.expect(f"forms that claimed {addr}", sorted(used), [form])
        entry = victim.neigh_get(addr)
        lab.expect(f"the victim has {addr} at", entry.lladdr if entry else None, attacker.lladdr)


@forms.check(
    "a question to the victim has poisoned .11 and .21",
    points=1,
    otherwise="The victim does not believe the question. It learns from one that asks for its own address, in the name"
    " of the address that is claimed: whoever is asked will have to answer.",
)
def question(victim, attacker, captures, lab):
    poisoned("a question to it", victim, attacker, captures, lab)


@forms.check(
    "an answer to the victim, for which it has not asked, has poisoned .12 and .22",
    points=1,
    otherwise="The victim does not believe the answer about .12 or about .22, and for two reasons. It has an entry for"
    " .12, and keeps its address for a while: `victim ip ntable show dev eth0`. For .22 it has none, and makes none"
    " for whom it has not asked.",
)
def answer(victim, attacker, captures, lab):
    poisoned("an answer to it", victim, attacker, captures, lab)


@forms.check(
    "a gratuitous message in the form of a question has poisoned .13 and .23",
    points=1,
    otherwise="The victim does not believe the gratuitous question about .13 or about .23. What is different about"
    " them is whether there is an entry already: a setting says whether such a message may make one.",
)
def gratuitous_question(victim, attacker, captures, lab):
    poisoned("a gratuitous question", victim, attacker, captures, lab)


@forms.check(
    "a gratuitous message in the form of an answer has poisoned .14 and .24",
    points=1,
    otherwise="The victim does not believe the gratuitous answer about .14 or about .24. What is different about them"
    " is whether there is an entry already: a setting says whether such a message may make one.",
)
def gratuitous_answer(victim, attacker, captures, lab):
    poisoned("a gratuitous answer", victim, attacker, captures, lab)


@forms.check(
    "the answer `refused` names those of the eight that the victim did not believe as it was",
    points=2,
    otherwise="That is not what this victim refuses in a fresh lab. Send each message there and look at the entry after"
    " it: is there one, and with whose link-layer address? An entry that exists, and one that would have to be made,"
    " are two questions.",
)
def refused(answers, lab):
    lab.expect("answer refused", numbers(answers.get("refused", "")), REFUSED)


@forms.check(
    "the answer `reachable` names those of the eight that are REACHABLE when all are poisoned",
    points=1,
    otherwise="Look at the states: `victim ip neigh`. REACHABLE is the kernel's word for a neighbour that has answered"
    " this host, and nobody else; whether anything had been asked, arp_process does not look.",
)
def reachable(answers, lab):
    lab.expect("answer reachable", numbers(answers.get("reachable", "")), PROVED)


def numbers(text):
    """The last numbers of the addresses in a text, in their order and each once."""
    return " ".join(sorted(set(re.findall(r"[0-9]+", text.replace("192.0.2.", " ")))))


@forms.check(
    "an entry that has just been changed is overwritten by the next answer",
    points=2,
    otherwise="An entry that was changed a moment ago is still protected against answers, for as long as its interface"
    " says: `victim ip ntable show dev eth0`.",
)
def overwritten(victim, attacker, lab):
    locktime_ms = victim.knob("locktime_ms")
    victim.neigh_set(SPARE, OTHER, state=NUD.STALE)
    if locktime_ms <= PATIENCE_MS:
        victim.hold(SPARE, NUD.STALE, lladdr=OTHER, for_ms=locktime_ms + 100)
    attacker.send(arp.reply(SPARE, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr))
    attacker.fence(victim, by="marker")
    entry = victim.neigh_get(SPARE)
    victim.neigh_del(SPARE)
    lab.expect("the entry then has", entry.lladdr if entry else None, EVIL)


@forms.check(
    "an answer, and both gratuitous forms, make the victim learn an address that it does not know",
    points=2,
    otherwise="The victim still makes no entry for an address just because somebody claims it: only its own need, or a"
    " question to it, makes one. `victim sysctl -ar eth0.arp` lists the settings that its interface has (`default`"
    " is only what new interfaces begin with), and `neighlab show NAME` explains each.",
)
def created(victim, attacker, lab):
    for frame in (
        arp.reply(SPARE, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr),
        arp.gratuitous(SPARE, lladdr=EVIL),
        arp.gratuitous(SPARE, lladdr=EVIL, form="reply"),
    ):
        victim.neigh_del(SPARE)
        attacker.send(frame)
        attacker.fence(victim, by="marker")
        entry = victim.neigh_get(SPARE)
        victim.neigh_del(SPARE)
        lab.expect("the new entry has", entry.lladdr if entry else None, EVIL)


@forms.check(
    "the victim still reaches the owner at 192.0.2.3",
    points=1,
    kept=True,
    otherwise="The victim does not reach the owner at 192.0.2.3 any more: that address was to be left alone.",
)
def talks(victim, owner, lab):
    lab.expect("192.0.2.3 answers", victim.ping(owner.addr, within_ms=1000) is not None, True)

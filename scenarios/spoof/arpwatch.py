"""arpwatch reports a changed Ethernet address and a flip flop, unless the liar's Ethernet source is honest.

arpwatch keeps the pairs of addresses that it hears on the wire, and mails when one changes: "changed ethernet
address" for a new one, "flip flop" for the return of the one before. It hears attempts, also those that the kernel
turns away; but only what passes its own interface, so a unicast reply to another host on a switch is not among it.
And a frame whose Ethernet source is not the link-layer address inside is logged as "ethernet mismatch" and then
ignored: no change, no mail. The kernel looks at the inside alone and is poisoned. Many believe that arpwatch sees all
spoofing on a segment. In practice: watch the log for "ethernet mismatch" too, and mirror the switch's ports to the
watcher.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, ON_LINK, Case, Sabotage, arp, scenario

OWN = "00:00:5e:00:53:02"
BLOCK = 2500
"""Frames that fill a block of libpcap's ring (256 KiB): it hands over a full one at once, any other after a second."""
WORDS = ("new station", "changed ethernet address", "flip flop", "ethernet mismatch")


def of_one(addr, owner):
    return BLOCK * [arp.gratuitous(addr, lladdr=owner.lladdr)]


def gratuitous(victim, owner, src):
    return arp.gratuitous(owner.addr, lladdr=EVIL, src=src)


def unicast_reply(victim, owner, src):
    return arp.reply(owner.addr, lladdr=EVIL, receiver=victim.addr, receiver_lladdr=victim.lladdr, src=src)


REPORTED = {"says": ["new station", "changed ethernet address", "flip flop"]}
LOGGED, UNHEARD = {"says": ["new station", "ethernet mismatch"]}, {"says": ["new station"]}


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/arpwatch"],
    kernel="packet_rcv, arp_process",
    cases=[
        Case("gratuitous", on="victim", attack=gratuitous, **REPORTED),
        Case("unicast-reply", on="victim", attack=unicast_reply, **REPORTED),
        Case("unicast-reply-to-another", on="owner", attack=unicast_reply, **UNHEARD,
             sabotage=Sabotage(params={"attack": gratuitous})),
        Case("honest-source-logged", on="victim", attack=gratuitous, src=OWN, **LOGGED,
             sabotage=Sabotage(params={"src": EVIL})),
    ],
    sabotage=Sabotage(params={"src": OWN}),
)  # fmt: skip
def arpwatch_reports_what_it_hears(victim, attacker, owner, lab, *, on, attack, says, src=EVIL):
    lab[on].run("touch", "/run/tmp/arp.dat")
    arpwatch = lab[on].daemon("arpwatch", "-d", "-i", "eth0", "-f", "/run/tmp/arp.dat")
    arpwatch.expect("new station (192.0.2.3)", nudge=lambda: owner.flood(of_one(owner.addr, owner)))

    attacker.fence(victim)
    attacker.send(attack(victim, owner, src))
    attacker.fence(victim)
    owner.send(arp.gratuitous(owner.addr, lladdr=owner.lladdr))
    arpwatch.expect(f"new station ({ON_LINK})", nudge=lambda: owner.flood(of_one(ON_LINK, owner)))

    heard = [word for line in arpwatch.lines() if owner.addr in line for word in WORDS if word in line]
    lab.expect("it says of the owner", heard, says)

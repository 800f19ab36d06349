"""Poisoned on both sides, two hosts talk through the attacker and see nothing but normal traffic.

Two unasked replies are enough: to the victim "the owner is at my address", to the owner "the victim is". Each of the two
kernels sends what it has for the other to the attacker, whose kernel forwards it like any router and delivers the
answers the same way; checksums are right, nothing is lost, only the TTL is one less. IPv6 works alike with solicited
advertisements. Without forwarding the same poisoning is a blackhole. Many believe that a switch keeps unicast traffic from
third parties: it delivers to the link-layer address it is given. In practice: look for two addresses with one lladdr in
"ip neigh", and for a TTL that has changed.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import Case, Sabotage, arp, ndp, scenario


def arp_replies(liar, one, other):
    return arp.reply(other.addr, lladdr=liar.lladdr, receiver=one.addr, receiver_lladdr=one.lladdr)


def advertisements(liar, one, other):
    return ndp.na(other.addr, lladdr=liar.lladdr, dst=one.addr, to=one.lladdr, solicited=True)


SILENT = Sabotage(mute=True)
NO_ROUTER = Sabotage(knobs={"forwarding": 0})


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/mitm"],
    kernel="arp_process, ndisc_recv_na, ip_forward, ip6_forward",
    cases=[
        Case("forwarding", frame=arp_replies, forwarding=1, answered=True, through=[1, 1], sabotage=SILENT),
        Case(
            "blackhole", frame=arp_replies, forwarding=0, answered=False, through=[1, 0],
            sabotage=Sabotage(knobs={"forwarding": 1}),
        ),
        Case(
            "forwarding-ipv6", frame=advertisements, forwarding=1, answered=True, through=[1, 1], family="ipv6",
            sabotage=SILENT,
        ),
        Case(
            "blackhole-ipv6", frame=advertisements, forwarding=0, answered=False, through=[1, 0], family="ipv6",
            sabotage=Sabotage(knobs={"forwarding": 1}),
        ),
    ],
)  # fmt: skip
def traffic_flows_through_the_attacker(victim, attacker, owner, lab, *, frame, forwarding, answered, through):
    attacker.conf(dev="all", forwarding=forwarding)
    for one, other in ((victim, owner), (owner, victim)):
        one.conf(locktime_ms=0)
        one.neigh_set(other.addr, other.lladdr, state=NUD.STALE)
    wire = attacker.capture(everything=True)

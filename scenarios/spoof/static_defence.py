"""Only static entries on both sides keep an attacker out; on one side alone half of the traffic goes through it.

A PERMANENT entry is deaf to every form of lie, but it decides about one direction: what its own host sends. If only
the victim has one, its packets reach the owner directly, and the answers go to the attacker, because the owner's
entry for the victim can be poisoned as before - and the other way round. The connection works either way, so nobody
notices which half is read. Many believe that a static entry for the gateway protects a host. In practice: it keeps
passwords on their way out and lets the answers be read and changed; the gateway needs an entry for the host as well,
or the switch must do it (dynamic ARP inspection).
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import BROADCAST, NUD, Case, Sabotage, arp, ndp, scenario

PERMANENT, STALE = NUD.PERMANENT, NUD.STALE


def arp_lies(liar, one, other):
    lie = {"lladdr": liar.lladdr}
    asked = {"receiver": one.addr, "receiver_lladdr": one.lladdr}
    return [
        arp.request(one.addr, sender=other.addr, **lie),
        arp.reply(other.addr, **lie, **asked),
        arp.reply(other.addr, **lie, **asked, to=BROADCAST),
        arp.gratuitous(other.addr, **lie),
    ]


def nd_lies(liar, one, other):
    lie = {"lladdr": liar.lladdr}
    return [
        ndp.ns(one.addr, sender=other.addr, **lie),
        ndp.na(other.addr, **lie, dst=one.addr, to=one.lladdr, solicited=True),
        ndp.unsolicited_na(other.addr, **lie),
    ]


V4, V6 = {"lies": arp_lies, "ping": 8, "pong": 0}, {"lies": nd_lies, "ping": 128, "pong": 129, "family": "ipv6"}
NEITHER, VICTIM = {"victims": STALE, "owners": STALE}, {"victims": PERMANENT, "owners": STALE}
OWNER, BOTH = {"victims": STALE, "owners": PERMANENT}, {"victims": PERMANENT, "owners": PERMANENT}
NO_DEFENCE, DEFENCE = Sabotage(params=NEITHER), Sabotage(params=BOTH)


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/static-defence", "spoof/mitm"],
    kernel="__neigh_update, arp_process, ndisc_recv_na, ndisc_recv_ns",
    cases=[
        Case("neither", **NEITHER, requests=1, replies=1, **V4, sabotage=DEFENCE),
        Case("victim-only", **VICTIM, requests=0, replies=1, **V4, sabotage=NO_DEFENCE),
        Case("owner-only", **OWNER, requests=1, replies=0, **V4, sabotage=NO_DEFENCE),
        Case("both", **BOTH, requests=0, replies=0, **V4, sabotage=NO_DEFENCE),
        Case("neither-ipv6", **NEITHER, requests=1, replies=1, **V6, sabotage=DEFENCE),
        Case("victim-only-ipv6", **VICTIM, requests=0, replies=1, **V6, sabotage=NO_DEFENCE),
        Case("both-ipv6", **BOTH, requests=0, replies=0, **V6, sabotage=NO_DEFENCE),
    ],
)
def static_entries_defend_one_direction_each(
    victim, attacker, owner, lab, *, lies, victims, owners, requests, replies, ping, pong
):
    attacker.conf(dev="all", forwarding=1)
    victim.neigh_set(owner.addr, owner.lladdr, state=victims)
    owner.neigh_set(victim.addr, victim.lladdr, state=owners)
    wire = attacker.capture(everything=True)

    for frame in lies(attacker, victim, owner) + lies(attacker, owner, victim):
        attacker.send(frame)
    attacker.fence(victim, by="marker")
    attacker.fence(owner, by="marker")
    echoed = victim.ping(owner.addr) is not None

    lab.expect("the owner answers the victim", echoed, True)
    wire.expect(requests, "received", icmp_type=ping, target=owner.addr, src=victim.lladdr)
    wire.expect(replies, "received", icmp_type=pong, target=victim.addr, src=owner.lladdr)

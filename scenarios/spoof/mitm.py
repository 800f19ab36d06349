"""Poisoned on both sides, two hosts talk through the attacker, and only redirects and the TTL give it away.

Two questions in a wrong name are enough: to the victim in the owner's, to the owner in the victim's. Each kernel then
sends what it has for the other to the attacker, whose kernel forwards it like any router. Since it leaves by the
interface it came from, ip_forward also tells the sender that there is a shorter way (ICMP redirect; send_redirects=0
stops it, in IPv6 nothing does), which changes nothing: who is poisoned believes to use the shortest way already. Only
TCP over IPv6 heeds it (spoof/redirect_of_connection). Without forwarding the same poisoning is a blackhole. Many
believe that a switch keeps unicast traffic from third parties. In practice: two addresses with one lladdr in "ip
neigh", redirects for on-link addresses, a TTL of 63.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import NUD, Case, Sabotage, arp, ndp, scenario


def request(liar, one, other):
    return arp.request(one.addr, sender=other.addr, lladdr=liar.lladdr, to=one.lladdr)


def solicitation(liar, one, other):
    return ndp.ns(one.addr, sender=other.addr, lladdr=liar.lladdr, dst=one.addr, to=one.lladdr)


V4 = {"frame": request, "ping": 8, "pong": 0}
V6 = {"frame": solicitation, "ping": 128, "pong": 129, "family": "ipv6"}
FORWARDED, LOST = {"forwarding": 1, "answered": True, "passed": 1}, {"forwarding": 0, "answered": False, "passed": 0}
SILENT, ROUTED = Sabotage(mute=True), Sabotage(params={"forwarding": 1})


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/mitm"],
    kernel="arp_process, ndisc_recv_na, ip_forward, ip6_forward",
    cases=[
        Case("forwarding", **FORWARDED, **V4, sabotage=SILENT),
        Case("blackhole", **LOST, **V4, sabotage=ROUTED),
        Case("forwarding-ipv6", **FORWARDED, **V6, sabotage=SILENT),
        Case("blackhole-ipv6", **LOST, **V6, sabotage=ROUTED),
    ],
)
def traffic_flows_through_the_attacker(
    victim, attacker, owner, lab, *, frame, forwarding, answered, passed, ping, pong
):
    attacker.conf(dev="all", forwarding=forwarding)
    victim.neigh_set(owner.addr, owner.lladdr, state=NUD.STALE)
    owner.neigh_set(victim.addr, victim.lladdr, state=NUD.STALE)
    wire = attacker.capture(everything=True)

    attacker.send(frame(attacker, victim, owner))
    attacker.send(frame(attacker, owner, victim))
    attacker.fence(victim, by="marker")
    attacker.fence(owner, by="marker")
    echoed = victim.ping(owner.addr, within_ms=400) is not None

    lab.expect("the owner answers the victim", echoed, answered)
    wire.expect(1, "received", icmp_type=ping, target=owner.addr, src=victim.lladdr)
    wire.expect(passed, "sent", icmp_type=ping, target=owner.addr, dst=owner.lladdr)
    wire.expect(passed, "received", icmp_type=pong, target=victim.addr, src=owner.lladdr)
    wire.expect(passed, "sent", icmp_type=pong, target=victim.addr, dst=victim.lladdr)

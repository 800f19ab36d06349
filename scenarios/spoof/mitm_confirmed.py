"""TCP through a forwarding attacker confirms the poisoned entry, so that it is never probed.

tcp_ack takes new acknowledgements as proof that the next hop is alive, and dst_confirm marks the neighbour that the
packets leave by - which is the attacker, who forwards and so keeps the proofs coming. neigh_timer_handler finds the
entry confirmed and makes it REACHABLE with the false address; the unicast probe that would have exposed it is not
sent. Without such a flow the entry is probed after delay_first_probe_time. In IPv6 the attacker's own kernel can betray
him: its redirects carry the owner's true link-layer address, and a connection on which nobody is just sending takes
them (tcp_v6_err, rt6_do_redirect); these hosts have accept_redirects off, as many do for safety. Many believe that
unreachability detection ends an attack by itself after half a minute. In practice: the busier the connection, the
longer the poison lasts; confirmed means "packets get there", not "the address is true".
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import NUD, Case, Sabotage, arp, ndp, scenario


def request(liar, one, other):
    return arp.request(one.addr, sender=other.addr, lladdr=liar.lladdr, to=one.lladdr)


def solicitation(liar, one, other):
    return ndp.ns(one.addr, sender=other.addr, lladdr=liar.lladdr, dst=one.addr, to=one.lladdr)


def tcp(victim, owner):
    return victim.tcp(owner).exchange


def udp(victim, owner):
    return victim.udp(owner.addr).send


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/mitm", "nud/confirmation"],
    kernel="tcp_ack, dst_confirm_neigh, neigh_timer_handler, ip_forward",
    cases=[
        Case("ipv4", frame=request),
        Case("ipv6", frame=solicitation, family="ipv6"),
    ],
    sabotage=Sabotage(params={"talk": udp}),
)
def flow_through_the_attacker_confirms_the_lie(victim, attacker, owner, *, frame, talk=tcp):
    victim.conf(delay_first_probe_time_ms=1000)
    attacker.conf(dev="all", forwarding=1)
    for one, other in ((victim, owner), (owner, victim)):
        one.conf(accept_redirects=0)
        one.neigh_set(other.addr, other.lladdr, state=NUD.STALE)
        attacker.send(frame(attacker, one, other))
        attacker.fence(one, by="marker")
    say, capture = talk(victim, owner), victim.capture()

    say()
    victim.hold(owner.addr, NUD.DELAY, lladdr=attacker.lladdr, for_ms=50)
    say()

    victim.expect(owner.addr, NUD.REACHABLE, lladdr=attacker.lladdr)
    capture.expect(0, "sent", target=owner.addr, is_solicitation=True)

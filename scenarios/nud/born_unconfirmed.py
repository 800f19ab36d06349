"""An entry that somebody else's question created is STALE, and its first use is checked by a unicast probe.

arp_process and ndisc_recv_ns learn the asker's address, for an answer is about to be sent there; but a question
proves only that frames come *from* it, not that they arrive. So the entry is STALE, and neigh_alloc has dated its
last confirmation two reachable times back on purpose: no young age can make it pass for confirmed. The first packet
leaves at once, in DELAY; then PROBE asks. In IPv6 the answer itself is that packet, so the entry is in DELAY from the
start. Many believe that having heard from a host is as good as having reached it. In practice: a host that only ever
answers sends a unicast ARP request to its client five seconds into every new conversation - which looks like an
attack in a capture, and is not.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, Sabotage, arp, ndp, scenario


def request(victim, peer):
    return arp.request(victim.addr, sender=peer.addr, lladdr=peer.lladdr)


def solicitation(victim, peer):
    return ndp.ns(victim.addr, sender=peer.addr, lladdr=peer.lladdr)


@scenario(
    topology=TwoHosts,
    proves=["nud/born-unconfirmed"],
    kernel="arp_process, ndisc_recv_ns, neigh_event_ns, neigh_alloc",
    cases=[
        Case("ipv4-request", ask=request, question="arp-request", state=NUD.STALE),
        Case("ipv6-solicitation", family="ipv6", ask=solicitation, question="ns", state=NUD.DELAY),
    ],
    sabotage=Sabotage(mute=True),
)
def asker_is_learned_stale_and_probed_on_first_use(victim, peer, *, ask, question, state):
    victim.conf(delay_first_probe_time_ms=500)
    capture = victim.capture()

    peer.send(ask(victim, peer))
    peer.fence(victim)
    victim.expect(peer.addr, state, lladdr=peer.lladdr, within_ms=0)
    victim.ping(peer.addr)

    victim.expect(peer.addr, NUD.DELAY, NUD.PROBE, NUD.REACHABLE, lladdr=peer.lladdr)
    capture.expect(1, "sent", kind=question, target=peer.addr, dst=peer.lladdr)
    capture.expect(0, "sent", kind=question, target=peer.addr, is_broadcast=True)

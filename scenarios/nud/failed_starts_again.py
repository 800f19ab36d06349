"""A FAILED entry is no verdict for ever: the next packet to it asks anew, and an answer makes it REACHABLE.

__neigh_event_send treats FAILED as it treats an entry that was never resolved: the state becomes INCOMPLETE, the
counter of questions starts again, the packet waits. Nothing has to expire first, there is no time for which failure
is remembered. Many believe that a FAILED entry blocks the address until it is flushed or times out. In practice: each
new packet to a dead host costs another round of broadcasts, which is why a monitoring system that polls many dead hosts
is heard on the whole LAN - and why nothing has to be flushed when the host comes back.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, Sabotage, scenario


@scenario(
    topology=TwoHosts,
    proves=["nud/failed-starts-again"],
    kernel="__neigh_event_send",
    cases=[Case("ipv4", question="arp-request"), Case("ipv6", family="ipv6", question="ns")],
    sabotage=Sabotage(knobs={"mcast_solicit": 0}),
)
def failed_entry_is_resolved_by_the_next_packet(victim, peer, *, question):
    victim.conf(mcast_solicit=0)
    victim.ping(peer.addr, within_ms=10)
    victim.expect(peer.addr, NUD.FAILED)
    victim.conf(mcast_solicit=3)
    capture = victim.capture()

    victim.ping(peer.addr)

    victim.expect(peer.addr, NUD.REACHABLE, lladdr=peer.lladdr)
    capture.expect(1, "sent", kind=question, target=peer.addr, is_broadcast=True)

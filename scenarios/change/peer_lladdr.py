"""After a peer's silent change of its lladdr, traffic goes to the old one until delay and probes are over.

Nothing tells the host, so its entry ages as if nothing had happened: REACHABLE to the end of reachable time, then
STALE. What is sent now still goes to the old address (__neigh_event_send), for delay_first_probe_time and then for
ucast_solicit unicast probes, which go there as well and find nobody. Only then, in this order: mcast_resolicit
broadcasts find the peer again, or - the default, 0 - the entry is FAILED, and the next packet resolves anew. Many
believe that a reply is missed and ARP asks again at once. In practice: with the defaults 8 s of loss after up to 45 s
in which nobody noticed; a virtual machine that comes up elsewhere with a new address must announce itself.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, OTHER, Case, Sabotage, scenario

DELAY_MS, RETRANS_MS, PROBES = 80, 40, 3
SILENCE_MS = DELAY_MS + PROBES * RETRANS_MS
STALE, DELAY, PROBE, FAILED, REACHABLE = NUD.STALE, NUD.DELAY, NUD.PROBE, NUD.FAILED, NUD.REACHABLE
FOUND, LOST = [DELAY, PROBE, REACHABLE], [DELAY, PROBE, FAILED]
ANNOUNCED = Sabotage(knobs={"arp_notify": 1, "ndisc_notify": 1})


@scenario(
    topology=TwoHosts,
    proves=["change/peer-lladdr"],
    kernel="__neigh_event_send, neigh_timer_handler, neigh_max_probes, neigh_probe",
    cases=[
        Case("0-mcast-resolicit", mcast_resolicit=0, path=LOST),
        Case("1-mcast-resolicit", mcast_resolicit=1, path=FOUND),
        Case("0-mcast-resolicit-ipv6", mcast_resolicit=0, path=LOST, family="ipv6"),
        Case("1-mcast-resolicit-ipv6", mcast_resolicit=1, path=FOUND, family="ipv6"),
    ],
    sabotage=ANNOUNCED,
)
def traffic_goes_to_the_old_lladdr_until_the_probes_are_over(victim, peer, lab, *, mcast_resolicit, path):
    victim.conf(base_reachable_time_ms=200, delay_first_probe_time_ms=DELAY_MS, retrans_time_ms=RETRANS_MS)
    victim.conf(ucast_solicit=PROBES, mcast_resolicit=mcast_resolicit)
    victim.conf(locktime_ms=0)
    wire, outbox, old = victim.capture(everything=True), victim.udp(peer.addr), peer.lladdr

    victim.ping(peer.addr)
    victim.expect(peer.addr, REACHABLE, STALE, lladdr=old)
    victim.conf(base_reachable_time_ms=2000)
    peer.link(lladdr=OTHER)
    outbox.send()
    victim.expect(peer.addr, *path)
    outbox.send()

    victim.expect(peer.addr, REACHABLE, lladdr=OTHER)
    (lost,) = wire.expect(1, "sent", dport=7777, dst=old)
    (arrived,) = wire.expect(1, "sent", dport=7777, dst=OTHER)
    lab.expect("ms of silence", round((arrived.at - lost.at) * 1000), range(SILENCE_MS * 9 // 10, SILENCE_MS * 16))

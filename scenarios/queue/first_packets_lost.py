"""A burst to a host that answers late loses its first packets, and a bigger budget loses none.

Nothing leaves before the neighbour is known, so everything that is sent meanwhile must fit into unres_qlen_bytes; what
does not is dropped from the head of the queue, silently: UDP's send() succeeds and no error comes later. The receiver
misses the beginning and gets the end, in order. Many look for the loss in the network, or raise net.core.wmem or the
receiver's buffer, which are not asked here. In practice: a stream that starts with a hole (media, syslog, DNS after a
failover or a reboot of the gateway) is this; the budget must hold what is sent in one resolution, which may take
mcast_solicit times retrans_time.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, scenario

COUNT = 30
V4 = {"addr": ON_LINK, "prefix": 24, "anywhere": "0.0.0.0"}
V6 = {"family": "ipv6", "addr": ON_LINK6, "prefix": 64, "anywhere": "::"}
LOST, COMPLETE = range(1, COUNT), range(COUNT, COUNT + 1)
ROOMY, TIGHT = Sabotage(knobs={"unres_qlen_bytes": 212992}), Sabotage(knobs={"unres_qlen_bytes": 0})


@scenario(
    topology=TwoHosts,
    proves=["queue/first-packets-lost"],
    kernel="__neigh_event_send, neigh_update_process_arp_queue",
    cases=[
        Case("6270-loses-the-first", unres_qlen_bytes=6270, arrived=LOST, sabotage=ROOMY, **V4),
        Case("212992-loses-none", unres_qlen_bytes=212992, arrived=COMPLETE, sabotage=TIGHT, **V4),
        Case("6270-loses-the-first-ipv6", unres_qlen_bytes=6270, arrived=LOST, sabotage=ROOMY, **V6),
        Case("212992-loses-none-ipv6", unres_qlen_bytes=212992, arrived=COMPLETE, sabotage=TIGHT, **V6),
    ],
)
def burst_to_a_late_host_loses_its_beginning(victim, peer, lab, *, addr, prefix, anywhere, unres_qlen_bytes, arrived):
    victim.conf(unres_qlen_bytes=unres_qlen_bytes, retrans_time_ms=100, mcast_solicit=30)
    inbox, outbox = peer.listen(addr=anywhere), victim.udp(addr)
    burst = [bytes([number]) for number in range(COUNT)]

    refused = [error for payload in burst for error in outbox.send(payload) if error]
    peer.add_addr(f"{addr}/{prefix}")
    victim.expect(addr, NUD.REACHABLE)
    peer.fence(victim)

    lab.expect("errors of the sender", refused, [])
    received = inbox.read()
    lab.expect("number that arrived", len(received), arrived)
    lab.expect("what arrived is the end of the burst", received, burst[-len(received) :])

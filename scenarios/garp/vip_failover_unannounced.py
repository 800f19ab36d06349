"""A VIP that moves without announcement is found again only after delay and all unicast probes.

The client goes on sending to the old owner: first because the entry is REACHABLE, then on trust in DELAY, then while
the unicast probes go to a host that no longer answers for the address. FAILED is the turning point: neigh_invalidate
gives up, and the next packet makes the kernel ask by broadcast, which the new owner answers. mcast_resolicit=1 lets
PROBE end with that broadcast instead. Many believe that a changed address is noticed when the first packet gets no
answer: nobody in the kernel waits for answers. In practice: 8 s of loss with the defaults, after up to 45 s in which
a REACHABLE entry is not even doubted; a router with a few seconds less is one where somebody has tuned these three
knobs.
"""

from neighlab.topologies import Failover

from neighlab import NUD, Case, Sabotage, arp, ndp, scenario

VIP, VIP6 = "192.0.2.100", "2001:db8::100"
DELAY_MS, RETRANS_MS, PROBES = 80, 40, 3
SILENCE_MS = DELAY_MS + PROBES * RETRANS_MS
V4, V6 = {"vip": VIP, "net": f"{VIP}/24"}, {"vip": VIP6, "net": f"{VIP6}/64", "family": "ipv6"}
PROBE, FAILED, REACHABLE = NUD.PROBE, NUD.FAILED, NUD.REACHABLE


def nothing(standby):
    standby.capture()


def announcement(standby):
    standby.send(arp.announcement(VIP, lladdr=standby.lladdr))


def advertisement(standby):
    standby.send(ndp.unsolicited_na(VIP6, lladdr=standby.lladdr))


TOLD, TOLD6 = Sabotage(params={"tell": announcement}), Sabotage(params={"tell": advertisement})


@scenario(
    topology=Failover,
    proves=["garp/vip-failover"],
    kernel="__neigh_event_send, neigh_timer_handler, neigh_max_probes, neigh_invalidate",
    cases=[
        Case("0-mcast-resolicit", mcast_resolicit=0, path=[PROBE, FAILED], **V4, sabotage=TOLD),
        Case("1-mcast-resolicit", mcast_resolicit=1, path=[PROBE, REACHABLE], **V4, sabotage=TOLD),
        Case("0-mcast-resolicit-ipv6", mcast_resolicit=0, path=[PROBE, FAILED], **V6, sabotage=TOLD6),
        Case("1-mcast-resolicit-ipv6", mcast_resolicit=1, path=[PROBE, REACHABLE], **V6, sabotage=TOLD6),
    ],
)
def silent_vip_is_lost_until_the_probes_are_over(
    client, active, standby, lab, *, vip, net, mcast_resolicit, path, tell=nothing
):
    client.conf(delay_first_probe_time_ms=DELAY_MS, retrans_time_ms=RETRANS_MS, ucast_solicit=PROBES, locktime_ms=0)
    client.conf(mcast_resolicit=mcast_resolicit)
    active.add_addr(net)
    client.neigh_set(vip, active.lladdr, state=NUD.STALE)
    wire, outbox = client.capture(everything=True), client.udp(vip)

    active.del_addr(net)
    standby.add_addr(net)
    inbox = standby.listen(addr=vip)
    tell(standby)
    outbox.send(b"lost")
    client.expect(vip, *path)
    outbox.send(b"arrives")

    client.expect(vip, REACHABLE, lladdr=standby.lladdr)
    lab.expect("datagrams at the new owner", inbox.wait_for(1), [b"arrives"])
    (first,) = wire.expect(1, "sent", dport=7777, dst=active.lladdr)
    (second,) = wire.expect(1, "sent", dport=7777, dst=standby.lladdr)
    lab.expect("ms of silence", round((second.at - first.at) * 1000), range(SILENCE_MS * 9 // 10, SILENCE_MS * 16))

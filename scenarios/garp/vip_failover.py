"""After a VIP has moved, a gratuitous frame brings traffic to the new owner at once; silence loses it all.

The client's entry knows the old owner's link-layer address and has no reason to doubt it. A gratuitous frame corrects
it whatever its age, since locktime does not hold for it (arp_process); a plain unasked reply is worth as much only
outside locktime. Without any, the entry ages, is used in DELAY, probed by unicast at a host that no longer has the
address, and is FAILED before the first packet reaches the new owner. Many believe that the client notices by itself
within a second. In practice: with the defaults 8 s are lost once the entry is STALE, up to 53 s else; keepalived
sends its announcements in fives because one is not acknowledged.
"""

from neighlab.topologies import Failover

from neighlab import NUD, Case, Sabotage, arp, ndp, scenario

VIP, VIP6 = "192.0.2.100", "2001:db8::100"
COUNT = 5


def garp_request(client, standby):
    standby.send(arp.announcement(VIP, lladdr=standby.lladdr))


def garp_reply(client, standby):
    standby.send(arp.gratuitous(VIP, lladdr=standby.lladdr, form="reply"))


def plain_reply(client, standby):
    standby.send(arp.reply(VIP, lladdr=standby.lladdr, receiver=client.addr, receiver_lladdr=client.lladdr))


def advertisement(client, standby):
    standby.send(ndp.unsolicited_na(VIP6, lladdr=standby.lladdr))


def advertisement_without_override(client, standby):
    standby.send(ndp.unsolicited_na(VIP6, lladdr=standby.lladdr, override=False))


def nothing(client, standby):
    standby.fence(client, by="marker")


V4, V6 = {"vip": VIP, "net": f"{VIP}/24"}, {"vip": VIP6, "net": f"{VIP6}/64", "family": "ipv6"}
NONE_LOST, ALL_LOST = {"lost": 0, "arrived": COUNT}, {"lost": COUNT, "arrived": 0}
WITHIN, AFTER = 60_000, 10
MUTE = Sabotage(mute=True)
TOLD, TOLD6 = Sabotage(params={"tell": garp_request}), Sabotage(params={"tell": advertisement})


@scenario(
    topology=Failover,
    proves=["garp/vip-failover"],
    kernel="arp_process, arp_is_garp, ndisc_recv_na, __neigh_update, neigh_timer_handler",
    cases=[
        Case("garp-request", tell=garp_request, locktime_ms=AFTER, **NONE_LOST, **V4, sabotage=MUTE),
        Case("garp-request-within-locktime", tell=garp_request, locktime_ms=WITHIN, **NONE_LOST, **V4, sabotage=MUTE),
        Case("garp-reply-within-locktime", tell=garp_reply, locktime_ms=WITHIN, **NONE_LOST, **V4, sabotage=MUTE),
        Case("plain-reply", tell=plain_reply, locktime_ms=AFTER, **NONE_LOST, **V4, sabotage=MUTE),
        Case("plain-reply-within-locktime", tell=plain_reply, locktime_ms=WITHIN, **ALL_LOST, **V4, sabotage=TOLD),
        Case("nothing", tell=nothing, locktime_ms=AFTER, **ALL_LOST, **V4, sabotage=TOLD),
        Case("advertisement-ipv6", tell=advertisement, locktime_ms=0, **NONE_LOST, **V6, sabotage=MUTE),
        Case(
            "no-override-ipv6", tell=advertisement_without_override, locktime_ms=0, **ALL_LOST, **V6, sabotage=TOLD6
        ),
        Case("nothing-ipv6", tell=nothing, locktime_ms=0, **ALL_LOST, **V6, sabotage=TOLD6),
    ],
)  # fmt: skip
def announced_vip_loses_nothing(client, active, standby, lab, *, vip, net, tell, locktime_ms, lost, arrived):
    client.conf(locktime_ms=locktime_ms)
    active.add_addr(net)
    client.neigh_set(vip, active.lladdr, state=NUD.REACHABLE)
    client.hold(vip, NUD.REACHABLE, lladdr=active.lladdr, for_ms=2 * AFTER)
    wire = client.capture(everything=True)

    active.del_addr(net)
    standby.add_addr(net)
    inbox = standby.listen(addr=vip)
    tell(client, standby)
    standby.fence(client, by="marker")
    client.udp(vip).send(count=COUNT)

    wire.expect(lost, "sent", dport=7777, dst=active.lladdr)
    wire.expect(arrived, "sent", dport=7777, dst=standby.lladdr)
    lab.expect("datagrams at the new owner", len(inbox.wait_for(arrived)), arrived)

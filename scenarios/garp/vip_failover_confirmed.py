"""A TCP flow that confirms the old owner of a VIP does not keep an announcement from moving it.

Confirmation (tcp_ack, dst_confirm_neigh) only sets the entry's `confirmed`, which keeps neigh_timer_handler from
doubting it; it is no vote about the address. arp_process and ndisc_recv_na override the link-layer address of a
REACHABLE entry like that of any other, and neigh_update_hhs corrects the cached header, so the very next segment of
the flow goes to the new owner - which knows nothing of the connection and resets it. Many believe that traffic in
progress protects an entry. In practice: a standby that takes over by mistake, with the active one still alive (split
brain), cuts every established connection with one frame; without the frame they all live on.
"""

from neighlab.topologies import Failover

from neighlab import NUD, Case, Sabotage, arp, ndp, scenario

VIP, VIP6 = "192.0.2.100", "2001:db8::100"
RST = 4


def announcement(client, standby):
    standby.send(arp.announcement(VIP, lladdr=standby.lladdr))


def advertisement(client, standby):
    standby.send(ndp.unsolicited_na(VIP6, lladdr=standby.lladdr))


def nothing(client, standby):
    standby.fence(client, by="marker")


V4, V6 = {"vip": VIP, "net": f"{VIP}/24"}, {"vip": VIP6, "net": f"{VIP6}/64", "family": "ipv6"}
MOVED, STAYS = {"to_active": 0, "to_standby": 1}, {"to_active": 1, "to_standby": 0}
MUTE = Sabotage(mute=True)
TOLD, TOLD6 = Sabotage(params={"tell": announcement}), Sabotage(params={"tell": advertisement})


@scenario(
    topology=Failover,
    proves=["garp/vip-failover-confirmed"],
    kernel="tcp_ack, dst_confirm_neigh, arp_process, ndisc_recv_na, neigh_update_hhs",
    cases=[
        Case("announced", tell=announcement, **MOVED, **V4, sabotage=MUTE),
        Case("unannounced", tell=nothing, **STAYS, **V4, sabotage=TOLD),
        Case("announced-ipv6", tell=advertisement, **MOVED, **V6, sabotage=MUTE),
        Case("unannounced-ipv6", tell=nothing, **STAYS, **V6, sabotage=TOLD6),
    ],
)
def confirmed_flow_follows_the_announcement(client, active, standby, *, vip, net, tell, to_active, to_standby):
    active.add_addr(net)
    flow = client.tcp(active, addr=vip)
    flow.exchange()
    client.expect(vip, NUD.REACHABLE, lladdr=active.lladdr)
    wire = client.capture(everything=True)

    standby.add_addr(net)
    tell(client, standby)
    standby.fence(client, by="marker")
    flow.send()

    wire.expect(to_standby, "sent", dport=7777, dst=standby.lladdr)
    wire.expect(to_standby, "received", sport=7777, tcp_flags=RST, src=standby.lladdr)
    wire.expect(to_active, "sent", dport=7777, dst=active.lladdr)

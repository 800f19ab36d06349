"""A peer that announces its new lladdr loses nothing: the next packet goes there, whatever the entry says.

The gratuitous request that arp_notify sends (IPv6: the advertisement of ndisc_notify) overrides the entry at once -
locktime does not hold for gratuitous ARP - and neigh_update_hhs corrects the cached header, so that also a flow in
progress is redirected. The entry becomes STALE: its address was heard, not proved; its first use goes to the new
address at once and is confirmed afterwards. Many believe that a REACHABLE entry is not touched, or that clients have
to resolve first. In practice: one announcement replaces a minute of waiting, if it is not lost: nobody acknowledges
it, so failover software sends several.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, OTHER, Case, Sabotage, scenario

SILENT = Sabotage(knobs={"arp_notify": 0, "ndisc_notify": 0})


@scenario(
    topology=TwoHosts,
    proves=["change/peer-lladdr"],
    kernel="arp_process, ndisc_recv_na, __neigh_update, neigh_update_hhs",
    cases=[
        Case("reachable", knobs={"arp_notify": 1}, old=NUD.REACHABLE),
        Case("stale", knobs={"arp_notify": 1}, old=NUD.STALE),
        Case("reachable-ipv6", knobs={"ndisc_notify": 1}, old=NUD.REACHABLE, family="ipv6"),
        Case("stale-ipv6", knobs={"ndisc_notify": 1}, old=NUD.STALE, family="ipv6"),
    ],
    sabotage=SILENT,
)
def announced_lladdr_is_used_at_once(victim, peer, lab, *, knobs, old):
    peer.conf(**knobs)
    victim.neigh_set(peer.addr, peer.lladdr, state=old)
    wire, outbox, inbox = victim.capture(everything=True), victim.udp(peer.addr), peer.listen()

    outbox.send(b"before")
    peer.link(lladdr=OTHER)
    peer.fence(victim)
    victim.expect(peer.addr, NUD.STALE, lladdr=OTHER, within_ms=0)
    outbox.send(b"after")

    wire.expect(1, "sent", dport=7777, dst=OTHER)
    lab.expect("datagrams that arrived", inbox.wait_for(2), [b"before", b"after"])

"""A host that changes its link-layer address tells nobody, unless arp_notify or ndisc_notify is set.

inetdev_event sends a gratuitous request for each IPv4 address on NETDEV_CHANGEADDR, and ndisc_netdev_event an
unsolicited advertisement for each IPv6 one, but only if arp_notify (ndisc_notify) is set in all or on the device;
both are 0 by default. Without it the host has forgotten its neighbours, and they have not forgotten its old address:
they go on sending there until unreachability detection or a question of the host itself corrects them. Many believe
that a new address announces itself. In practice: traffic towards the host stops after a MAC change while traffic from
it works - and a ping from the host seems to cure it, because its ARP request tells the neighbour.
"""

from neighlab.topologies import VictimAttacker

from neighlab import NUD, OTHER, Case, Sabotage, scenario

QUIET, TOLD = Sabotage(knobs={"arp_notify": 0, "ndisc_notify": 0}), Sabotage(knobs={"arp_notify": 1, "ndisc_notify": 1})
OLD = "00:00:5e:00:53:01"
V4 = {"kind": "arp-request"}
V6 = {"kind": "na", "family": "ipv6"}


@scenario(
    topology=VictimAttacker,
    proves=["change/own-lladdr", "change/peer-lladdr"],
    kernel="inetdev_event, inetdev_send_gratuitous_arp, ndisc_netdev_event, ndisc_send_unsol_na",
    cases=[
        Case("0-arp-notify", knobs={"arp_notify": 0}, told=0, lladdr=OLD, **V4, sabotage=TOLD),
        Case("1-arp-notify", knobs={"arp_notify": 1}, told=1, lladdr=OTHER, **V4, sabotage=QUIET),
        Case("1-arp-notify-all", knobs={"arp_notify": 1, "dev": "all"}, told=1, lladdr=OTHER, **V4, sabotage=QUIET),
        Case("0-ndisc-notify", knobs={"ndisc_notify": 0}, told=0, lladdr=OLD, **V6, sabotage=TOLD),
        Case("1-ndisc-notify", knobs={"ndisc_notify": 1}, told=1, lladdr=OTHER, **V6, sabotage=QUIET),
        Case("1-ndisc-notify-all", knobs={"ndisc_notify": 1, "dev": "all"}, told=1, lladdr=OTHER, **V6, sabotage=QUIET),
    ],
)
def own_lladdr_changes_and_nobody_is_told(victim, attacker, *, knobs, kind, told, lladdr):
    victim.conf(**knobs)
    attacker.neigh_set(victim.addr, victim.lladdr, state=NUD.STALE)
    capture = victim.capture()

    victim.link(lladdr=OTHER)
    victim.fence(attacker)

    attacker.expect(victim.addr, NUD.STALE, lladdr=lladdr, within_ms=0)
    capture.expect(told, "sent", kind=kind, target=victim.addr, lladdr=OTHER, is_broadcast=True, is_probe=False)

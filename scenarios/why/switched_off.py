"""An interface without ARP, or without IPv6, hears nothing of a neighbour; switched on, it learns from the same frame.

`ip link set arp off` (IFF_NOARP) is the first thing that arp_rcv looks at: such an interface neither asks nor hears.
ND does not care about it; what ends ND is disable_ipv6, with which no IPv6 packet passes ip6_rcv_core. Many believe
that disable_ipv6 takes only the addresses away: it shuts the door as well. In practice: NOARP is meant for links that
need no addresses (tunnels, point-to-point) and sometimes set on load balancers' servers, where it silences all
addresses at once and not only the shared one; and a host with disable_ipv6 on one interface drops what routers and
neighbours say there, counted as Ip6InDiscards, while no counter tells of the ARP frames.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, NUD, ON_LINK, Case, Sabotage, arp, ndp, scenario

ROUTER = "fe80::200"


def nothing_off(victim):
    """A switch that changes nothing."""


def arp_off(victim):
    victim.link(arp=False)


def ipv6_off(victim):
    victim.conf(disable_ipv6=1)


def question(victim):
    return arp.request(victim.addr, sender=ON_LINK, lladdr=EVIL)


def advertisement(victim):
    return ndp.ra(sender=ROUTER, lladdr=EVIL)


@scenario(
    topology=AttackerOnWire,
    proves=["why/switched-off"],
    kernel="arp_rcv, ip6_rcv_core",
    cases=[
        Case("arp", check="arp-off", off=arp_off, frame=question, sender=ON_LINK),
        Case("ipv6", check="ipv6-off", off=ipv6_off, frame=advertisement, sender=ROUTER, family="ipv6"),
    ],
    sabotage=Sabotage(params={"off": nothing_off}),
)
def switch_is_all_that_lacks(victim, attacker, *, check, off, frame, sender):
    message = frame(victim)
    off(victim)
    foreseen = victim.explain(message)

    attacker.send(message)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(sender, NUD.STALE, lladdr=EVIL, within_ms=0)

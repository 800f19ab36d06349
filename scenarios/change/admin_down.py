"""Taking an interface down removes all its neighbour entries, also PERMANENT ones, and they do not come back.

NETDEV_DOWN ends in neigh_ifdown (from fib_disable_ip, addrconf_ifdown): neigh_flush_dev without the exceptions that
carrier loss makes. With IPv4 the addresses stay and return to use when the link comes up again; with IPv6 they go as
well unless keep_addr_on_down says otherwise - and even then the entries do not. Many believe that PERMANENT means
"until deleted". In practice: "ip link set eth0 down; ip link set eth0 up", or a driver that resets, silently loses
every static ARP entry that a security policy relied on; they belong into the configuration that brings the link up.
"""

from neighlab.topologies import VictimAttacker

from neighlab import ABSENT, NTF, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

V4, V6 = {"addr": ON_LINK}, {"addr": ON_LINK6, "family": "ipv6"}


def down_and_up(victim):
    victim.link(up=False)
    victim.link(up=True)


def new_mtu(victim):
    victim.link(mtu=1400)


@scenario(
    topology=VictimAttacker,
    proves=["change/admin-down", "static/permanent"],
    kernel="fib_disable_ip, addrconf_ifdown, neigh_ifdown, neigh_flush_dev",
    cases=[
        Case("permanent", state=NUD.PERMANENT, **V4),
        Case("stale", state=NUD.STALE, **V4),
        Case("noarp", state=NUD.NOARP, **V4),
        Case("extern-learn", state=NUD.STALE, flags=NTF.EXT_LEARNED, **V4),
        Case("extern-valid", state=NUD.STALE, flags=NTF.EXT_VALIDATED, **V4, since="6.17"),
        Case("permanent-ipv6", state=NUD.PERMANENT, **V6),
        Case("permanent-address-kept-ipv6", state=NUD.PERMANENT, knobs={"keep_addr_on_down": 1}, **V6),
        Case("stale-ipv6", state=NUD.STALE, **V6),
        Case("extern-valid-ipv6", state=NUD.STALE, flags=NTF.EXT_VALIDATED, **V6, since="6.17"),
    ],
    sabotage=Sabotage(params={"event": new_mtu}),
)
def admin_down_removes_every_entry(victim, *, addr, state, flags=NTF.NONE, event=down_and_up, knobs=()):
    victim.conf(**dict(knobs))
    victim.neigh_set(addr, OTHER, state=state, flags=flags)
    victim.expect(addr, state)

    event(victim)

    victim.expect(addr, ABSENT, within_ms=0)

"""Removing the last IPv4 address of an interface removes its neighbour entries; the last IPv6 address does not.

fib_inetaddr_event looks whether the interface has any IPv4 address left; without one it is as good as down for IPv4,
and fib_disable_ip flushes all of its entries, PERMANENT ones included. As long as one address stays, so do the
entries, also those of the subnet that went. Secondaries go with their primary unless promote_secondaries is 1, so
removing one address may be removing the last. IPv6 has no such rule: an interface always keeps a link-local address,
and even without one ND goes on. Many believe that entries belong to an address. In practice: changing a host's
address by "ip address del", then "add" loses the static entries; "add", then "del" keeps them.
"""

from neighlab.topologies import VictimAttacker

from neighlab import ABSENT, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

OTHER_NET, SAME_NET = "203.0.113.1/24", "192.0.2.77/24"
OWN, OWN6, LINK_LOCAL = "192.0.2.1/24", "2001:db8::1/64", "fe80::200:5eff:fe00:5301/64"
V4, V6 = {"addr": ON_LINK}, {"addr": ON_LINK6, "family": "ipv6"}
STAYS, GOES = {"outcome": NUD.PERMANENT}, {"outcome": ABSENT}


def del_addrs(victim, addrs):
    for one in addrs:
        victim.del_addr(one)


def take_down(victim, addrs):
    victim.link(up=False)


@scenario(
    topology=VictimAttacker,
    proves=["change/own-addr"],
    kernel="fib_inetaddr_event, fib_disable_ip, __inet_del_ifa",
    cases=[
        Case("last", remove=[OWN], **V4, **GOES, sabotage=Sabotage(params={"add": [OTHER_NET]})),
        Case("one-of-two", add=[OTHER_NET], remove=[OWN], **V4, **STAYS, sabotage=Sabotage(params={"add": []})),
        Case(
            "primary-with-its-secondary", add=[SAME_NET], remove=[OWN], **V4, **GOES,
            sabotage=Sabotage(knobs={"promote_secondaries": 1}),
        ),
        Case(
            "primary-with-promoted-secondary", add=[SAME_NET], remove=[OWN], promote_secondaries=1, **V4, **STAYS,
            sabotage=Sabotage(knobs={"promote_secondaries": 0}),
        ),
        Case("last-global-ipv6", remove=[OWN6], **V6, **STAYS),
        Case("last-of-all-ipv6", remove=[OWN6, LINK_LOCAL], **V6, **STAYS),
    ],
    sabotage=Sabotage(params={"event": take_down}),
)  # fmt: skip
def removing_the_last_ipv4_address_removes_the_entries(
    victim, *, addr, remove, outcome, add=(), promote_secondaries=0, event=del_addrs
):
    victim.conf(family=4, promote_secondaries=promote_secondaries)
    for one in add:
        victim.add_addr(one)
    victim.neigh_set(addr, OTHER, state=NUD.PERMANENT)

    event(victim, remove)

    victim.expect(addr, outcome, within_ms=0)

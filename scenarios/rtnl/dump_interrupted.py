"""A dump of links or addresses is marked when one came or went meanwhile; of routes or neighbours, never.

A dump is written piece by piece, each when the reader has taken the one before, and no lock is held in between. For
links and addresses the kernel compares a counter (dev_base_seq, dev_addr_genid) from piece to piece
(nl_dump_check_consistent) and sets NLM_F_DUMP_INTR when it has moved: such a dump must be read again. Nothing of that
is in fib_table_dump, inet6_dump_fib or neigh_dump_info, and a link that was merely changed or renamed moves no counter.
Many believe that a dump is a snapshot, or that the mark guards every kind. In practice: whoever keeps a copy of the
routes or neighbours must subscribe to the announcements first and dump then; comparing two dumps proves nothing.
"""

from neighlab.topologies import TwoHosts

from neighlab import OTHER, Case, Sabotage, scenario


def nothing(victim):
    pass


def new_link(victim):
    victim.run("ip", "link", "add", "name", "new", "type", "veth", "peer", "name", "newpeer")


def removed_link(victim):
    victim.run("ip", "link", "del", "near0")


def renamed_link(victim):
    victim.run("ip", "link", "set", "far11", "name", "renamed")


def other_mtu(victim):
    victim.run("ip", "link", "set", "far11", "mtu", "1400")


def new_addr(victim):
    victim.add_addr("192.0.2.50/24")  # IPv6 counts a new one only when a work queue has announced it


def removed_addr(victim):
    victim.del_addr("198.51.100.1/32" if victim.lab.version == 4 else "2001:db8:1::1/128")


def new_route(victim):
    victim.add_route("203.0.113.0/24" if victim.lab.version == 4 else "2001:db8:2::/64")


def new_neighbour(victim):
    victim.neigh_set("192.0.2.98" if victim.lab.version == 4 else "2001:db8::98", OTHER)


def removed_neighbour(victim):
    victim.neigh_del("198.51.100.1" if victim.lab.version == 4 else "2001:db8:1::1")


LINKS, ADDRESSES = {"what": "links", "count": 12}, {"what": "addresses", "count": 250}
ROUTES, NEIGHBOURS = {"what": "routes", "count": 250}, {"what": "neighbours", "count": 250}
V6, UNCHANGED = {"family": "ipv6"}, Sabotage(params={"change": nothing})
MARKED = {"marked": True, "sabotage": UNCHANGED}
ALL_ADDRESSES = Sabotage(params={"what": "addresses", "count": 250, "change": removed_addr})
UNMARKED = {"marked": False, "sabotage": ALL_ADDRESSES}


@scenario(
    topology=TwoHosts,
    proves=["rtnl/dump-interrupted"],
    kernel="netlink_dump, nl_dump_check_consistent, neigh_dump_info",
    cases=[
        Case("links-with-new-link", **LINKS, change=new_link, **MARKED),
        Case("links-with-removed-link", **LINKS, change=removed_link, **MARKED),
        Case("links-with-renamed-link", **LINKS, change=renamed_link, **UNMARKED),
        Case("links-with-other-mtu", **LINKS, change=other_mtu, **UNMARKED),
        Case("addresses-with-new-address", **ADDRESSES, change=new_addr, **MARKED),
        Case("addresses-with-removed-address", **ADDRESSES, change=removed_addr, **MARKED),
        Case("addresses-with-removed-address-ipv6", **V6, **ADDRESSES, change=removed_addr, **MARKED),
        Case("routes-with-new-route", **ROUTES, change=new_route, **UNMARKED),
        Case("routes-with-new-route-ipv6", **V6, **ROUTES, change=new_route, **UNMARKED),
        Case("neighbours-with-new-neighbour", **NEIGHBOURS, change=new_neighbour, **UNMARKED),
        Case("neighbours-with-removed-neighbour", **NEIGHBOURS, change=removed_neighbour, **UNMARKED),
        Case("neighbours-with-new-neighbour-ipv6", **V6, **NEIGHBOURS, change=new_neighbour, **UNMARKED),
    ],
)
def dump_that_raced_with_a_change(victim, lab, *, what, count, change, marked):
    victim.fill(what, count)
    calm = victim.dump(what).finish()

    raced = victim.dump(what)
    begun_only = not raced.done
    change(victim)
    raced.finish()

    lab.expect("dump without a change is marked", calm.marked, False)
    lab.expect("change came in the middle of the dump", begun_only, True)
    lab.expect(f"dump of {what} is marked", raced.marked, marked)

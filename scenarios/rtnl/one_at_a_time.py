"""While one request holds RTNL, who changes anything waits, in every namespace; who reads, less with each version.

RTNL is one mutex for the configuration of the whole kernel: whoever takes a group of links up or down in one namespace
(rtnl_group_changelink, one hold) keeps "ip neigh add" in all others waiting. Readers were freed one by one:
/proc/net/arp never needed it; dumps of addresses and IPv4 routes run under RCU since 6.9, of neighbours and IPv6
routes since 6.10, a single RTM_GETNEIGH since 6.17, the parameters of the tables (RTM_GETNEIGHTBL) after 6.18. Books
say that every rtnetlink request takes it. In practice: an agent that hangs in "ip link" while the machine is idle is
behind somebody else's hold (many links, a slow driver); reading the neighbour table is no way to notice it on a new
kernel.
"""

from neighlab.topologies import TwoHosts

from neighlab import OTHER, Case, Sabotage, scenario


def get_neighbour(victim, peer):
    victim.neigh_get(peer.addr)


def dump_neighbours(victim, peer):
    victim.neigh_dump(family=victim.lab.version)


def dump_parameters(victim, peer):
    victim.dump("parameters").finish()


def dump_links(victim, peer):
    victim.dump("links").finish()


def dump_addresses(victim, peer):
    victim.dump("addresses").finish()


def dump_routes(victim, peer):
    victim.dump("routes").finish()


def set_neighbour(victim, peer):
    victim.neigh_set(peer.addr, OTHER)


def set_parameter(victim, peer):
    victim.conf(mcast_solicit=4)


def read_proc(victim, peer):
    victim.proc_arp()


def ask_ioctl(victim, peer):
    victim.siocgarp(peer.addr)


WAITS = {"waits": True, "sabotage": Sabotage(params={"request": read_proc})}
FREE = {"waits": False, "sabotage": Sabotage(params={"request": set_neighbour})}
V6 = {"family": "ipv6"}


@scenario(
    topology=TwoHosts,
    proves=["rtnl/one-at-a-time"],
    kernel="rtnl_lock, rtnetlink_rcv_msg, rtnl_group_changelink",
    cases=[
        Case("set-neighbour-waits", request=set_neighbour, **WAITS),
        Case("set-neighbour-waits-ipv6", request=set_neighbour, **V6, **WAITS),
        Case("get-neighbour-waits", until="6.17", request=get_neighbour, **WAITS),
        Case("get-neighbour-is-free", since="6.17", request=get_neighbour, **FREE),
        Case("get-neighbour-is-free-ipv6", since="6.17", request=get_neighbour, **V6, **FREE),
        Case("dump-neighbours-waits", until="6.10", request=dump_neighbours, **WAITS),
        Case("dump-neighbours-is-free", since="6.10", request=dump_neighbours, **FREE),
        Case("dump-neighbours-is-free-ipv6", since="6.10", request=dump_neighbours, **V6, **FREE),
        Case("dump-parameters-waits", until="6.19", request=dump_parameters, **WAITS),
        Case("dump-parameters-is-free", since="6.19", request=dump_parameters, **FREE),
        Case("set-parameter-waits", until="6.19", request=set_parameter, **WAITS),
        Case("set-parameter-is-free", since="6.19", request=set_parameter, **FREE),
        Case("dump-links-waits", request=dump_links, **WAITS),
        Case("dump-addresses-is-free", since="6.9", request=dump_addresses, **FREE),
        Case("dump-addresses-is-free-ipv6", since="6.9", request=dump_addresses, **V6, **FREE),
        Case("dump-routes-is-free", since="6.9", request=dump_routes, **FREE),
        Case("dump-routes-is-free-ipv6", since="6.10", request=dump_routes, **V6, **FREE),
        Case("siocgarp-is-free", since="6.12", request=ask_ioctl, **FREE),
        Case("read-proc-is-free", request=read_proc, **FREE),
    ],
)
def request_while_rtnl_is_held(victim, peer, lab, *, request, waits):
    asked, answered = lab.while_rtnl_is_held(lambda: request(victim, peer))

    lab.expect(f"waits (of {asked} requests while RTNL was held, answered at once: {answered})", answered == 0, waits)

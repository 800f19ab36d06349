"""/proc/net/arp and SIOCGARP tell whether an ARP entry has an address; only netlink tells its state, and NOARP.

arp_format_neigh_entry and arp_req_get know three flags: ATF_COM (0x2: there is an address, NUD_VALID), ATF_PERM (0x4)
and, for the proxy's, ATF_PUBL (0x8). A REACHABLE, a STALE and a probed entry all look the same; INCOMPLETE and
FAILED are both 0x0 with an address of zeros; NOARP entries are left out (NEIGH_SEQ_SKIP_NOARP; ENXIO). Proxy entries
have a line in /proc, an own dump in netlink (NTF_PROXY), and no answer from SIOCGARP, which looks only into the table
of neighbours. Many believe that arp(8) and "ip neigh" show one list in two layouts. In practice: "<incomplete>" in
arp's output may be a question under way or one that failed long ago, and C in its flags does not mean reachable.
"""

from neighlab.topologies import TwoHosts

from neighlab import NTF, NUD, ON_LINK, OTHER, Case, Sabotage, scenario

ZERO = "00:00:00:00:00:00"


def told(state):
    def arrange(victim):
        victim.neigh_set(ON_LINK, OTHER, state=state)

    arrange.__name__ = f"told {state.name}"
    return arrange


def asked(victim):
    victim.udp(ON_LINK).send()


def unanswered(victim):
    victim.conf(retrans_time_ms=10, mcast_solicit=1)
    victim.udp(ON_LINK).send()
    victim.expect(ON_LINK, NUD.FAILED)


def proxy(victim):
    victim.neigh_set(ON_LINK, state=NUD.NONE, flags=NTF.PROXY)


def absent(victim):
    pass


COMPLETE, NO_ADDRESS = f"0x2 {OTHER}", f"0x0 {ZERO}"
TOLD_PERMANENT = Sabotage(params={"arrange": told(NUD.PERMANENT)})


@scenario(
    topology=TwoHosts,
    proves=["rtnl/three-views"],
    kernel="arp_format_neigh_entry, arp_format_pneigh_entry, arp_req_get, neigh_fill_info",
    cases=[
        Case("reachable", arrange=told(NUD.REACHABLE), netlink="REACHABLE", proc=COMPLETE, ioctl=COMPLETE),
        Case("stale", arrange=told(NUD.STALE), netlink="STALE", proc=COMPLETE, ioctl=COMPLETE),
        Case("probe", arrange=told(NUD.PROBE), netlink="PROBE", proc=COMPLETE, ioctl=COMPLETE),
        Case(
            "permanent", arrange=told(NUD.PERMANENT), netlink="PERMANENT", proc=f"0x6 {OTHER}", ioctl=f"0x6 {OTHER}",
            sabotage=Sabotage(params={"arrange": told(NUD.STALE)}),
        ),
        Case("noarp", arrange=told(NUD.NOARP), netlink="NOARP", proc="None", ioctl="ENXIO"),
        Case("incomplete", arrange=asked, netlink="INCOMPLETE", proc=NO_ADDRESS, ioctl=NO_ADDRESS),
        Case("failed", arrange=unanswered, netlink="FAILED", proc=NO_ADDRESS, ioctl=NO_ADDRESS),
        Case("proxy", arrange=proxy, netlink="proxy", proc=f"0xc {ZERO}", ioctl="ENXIO"),
        Case("absent", arrange=absent, netlink="ABSENT", proc="None", ioctl="ENXIO"),
    ],
    sabotage=TOLD_PERMANENT,
)  # fmt: skip
def three_views_of_one_entry(victim, lab, *, arrange, netlink, proc, ioctl):
    victim.conf(retrans_time_ms=60_000)

    arrange(victim)

    entry, published = victim.neigh_get(ON_LINK), victim.neigh_dump(family=4, proxy=True)
    lab.expect("netlink", entry.state.name if entry else "proxy" if published else "ABSENT", netlink)
    lab.expect("/proc/net/arp", str(victim.proc_arp().get((ON_LINK, victim.ifname))), proc)
    lab.expect("SIOCGARP", str(victim.siocgarp(ON_LINK)), ioctl)

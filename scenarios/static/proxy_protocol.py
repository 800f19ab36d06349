"""Updating a proxy entry without naming a protocol keeps the protocol that it has.

NDA_PROTOCOL records who made an entry (the numbers of routing protocols: 11 is zebra, 16 DHCP), so that a daemon can
find its own again. For a proxy entry neigh_add calls pneigh_create, which returns the one that is there, and then
sets the protocol only if the message names one; 0 is as good as none. When proxy entries got a lock of their own
(6.17) the condition was lost for a while: 6.17.13 and 6.18.15 erase it, 6.12 and 6.18.44 do not. Many believe that
repeating "ip neigh replace proxy" changes nothing. In practice: on an affected kernel a second tool that touches the
entry makes it nobody's, and the daemon that owned it neither refreshes nor removes it.
"""

from neighlab.topologies import TwoHosts

from neighlab import NTF, NUD, ON_LINK, ON_LINK6, Case, Sabotage, scenario

ZEBRA, DHCP = 11, 16
UNNAMED = Sabotage(params={"second": None})


@scenario(
    topology=TwoHosts,
    proves=["static/proxy-protocol"],
    kernel="neigh_add, pneigh_create",
    cases=[
        Case("kept", addr=ON_LINK, second=None, outcome=[ZEBRA]),
        Case("kept-by-0", addr=ON_LINK, second=0, outcome=[ZEBRA]),
        Case("changed-on-purpose", addr=ON_LINK, second=DHCP, outcome=[DHCP], sabotage=UNNAMED),
        Case("kept-ipv6", addr=ON_LINK6, second=None, outcome=[ZEBRA], family="ipv6"),
        Case("changed-on-purpose-ipv6", addr=ON_LINK6, second=DHCP, outcome=[DHCP], family="ipv6", sabotage=UNNAMED),
    ],
    sabotage=Sabotage(params={"second": DHCP}),
)
def update_keeps_the_protocol_of_a_proxy_entry(victim, lab, *, addr, second, outcome):
    victim.neigh_set(addr, state=NUD.NONE, flags=NTF.PROXY, protocol=ZEBRA)

    victim.neigh_set(addr, state=NUD.NONE, flags=NTF.PROXY, protocol=second)

    lab.expect("protocol", [neigh.protocol for neigh in victim.neigh_dump(proxy=True)], outcome)

"""The flags of the advertisement that answers an IPv6 solicitation decide what the new neighbour is.

ndisc_solicit asks the target's solicited-node group: ff02::1:ff and the low 24 bits of the address, so that, unlike
an ARP broadcast, the question interrupts only those few hosts whose addresses end alike. ndisc_recv_na then reads
three flags: solicited makes the entry REACHABLE, without it STALE (and DELAY at once, for packets wait); router marks
it as one; override does not matter, for there is nothing to override yet. An advertisement without a link-layer
address resolves nothing, a solicited one to a group is invalid, and one that nobody waits for is dropped: on a host,
an advertisement never creates an entry (accept_untracked_na is for routers). Many believe that an unsolicited
advertisement announces a host to all, as gratuitous ARP is believed to. In practice: it updates those who know the
address; the others ask when they need it.
"""

from neighlab.topologies import TwoHosts

from neighlab import ABSENT, NTF, NUD, ON_LINK6, Case, Sabotage, ndp, scenario

S, SO, SR = {"solicited": True, "override": False}, {"solicited": True}, {"solicited": True, "router": True}
GROUP = {"dst": ndp.ALL_NODES, "to": "33:33:00:00:00:01"}
SILENT = Sabotage(mute=True)


@scenario(
    topology=TwoHosts,
    family="ipv6",
    proves=["nud/resolve"],
    kernel="ndisc_solicit, ndisc_recv_na, ndisc_update",
    cases=[
        Case("solicited-reachable", na=S, outcome=NUD.REACHABLE, sabotage=SILENT),
        Case("solicited-override-reachable", na=SO, outcome=NUD.REACHABLE, sabotage=SILENT),
        Case("solicited-router-reachable", na=SR, outcome=NUD.REACHABLE, flags=NTF.ROUTER, sabotage=SILENT),
        Case("no-flag-unproved", na={"override": False}, outcome=NUD.DELAY, sabotage=SILENT),
        Case("no-lladdr-ignored", na={"solicited": True, "tlla": False}, outcome=NUD.INCOMPLETE,
             sabotage=Sabotage(params={"na": SO})),
        Case("solicited-to-group-invalid", na=SO | GROUP, outcome=NUD.INCOMPLETE,
             sabotage=Sabotage(params={"na": GROUP})),
        Case("unasked-creates-nothing", packets=0, na=SO, outcome=ABSENT, sabotage=Sabotage(params={"packets": 1})),
    ],
)  # fmt: skip
def advertisement_flags_decide(victim, peer, *, na, outcome, flags=None, packets=1):
    capture = victim.capture()

    victim.udp(ON_LINK6).send(count=packets)
    peer.send(ndp.na(ON_LINK6, lladdr=peer.lladdr, **{"dst": victim.addr, "to": victim.lladdr} | na))
    peer.fence(victim)

    victim.expect(ON_LINK6, outcome, flags=flags, within_ms=0)
    capture.expect(packets, "sent", kind="ns", target=ON_LINK6, dst_addr="ff02::1:ff00:99", dst="33:33:ff:00:00:99")

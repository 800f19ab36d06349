"""Requests from made-up senders fill the victim's table: new neighbours are refused, a known one still works.

arp_process makes a STALE entry for whoever asks for one of our addresses and does not ask whether that sender exists,
nor whether it belongs to the subnet: without rp_filter every address will do. For five seconds such entries are too
young for neigh_forced_gc, so a few hundred frames a second keep the default table of 1024 full. ND is the same for any
source. Many expect arp_accept or gc_thresh2 to prevent it; they are about other things. What helps: rp_filter=1
against senders from elsewhere, PERMANENT entries for those who matter, a filter in front of the host. In practice: one
infected or misconfigured machine on the LAN takes new neighbours away from every container on the node.
"""

from neighlab.topologies import VictimAttacker

from neighlab import NUD, Case, Sabotage, arp, flood, ndp, scenario

ROOM, FRAMES = 40, 120
SENDER = "02:00:5e:10:00:00"


def requests(victim, sender):
    return flood.variants(arp.request(victim.addr, sender=sender, lladdr=SENDER), FRAMES)


def solicitations(victim, sender):
    return [ndp.ns(victim.addr, sender=one, lladdr=SENDER) for one in flood.addresses(sender, FRAMES)]


V4 = {"frames": requests, "stranger": "192.0.2.240", "since": "5.18"}
V6 = {"family": "ipv6", "frames": solicitations, "stranger": "2001:db8::1:1"}


@scenario(
    topology=VictimAttacker,
    needs=("host-table",),
    proves=["gc/spoof-flood"],
    kernel="arp_process, ndisc_recv_ns, neigh_alloc",
    cases=[
        Case("on-link-senders", sender="192.0.2.50", settings={"rp_filter": 0}, errors=["ENOBUFS"], **V4),
        Case("off-link-senders", sender="198.51.100.1", settings={"rp_filter": 0}, errors=["ENOBUFS"], **V4),
        Case(
            "off-link-senders-rp-filter", sender="198.51.100.1", settings={"rp_filter": 1}, errors=[None], **V4,
            sabotage=Sabotage(knobs={"rp_filter": 0}),
        ),
        Case("on-link-senders-ipv6", sender="2001:db8::50", settings={}, errors=["EINVAL"], **V6),
        Case("off-link-senders-ipv6", sender="2001:db8:ffff::1", settings={}, errors=["EINVAL"], **V6),
    ],
    sabotage=Sabotage(mute=True),
)  # fmt: skip
def made_up_senders_fill_the_table(victim, attacker, lab, table, *, frames, sender, settings, stranger, errors):
    victim.conf(**settings)
    victim.neigh_set(attacker.addr, attacker.lladdr, state=NUD.REACHABLE)
    inbox = attacker.listen()
    table.room(ROOM)

    attacker.flood(frames(victim, sender))
    attacker.fence(victim, by="marker")

    lab.expect("errors for a new neighbour", victim.udp(stranger).send(), errors)
    lab.expect("errors for a known one", victim.udp(attacker.addr).send(b"known"), [None])
    lab.expect("what the known one gets", inbox.wait_for(1), [b"known"])

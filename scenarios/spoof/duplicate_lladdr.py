"""Of two hosts with one link-layer address, only the one that spoke last receives.

A bridge has one place for an address: br_fdb_update moves the entry to the port on which a frame with that source
came in last, and unicast frames go there alone. So the two take turns with every frame they send, and neither ARP nor
ND notices, because address and link-layer address fit together as ever. Only IPv6 has a chance: the link-local
addresses are made of the hardware address, so that the second host's fails (dad/accept_dad). Many believe that a
duplicate MAC makes the link fail, or that the switch delivers to both. In practice: connections that hang and recover
in turns, with half of the pings lost, on two machines cloned from one image; the switch logs that an address flaps
between ports.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import NUD, Case, Sabotage, arp, ndp, scenario

TWIN = "00:00:5e:00:53:03"


def gratuitous(host):
    return arp.gratuitous(host.addr, lladdr=TWIN)


def advertisement(host):
    return ndp.unsolicited_na(host.addr, lladdr=TWIN)


# two hosts without IPv6 of their own: their multicast listener reports would be speech, too
V4, V6 = {"say": gratuitous, "own": {}}, {"say": advertisement, "family": "ipv6", "own": {"disable_ipv6": 1}}
OWNER_LAST, OTHER_LAST = ["attacker", "owner"], ["owner", "attacker"]
OTHERWISE, REVERSED = Sabotage(params={"order": OTHER_LAST}), Sabotage(params={"order": OWNER_LAST})


@scenario(
    topology=VictimAttackerOwner,
    proves=["spoof/duplicate-lladdr"],
    kernel="br_handle_frame_finish, br_fdb_update",
    cases=[
        Case("owner-spoke-last", order=OWNER_LAST, received=[0, 1], **V4, sabotage=OTHERWISE),
        Case("other-spoke-last", order=OTHER_LAST, received=[1, 0], **V4, sabotage=REVERSED),
        Case("owner-spoke-last-ipv6", order=OWNER_LAST, received=[0, 1], **V6, sabotage=OTHERWISE),
        Case("other-spoke-last-ipv6", order=OTHER_LAST, received=[1, 0], **V6, sabotage=REVERSED),
    ],
)
def the_one_who_spoke_last_receives(victim, attacker, owner, lab, *, say, order, received, own):
    attacker.link(lladdr=TWIN)
    attacker.conf(**own)
    owner.conf(**own)
    victim.neigh_set(owner.addr, TWIN, state=NUD.PERMANENT)
    heard = [attacker.capture(everything=True), owner.capture(everything=True)]

    for name in order:
        lab[name].send(say(lab[name]))
    victim.udp(owner.addr).send()
    victim.fence(lab[order[-1]], by="marker")

    for capture, count in zip(heard, received, strict=True):
        capture.expect(count, "received", dport=7777, dst=TWIN)

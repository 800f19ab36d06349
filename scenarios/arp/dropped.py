"""A request with a wrong header, target, sender or Ethernet destination is dropped: no answer, no entry.

arp_rcv first drops frames for other hosts, frames too short, and address lengths that are not the device's. arp_process
drops hardware and protocol types that are not Ethernet's and IPv4's, operations other than request and reply, and
targets that no host can own: groups, and 127/8 unless route_localnet is set. A request goes on only if its two
addresses make a route (ip_route_input): one from 127/8, 255.255.255.255 or the host's own address does not. So a rival
that claims our address is not answered: it is said that Linux defends its addresses, but no code does that for IPv4.
In practice: no counter of ARP and no log tells of this (log_martians does, of bad senders); only a capture shows it.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import ABSENT, Case, Sabotage, arp, scenario

OTHER_HOST = "00:00:5e:00:53:77"
ATTACKER = "192.0.2.2"
RIGHT_SENDER = Sabotage(params={"sender": ATTACKER})


@scenario(
    topology=AttackerOnWire,
    proves=["arp/dropped"],
    kernel="arp_rcv, arp_process, ip_route_input",
    cases=[
        Case("hwtype-4-token-ring", wrong={"hwtype": 4}),
        Case("ptype-ipv6", wrong={"ptype": 0x86DD}),
        Case("hwlen-8", wrong={"hwlen": 8}),
        Case("plen-16", wrong={"plen": 16}),
        Case("op-0-reserved", wrong={"op": 0}),
        Case("op-3-rarp-request", wrong={"op": 3}),
        Case("op-8-inverse-request", wrong={"op": 8}),
        Case("target-loopback", wrong={"target": "127.0.0.1"}),
        Case("target-multicast", wrong={"target": "224.0.0.1"}),
        Case("to-other-host", wrong={"to": OTHER_HOST}),
        Case("27-bytes-short", length=14 + 27, sabotage=Sabotage(params={"length": 14 + 28})),
        Case("sender-own", sender="192.0.2.1", sabotage=RIGHT_SENDER),
        Case("sender-loopback", sender="127.0.0.1", sabotage=RIGHT_SENDER),
        Case("sender-broadcast", sender="255.255.255.255", sabotage=RIGHT_SENDER),
        Case("sender-multicast", sender="224.0.0.1", sabotage=RIGHT_SENDER),
    ],
    sabotage=Sabotage(params={"wrong": ()}),
)
def malformed_request_is_dropped(victim, attacker, *, wrong=(), sender=ATTACKER, length=None):
    frame = {"op": 1, "sender": sender, "lladdr": attacker.lladdr, "target": victim.addr} | dict(wrong)
    capture = victim.capture()

    attacker.send(arp.raw(**frame)[:length])
    attacker.fence(victim, by="marker")

    capture.expect(0, "sent", kind="arp-reply")
    victim.expect(sender, ABSENT, within_ms=0)

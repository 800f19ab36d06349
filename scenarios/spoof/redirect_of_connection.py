"""A TCP connection takes a redirect from whoever can quote a segment of it, though its peer is on the link.

For other traffic the sender of a redirect must be the gateway of the route to the destination (__ip6_route_redirect);
tcp_v6_err hands it to the route that the socket has cached, and asks for a sequence number that is still under way or
due instead. rt6_do_redirect then overrides the peer's entry, whatever its state, and marks it STALE; a PERMANENT one
stays. Many believe that a host on the link cannot be redirected. In practice: who has heard one segment (a tap, a
switch that floods) poisons without an advertisement, unseen by filters for those; and a man in the middle whose kernel
forwards gives himself away, since its redirects carry the truth. accept_redirects=0 takes it away.
"""

from neighlab.topologies import TwoHosts

from neighlab import EVIL, NUD, Case, Sabotage, ndp, scenario

STRANGER, SEQUENCE = "fe80::bad", slice(44, 48)
TAKEN = {"outcome": NUD.STALE, "lladdr": EVIL, "sabotage": Sabotage(mute=True)}


def tcp(victim, peer):
    return victim.tcp(peer).exchange


def udp(victim, peer):
    return victim.udp(peer.addr).send


def as_it_was(packet):
    return packet


def with_another_sequence(packet):
    number = (int.from_bytes(packet[SEQUENCE]) + 2**30) % 2**32
    return packet[: SEQUENCE.start] + number.to_bytes(4) + packet[SEQUENCE.stop :]


def refused(old=NUD.REACHABLE, **sabotage):
    return {"old": old, "outcome": old, "lladdr": "00:00:5e:00:53:02", "sabotage": Sabotage(**sabotage)}


@scenario(
    topology=TwoHosts,
    family="ipv6",
    proves=["spoof/redirect"],
    kernel="tcp_v6_err, __udp6_lib_err, rt6_do_redirect, ndisc_update",
    cases=[
        Case("tcp-reachable", **TAKEN),
        Case("tcp-stale", old=NUD.STALE, **TAKEN),
        Case("tcp-permanent", **refused(old=NUD.PERMANENT, params={"old": NUD.REACHABLE})),
        Case("tcp-another-sequence", quoted=with_another_sequence, **refused(params={"quoted": as_it_was})),
        Case("tcp-accept-redirects-0", knobs={"accept_redirects": 0}, **refused(knobs={"accept_redirects": 1})),
        Case("udp", talk=udp, **refused(params={"talk": tcp})),
    ],
)
def quoted_segment_opens_the_table(
    victim, peer, *, outcome, lladdr, old=NUD.REACHABLE, talk=tcp, quoted=as_it_was, knobs=()
):
    victim.conf(**dict(knobs))
    victim.neigh_set(peer.addr, peer.lladdr, state=old)
    say, capture = talk(victim, peer), victim.capture(everything=True)
    say()
    heard = capture.frames("sent", sender=victim.addr, target=peer.addr)[-1].frame

    redirect = {"sender": STRANGER, "lladdr": EVIL, "dst": victim.addr, "to": victim.lladdr}
    peer.send(ndp.redirect(peer.addr, packet=quoted(heard[14:]), **redirect))
    peer.fence(victim, by="marker")
    victim.expect(peer.addr, outcome, lladdr=lladdr, within_ms=0)

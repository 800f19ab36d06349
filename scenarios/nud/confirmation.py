"""Progress of TCP, and MSG_CONFIRM, keep a neighbour REACHABLE without a single question; plain UDP does not.

Whoever knows that packets arrive may say so: TCP does when the peer acknowledges new data, an application with
MSG_CONFIRM (sendto(2)). The next packet carries the news to the entry (sk_dst_confirm, sock_confirm_neigh), and when
the timer runs, neigh_timer_handler finds a fresh confirmation and stays in REACHABLE. UDP alone proves nothing to the
kernel, not even when every datagram is answered; nor does an ICMP echo reply: the two directions may take different
ways. Many believe that receiving packets from a neighbour confirms it. In practice: a busy DNS or VoIP host asks
after each of its neighbours every half minute or so, and a busy web server never does.
"""

from neighlab.topologies import TwoHosts

from neighlab import LEARNED, NUD, Case, Sabotage, scenario

ROUNDS, PAUSE_MS = 13, 40


def tcp(victim, peer):
    return victim.tcp(peer).exchange


def udp_confirming(victim, peer):
    inbox, outbox = peer.listen(), victim.udp(peer.addr)
    return lambda: (outbox.send(confirm=True), inbox.read())


def udp_plain(victim, peer):
    inbox, outbox = peer.listen(), victim.udp(peer.addr)
    return lambda: (outbox.send(), inbox.read())


UNCONFIRMED, CONFIRMED = Sabotage(params={"talk": udp_plain}), Sabotage(params={"talk": udp_confirming})
NONE, SOME = range(1), range(1, 100)


@scenario(
    topology=TwoHosts,
    proves=["nud/confirmation"],
    kernel="sock_confirm_neigh, tcp_ack, udp_sendmsg, neigh_timer_handler",
    cases=[
        Case("tcp", talk=tcp, questions=NONE, sabotage=UNCONFIRMED),
        Case("udp-confirming", talk=udp_confirming, questions=NONE, sabotage=UNCONFIRMED),
        Case("udp-plain", talk=udp_plain, questions=SOME, sabotage=CONFIRMED),
        Case("tcp-ipv6", family="ipv6", talk=tcp, questions=NONE, sabotage=UNCONFIRMED),
        Case("udp-confirming-ipv6", family="ipv6", talk=udp_confirming, questions=NONE, sabotage=UNCONFIRMED),
        Case("udp-plain-ipv6", family="ipv6", talk=udp_plain, questions=SOME, sabotage=CONFIRMED),
    ],
)
def confirmed_neighbour_is_not_asked(victim, peer, *, talk, questions):
    victim.conf(base_reachable_time_ms=20, delay_first_probe_time_ms=400)
    victim.ping(peer.addr)
    victim.expect(peer.addr, NUD.REACHABLE, lladdr=peer.lladdr)
    say, capture = talk(victim, peer), victim.capture()

    for _ in range(ROUNDS):
        say()
        victim.hold(peer.addr, LEARNED, lladdr=peer.lladdr, for_ms=PAUSE_MS)

    capture.expect(questions, "sent", target=peer.addr, is_solicitation=True, within_ms=0)

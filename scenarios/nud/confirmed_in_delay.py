"""A confirmation that comes while the entry is in DELAY makes it REACHABLE again, and no probe is sent.

DELAY exists for this: the first packet to a STALE neighbour leaves on trust, and delay_first_probe_time (5 s) gives the
protocols above the time to say that it arrived. When the timer runs, neigh_timer_handler looks at `confirmed`; if that
is younger than the delay, the entry is REACHABLE without a question. Many believe that each STALE entry in use must be
probed. In practice: conversations over TCP, however long their pauses, revive their neighbours without any ARP at all,
so a quiet capture does not mean that nobody checks.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, Sabotage, scenario


@scenario(
    topology=TwoHosts,
    proves=["nud/confirmed-in-delay"],
    kernel="neigh_timer_handler, sock_confirm_neigh",
    cases=[
        Case("msg-confirm", confirm=True, questions=0),
        Case("no-confirmation", confirm=False, questions=1, sabotage=Sabotage(params={"confirm": True})),
        Case("msg-confirm-ipv6", family="ipv6", confirm=True, questions=0),
        Case(
            "no-confirmation-ipv6", family="ipv6", confirm=False, questions=1,
            sabotage=Sabotage(params={"confirm": True}),
        ),
    ],
    sabotage=Sabotage(params={"confirm": False}),
)  # fmt: skip
def confirmation_in_delay_skips_probe(victim, peer, lab, *, confirm, questions):
    victim.conf(delay_first_probe_time_ms=400)
    victim.neigh_set(peer.addr, peer.lladdr, state=NUD.STALE)
    capture, inbox, outbox = victim.capture(), peer.listen(), victim.udp(peer.addr)

    outbox.send()
    victim.hold(peer.addr, NUD.DELAY, for_ms=40)
    outbox.send(confirm=confirm)

    victim.expect(peer.addr, NUD.REACHABLE, lladdr=peer.lladdr)
    capture.expect(questions, "sent", target=peer.addr, is_solicitation=True)
    lab.expect("datagrams that arrived", len(inbox.read()), 2)

"""INCOMPLETE and DELAY are entered without an announcement; only the kernel's tracepoints, or asking, show them.

A packet makes them (__neigh_event_send: no entry to INCOMPLETE, STALE to DELAY), and so does the timer when an entry
was used in time (neigh_timer_handler: REACHABLE to DELAY). The tracepoints neigh:neigh_event_send_done and
neigh:neigh_timer_handler tell each of it, with its cause, though only what came out, not what was before. Without root
one has to ask again and again (RTM_GETNEIGH), and finds what lasts long enough. Many take the log of `ip monitor neigh`
for the life of an entry; it is the part that the kernel thought others might act upon. In practice: a resolution that
is answered in some ten microseconds has been INCOMPLETE all the same, and whoever counts resolutions by announcements
cannot tell it from an address that was learned from the neighbour's own question.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario


def reply(addr, victim, peer):
    return arp.reply(addr, lladdr=peer.lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def advertisement(addr, victim, peer):
    return ndp.na(addr, lladdr=peer.lladdr, dst=victim.addr, to=victim.lladdr, solicited=True)


@scenario(
    topology=TwoHosts,
    trace=True,
    proves=["trace/hidden-states"],
    kernel="__neigh_event_send, neigh_timer_handler",
    cases=[
        Case("ipv4", addr=ON_LINK, answer=reply),
        Case("ipv6", family="ipv6", addr=ON_LINK6, answer=advertisement),
    ],
    sabotage=Sabotage(mute=True),
)
def states_are_entered_in_silence(victim, peer, *, addr, answer):
    victim.conf(base_reachable_time_ms=40, delay_first_probe_time_ms=240)

    victim.udp(addr).send()
    victim.expect(addr, NUD.INCOMPLETE)
    peer.send(answer(addr, victim, peer))
    victim.expect(addr, NUD.REACHABLE, NUD.DELAY)
    victim.expect(addr, NUD.PROBE)

    victim.expect_hidden(addr, NUD.INCOMPLETE, NUD.DELAY)

"""Netlink tells nobody when an entry enters INCOMPLETE or DELAY: events show it only before and after.

__neigh_event_send makes the entry INCOMPLETE or DELAY in the path of a packet and notifies nobody: an announcement
per resolution and per use would cost more than the packet. neigh_timer_handler does not tell REACHABLE -> DELAY
either, which it chooses instead of STALE when the entry was used within delay_first_probe_time. What is announced is
what others may want to act upon: an address was learned or changed, went STALE, is being probed, failed, was deleted.
Such an announcement reads the state when it is written, so it may say DELAY: up to 6.18 the packets that waited for a
broadcast reply use the STALE entry before the news of it is out. Many believe that `ip monitor neigh` shows every
change of state. In practice: an unanswered resolution first appears in the log when it has FAILED; whoever must see
INCOMPLETE has to ask (RTM_GETNEIGH) or to trace (neigh:neigh_event_send_done).
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, arp, ndp, scenario


def reply(addr, victim, peer):
    return arp.reply(addr, lladdr=peer.lladdr, receiver=victim.addr, receiver_lladdr=victim.lladdr)


def advertisement(addr, victim, peer):
    return ndp.na(addr, lladdr=peer.lladdr, dst=victim.addr, to=victim.lladdr, solicited=True)


@scenario(
    topology=TwoHosts,
    proves=["nud/silent-states"],
    kernel="__neigh_event_send, neigh_timer_handler, neigh_update_notify",
    cases=[
        Case("ipv4", addr=ON_LINK, answer=reply),
        Case("ipv6", family="ipv6", addr=ON_LINK6, answer=advertisement),
    ],
    sabotage=Sabotage(mute=True),
)
def incomplete_and_delay_are_not_announced(victim, peer, lab, *, addr, answer):
    victim.conf(base_reachable_time_ms=40, delay_first_probe_time_ms=400)

    victim.udp(addr).send()
    victim.expect(addr, NUD.INCOMPLETE)
    peer.send(answer(addr, victim, peer))
    victim.expect(addr, NUD.REACHABLE, NUD.DELAY)
    victim.expect(addr, NUD.PROBE)

    announced = [one.fields["state"] for one in lab.timeline if one.kind == "event" and one.fields["addr"] == addr]
    lab.expect("announced states", announced, ["REACHABLE", "PROBE"])

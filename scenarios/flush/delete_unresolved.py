"""Deleting an entry that is being resolved tells the waiting sender at once that the host is unreachable.

The queue of an INCOMPLETE entry has nowhere to go when the entry is deleted: __neigh_update makes it FAILED, and
neigh_invalidate hands each packet to error_report, just as if mcast_solicit questions had stayed unanswered. The
sender does not wait for the rest of them. Deleting the same address again is ENOENT, and the next packet starts anew
with a new entry. Many believe that deleting an entry under a running program loses its packets silently, or that "ip
neigh del" cannot remove an incomplete entry. In practice: it is the way to make a program that hangs on a wrong
address fail now instead of in three seconds.
"""

from neighlab.topologies import TwoHosts

from neighlab import ABSENT, NUD, ON_LINK, ON_LINK6, Case, Sabotage, scenario


def delete(victim, addr):
    victim.neigh_del(addr)


def leave(victim, addr):
    victim.neigh_get(addr)


@scenario(
    topology=TwoHosts,
    proves=["flush/delete"],
    kernel="neigh_delete, __neigh_update, neigh_invalidate, arp_error_report, ndisc_error_report",
    cases=[
        Case("ipv4", addr=ON_LINK),
        Case("ipv6", addr=ON_LINK6, family="ipv6"),
    ],
    sabotage=Sabotage(params={"event": leave}),
)
def sender_of_a_waiting_packet_is_told(victim, lab, *, addr, event=delete):
    victim.conf(retrans_time_ms=60_000)
    outbox = victim.udp(addr)

    outbox.send()
    victim.expect(addr, NUD.INCOMPLETE)
    event(victim, addr)

    victim.expect(addr, ABSENT, within_ms=0)
    lab.expect("error at the sender", outbox.error(within_ms=1000), "EHOSTUNREACH")
    lab.expect("deleting it again", victim.neigh_del(addr), "ENOENT")
    outbox.send()
    victim.expect(addr, NUD.INCOMPLETE)

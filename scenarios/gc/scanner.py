"""Scanning an empty subnet fills the scanner's own table: it cannot reach a live host until its questions have failed.

Each address that is tried costs an INCOMPLETE entry, which its timer holds for mcast_solicit times retrans_time - three
seconds by default - so some three hundred addresses a second fill the default table of 1024. What is FAILED gives way
at once when somebody needs the place, so nothing remains to be repaired afterwards, and nothing remains to be seen.
Many suspect the scanned network or the switch; it is the scanning host (or the router in front of the subnet, for
which each address from outside is the same) that refuses. In practice: a /20 behind a router and one nmap from
outside is a denial of service (RFC 3756, RFC 6583); rate-limit, or raise gc_thresh3 there.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, Case, Sabotage, flood, scenario

ROOM, SCANNED = 12, 24


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/scanner"],
    kernel="neigh_alloc, neigh_forced_gc, neigh_timer_handler",
    cases=[
        Case("ipv4", first="192.0.2.100", error="ENOBUFS", since="5.18"),
        Case("ipv6", family="ipv6", first="2001:db8::100", error="EINVAL"),
    ],
    sabotage=Sabotage(knobs={"mcast_solicit": 0}),
)
def scanner_blocks_itself_until_its_questions_fail(victim, peer, lab, table, *, first, error):
    victim.conf(mcast_solicit=3, retrans_time_ms=600)
    table.room(ROOM)

    for addr in flood.addresses(first, SCANNED):
        victim.udp(addr).send()
    errors = victim.udp(peer.addr).send()

    lab.expect("error for a live host during the scan", errors, [error])
    victim.expect(first, NUD.FAILED)
    lab.expect("error for it afterwards", victim.udp(peer.addr).send(), [None])
    victim.expect(peer.addr, NUD.REACHABLE)

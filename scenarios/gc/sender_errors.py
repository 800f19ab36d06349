"""With a full table only ping and UDP with IP_RECVERR hear an error; plain UDP hears nothing, and TCP waits.

ip_finish_output2 cannot make the entry and returns an error up the stack. icmp and raw sockets hand it to the program.
udp_send_skb hands ENOBUFS on only if the socket asked for errors (IP_RECVERR) - otherwise it counts the datagram as
sent and the loss shows in no return value. TCP takes the failed SYN for a lost one and tries again until it times out.
Many look at the network first: nothing leaves the host, so there is nothing to capture. In practice: "No buffer space
available" from ping is the table, not memory; a name server or a metrics agent on UDP just goes silent.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, scenario

V4 = {"fill": "198.18.0.1", "stranger": "192.0.2.100", "error": "ENOBUFS", "words": "No buffer space available"}
V6 = {"family": "ipv6", "fill": "2001:db8:1::1", "stranger": "2001:db8::100", "error": "EINVAL", "words": "Invalid"}
ROOM, MOST = 40, 400


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/sender-errors"],
    kernel="ip_finish_output2, ip6_finish_output2, udp_send_skb, neigh_alloc",
    cases=[Case("ipv4", since="5.18", most=MOST, **V4), Case("ipv6", most=MOST, **V6)],
    sabotage=Sabotage(params={"most": ROOM // 2}),
)
def a_full_table_is_told_to_few(victim, lab, table, *, fill, most, stranger, error, words):
    victim.conf(base_reachable_time_ms=60_000)

    table.room(ROOM)
    table.fill(victim, fill, most)
    told, untold = victim.udp(stranger), victim.udp(stranger, tell=False)

    lab.expect("UDP with IP_RECVERR", told.send(), [error])
    lab.expect("UDP without", untold.send(), [None])
    lab.expect("TCP connect", victim.tcp_connect(stranger, within_ms=300), "ETIMEDOUT")
    lab.expect("ping says why", words in victim.run("ping", "-n", "-c1", "-W1", stranger, check=False).stderr, True)

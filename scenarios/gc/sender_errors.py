"""With a full table ping and UDP with IP_RECVERR see ENOBUFS, other IPv4 UDP sees nothing, and TCP waits.

ip_finish_output2 cannot make the entry and returns an error up the stack. Raw and ping sockets hand it to the program.
udp_send_skb hands ENOBUFS on only if the socket asked for errors (IP_RECVERR); otherwise it counts the datagram as
lost, and send() succeeds. TCP takes the SYN for lost on the way and tries again until it times out. IPv6 is different
by an accident: ip6_finish_output2 says EINVAL, which nobody holds back, but which ping does not print. Many look for
the packets on the network; none has left the host. In practice: "No buffer space available" from ping means the
table, not memory - and a metrics agent on plain UDP goes silent without an error in its log.
"""

from neighlab.topologies import TwoHosts

from neighlab import Case, Sabotage, scenario

ADDRS = {"fill": "198.18.0.1", "stranger": "192.0.2.100"}
ADDRS6 = {"family": "ipv6", "fill": "2001:db8:1::1", "stranger": "2001:db8::100"}
REASON, NO_REASON = "sendmsg: No buffer space available", "100% packet loss"
ROOM, MOST = 40, 400


@scenario(
    topology=TwoHosts,
    needs=("host-table",),
    proves=["gc/sender-errors"],
    kernel="ip_finish_output2, ip6_finish_output2, udp_send_skb, neigh_alloc",
    cases=[
        Case("ipv4", most=MOST, told="ENOBUFS", untold=None, ping=REASON, since="5.18", **ADDRS),
        Case("ipv6", most=MOST, told="EINVAL", untold="EINVAL", ping=NO_REASON, **ADDRS6),
    ],
    sabotage=Sabotage(params={"most": ROOM // 2}),
)
def a_full_table_is_told_to_few(victim, lab, table, *, fill, most, stranger, told, untold, ping):
    victim.conf(base_reachable_time_ms=60_000)

    table.room(ROOM)
    table.fill(victim, fill, most)
    asking, plain = victim.udp(stranger), victim.udp(stranger, tell=False)
    program = victim.run("ping", "-n", "-c1", "-W0.1", stranger, check=False)

    lab.expect("UDP with IP_RECVERR", asking.send(), [told])
    lab.expect("UDP without", plain.send(), [untold])
    lab.expect("TCP connect", victim.tcp_connect(stranger, within_ms=300), "ETIMEDOUT")
    lab.expect(f"ping says: {ping}", ping in program.stdout + program.stderr, True)

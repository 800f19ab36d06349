"""Every real server that holds the VIP on lo answers for it; IPv6 answers only on the interface of the address.

For IPv4 an address belongs to the host (the weak host model): arp_process asks the routing table whether the target
is local, not where it was configured, so hiding it on lo hides nothing. Four hosts answer one question, and the
client takes whoever is first: locktime keeps the others out for a second, and the next question decides anew. An IPv6
address is defended by its interface alone: ndisc_recv_ns looks it up on the receiving device, and only there does the
host listen to its solicited-node group. The "ARP problem" of direct routing is thus one of ARP. Many believe that an
address on lo is not answered for. In practice: part of the clients bypass the load balancer, and which ones changes.
"""

from neighlab.topologies import DirectRouting

from neighlab import LEARNED, Case, Sabotage, scenario

DIRECTOR = "00:00:5e:00:53:10"
REAL = ["00:00:5e:00:53:11", "00:00:5e:00:53:12", "00:00:5e:00:53:13"]
V4 = {"vip": "192.0.2.100/32", "answer": "arp-reply"}
V6 = {"vip": "2001:db8::100/128", "answer": "na", "family": "ipv6"}


@scenario(
    topology=DirectRouting,
    proves=["lvs/arp-problem"],
    kernel="arp_process, ndisc_recv_ns",
    cases=[
        Case("ipv4-all-answer", **V4, answers=[DIRECTOR, *REAL], sabotage=Sabotage(knobs={"arp_ignore": 1})),
        Case("ipv6-the-director-answers", **V6, answers=[DIRECTOR], sabotage=Sabotage(params={"dev": "eth0"})),
    ],
)
def real_servers_answer_for_the_shared_address(
    client, director, real1, real2, real3, lab, *, vip, answer, answers, dev="lo"
):
    director.add_addr(vip)
    for server in (real1, real2, real3):
        server.add_addr(vip, dev=dev)
    capture, target = client.capture(), vip.partition("/")[0]

    client.udp(target).send()
    for server in (director, real1, real2, real3):
        client.fence(server, by="marker")

    replies = [seen.parsed.lladdr for seen in capture.frames("received", kind=answer, sender=target)]
    lab.expect("who answers", sorted(replies), answers)
    client.expect(target, LEARNED, lladdr=replies[0])

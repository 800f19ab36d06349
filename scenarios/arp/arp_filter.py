"""With arp_filter an interface answers only if the way back to the asker leaves by it, whoever has the address.

arp_filter looks up the route from the target to the asker and answers if it leaves by the interface that heard the
request. With two interfaces on one LAN the main table sends everything out of the first, so the first answers for the
second's address, too, and the second never speaks. Only source rules make each interface the way back of its own
address. Many believe that arp_filter=1 alone ties addresses to interfaces: that is what arp_ignore=1 does; arp_filter
asks the routing table. In practice: use it with `ip rule from ADDRESS` or not at all. `all` or the interface is enough.
"""

from neighlab.topologies import TwoNics

from neighlab import Case, Sabotage, arp, scenario

FIRST, SECOND = "192.0.2.1", "192.0.2.11"
NIC1, NIC2 = "00:00:5e:00:53:01", "00:00:5e:00:53:02"
MAIN, BY_SOURCE = "main", "11"
OFF, ON = Sabotage(knobs={"arp_filter": 0}), Sabotage(knobs={"arp_filter": 1})


@scenario(
    topology=TwoNics,
    proves=["arp/arp-filter"],
    kernel="arp_filter, ip_route_output_key",
    cases=[
        Case("0-first", arp_filter=0, target=FIRST, answered=[NIC1, NIC2], sabotage=ON),
        Case("0-second", arp_filter=0, target=SECOND, answered=[NIC1, NIC2], sabotage=ON),
        Case("1-first", arp_filter=1, target=FIRST, answered=[NIC1], sabotage=OFF),
        Case("1-second", arp_filter=1, target=SECOND, answered=[NIC1], sabotage=OFF),
        Case("1-first-source-rule", arp_filter=1, target=FIRST, table=BY_SOURCE, answered=[NIC1], sabotage=OFF),
        Case(
            "1-second-source-rule", arp_filter=1, target=SECOND, table=BY_SOURCE, answered=[NIC2],
            sabotage=Sabotage(params={"table": MAIN}),
        ),
    ],
)  # fmt: skip
def arp_filter_answers_on_the_way_back(server, client, lab, *, arp_filter, target, answered, table=MAIN):
    server.conf(dev="all", arp_filter=arp_filter)
    server.add_route("192.0.2.0/25", dev="eth0")
    server.run("ip", "route", "add", "192.0.2.0/24", "dev", "eth1", "table", BY_SOURCE)
    server.run("ip", "rule", "add", "from", SECOND, "table", table)
    capture = server.capture()

    client.send(arp.request(target, sender=client.addr, lladdr=client.lladdr))
    client.fence(server, by="marker")

    replies = capture.frames(kind="arp-reply", sender=target)
    lab.expect("answered", sorted(seen.parsed.lladdr for seen in replies), answered)

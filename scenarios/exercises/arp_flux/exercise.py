"""A server with two NICs on one LAN answers for each address on one NIC only, once it is told which."""

from neighlab.topologies import TwoNics

from neighlab import ON_LINK, arp, because, exercise

FIRST, SECOND = "192.0.2.1", "192.0.2.11"
NIC1, NIC2 = "00:00:5e:00:53:01", "00:00:5e:00:53:02"


@exercise(topology=TwoNics, yours=["server"], about=["arp/arp-flux"], minutes=30)
def flux(server):
    server.add_route("192.0.2.0/25", dev="eth0")


def given_to_client(server, client, addr):
    """The link-layer addresses that the server's answers give to a client who asks for `addr`."""
    capture = server.capture()
    client.send(arp.request(addr, sender=client.addr, lladdr=client.lladdr))
    client.fence(server, by="marker")
    return sorted({one.parsed.lladdr for one in capture.frames(kind="arp-reply", sender=addr)})


@flux.check(
    "who asks for 192.0.2.1 is given eth0's link-layer address, and no other",
    points=2,
    otherwise="Both NICs answer for 192.0.2.1, or none does: Linux owns addresses as a host, unless arp_ignore, or"
    " arp_filter with routes by source, ties them to a NIC.",
)
def first_answers(server, client, lab):
    lab.expect(f"given for {FIRST}", given_to_client(server, client, FIRST), [NIC1])


@flux.check(
    "who asks for 192.0.2.11 is given eth1's link-layer address, and no other",
    points=2,
    otherwise="Both NICs answer for 192.0.2.11, or none does: Linux owns addresses as a host, unless arp_ignore, or"
    " arp_filter with routes by source, ties them to a NIC.",
)
def second_answers(server, client, lab):
    given = given_to_client(server, client, SECOND)
    if given == [NIC1]:
        with because("arp_filter=1 asks the routing table, which sends all out of eth0: it wants rules by source."):
            lab.expect(f"given for {SECOND}", given, [NIC2])
    lab.expect(f"given for {SECOND}", given, [NIC2])


@flux.check(
    "the server's own questions do not give away 192.0.2.11 with eth0's link-layer address",
    points=3,
    otherwise="The answers may be cured, the server's own questions are not: one that leaves by eth0 names 192.0.2.11"
    " as its sender, and every host that hears it learns the wrong address. Which knob chooses a question's sender?",
)
def questions(server, lab):
    server.neigh_del(ON_LINK)
    capture = server.capture()
    outbox = server.udp(ON_LINK, source=SECOND)
    outbox.send()
    asked = capture.expect(range(1, 9), kind="arp-request", target=ON_LINK)
    outbox.close()
    leaked = [one for one in asked if one.parsed.sender == SECOND and one.parsed.lladdr == NIC1]
    lab.expect(f"questions that give {SECOND} with eth0's link-layer address", len(leaked), 0)


@flux.check(
    "the client still reaches the server at both addresses",
    points=2,
    kept=True,
    otherwise="The server does not answer at both addresses any more: a cure must not cost a NIC or an address.",
)
def serves(server, client, lab):
    for addr in (FIRST, SECOND):
        client.neigh_del(addr)
        lab.expect(f"{addr} answers", client.ping(addr) is not None, True)
    lab.expect("eth1 carries 192.0.2.11", server.intf("eth1").lladdr, NIC2)

"""Real servers that hold the virtual address on lo keep quiet about it, in answers and in questions, and still serve.

The director holds the virtual address on its eth0, as a load balancer with direct routing does; it is not the
student's.
"""

from neighlab.topologies import DirectRouting

from neighlab import NUD, arp, because, exercise

VIP = "192.0.2.100"


@exercise(
    topology=DirectRouting,
    yours=["real1", "real2", "real3"],
    about=["lvs/arp-problem", "lvs/arp-ignore-cure", "arp/weak-host"],
    minutes=30,
)
def hidden(client, director, real1, real2, real3):
    director.add_addr(f"{VIP}/32")
    for server in (real1, real2, real3):
        server.add_addr(f"{VIP}/32", dev="lo")
        server.conf(base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000)
    client.conf(base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000)


def answering(client, servers, addr):
    """The link-layer addresses that a client who asks for `addr` is given."""
    capture = client.capture()
    client.send(arp.request(addr, sender=client.addr, lladdr=client.lladdr))
    for server in servers:
        client.fence(server, by="marker")
    return sorted(one.parsed.lladdr for one in capture.frames("received", kind="arp-reply", sender=addr))


@hidden.check(
    "who asks for the VIP is answered by the director, and by nobody else",
    points=3,
    otherwise="More hosts than the director answer for the VIP: an address on lo belongs to the whole host, and Linux"
    " answers for it on every interface, unless the interface that was asked (or `all`) says otherwise.",
)
def director_answers(client, director, real1, real2, real3, lab):
    given = answering(client, (director, real1, real2, real3), VIP)
    lab.expect("who answers for the VIP", given, [director.lladdr])


@hidden.check(
    "no real server asks for the client in the name of the VIP, and each finds the client",
    points=3,
    otherwise="A real server that has to ask for the client does so in the name of the VIP, with its own link-layer"
    " address: the client learns from the question, and goes past the director from then on.",
)
def questions(client, real1, real2, real3, lab):
    for server in (real1, real2, real3):
        server.neigh_del(client.addr)
        capture, arrived = server.capture(), client.listen()
        outbox = server.udp(client.addr, source=VIP)
        outbox.send()
        outbox.close()
        server.fence(client, by="marker")
        names = {one.parsed.sender for one in capture.frames(kind="arp-request", target=client.addr)}
        served = arrived.read()
        arrived.close()
        client.neigh_del(VIP)
        lab.expect(f"{server.name} asks in the name of", sorted(names), [server.addr] if names else [])
        with because(
            f"{server.name} cannot reach the client: a question that is dropped gets no answer. It must be asked in the"
            " name of another address, not suppressed."
        ):
            lab.expect(f"what {server.name} sends to the client arrives", len(served), 1)


@hidden.check(
    "each real server still takes what the director passes on to it for the VIP",
    points=2,
    kept=True,
    otherwise="A real server does not take packets for the VIP any more: without the address it cannot serve.",
)
def serve(client, real1, real2, real3, lab):
    for server in (real1, real2, real3):
        inbox = server.listen(addr=VIP)
        client.neigh_set(VIP, server.lladdr, state=NUD.PERMANENT)
        outbox = client.udp(VIP)
        outbox.send()
        outbox.close()
        client.fence(server, by="marker")
        client.neigh_del(VIP)
        taken = len(inbox.read())
        inbox.close()
        lab.expect(f"packets for the VIP that {server.name} takes", taken, 1)


@hidden.check(
    "each real server still answers for its own address",
    points=1,
    kept=True,
    otherwise="A real server does not answer for its own address any more: the director could not find it.",
)
def own_addresses(client, real1, real2, real3, lab):
    for server in (real1, real2, real3):
        lab.expect(f"who answers for {server.addr}", answering(client, (server,), server.addr), [server.lladdr])

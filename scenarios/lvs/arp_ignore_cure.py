"""With arp_ignore=1 real servers are silent about the VIP, and with arp_announce=2 they do not claim it either.

Two leaks have to be closed. arp_ignore=1 answers only for addresses of the interface that heard the question, so one
on lo is passed over - if it is set where the question arrives (or in `all`), not on lo. But a real server also asks:
its first packet from the VIP makes it broadcast "who has the client, tell the VIP" with its own link-layer address
(arp_solicit takes the packet's source), and a question to oneself is learned at once, whatever locktime says.
arp_announce=2 makes it use an address of the interface instead; 1 does not help when VIP and client share a subnet.
Many believe that arp_ignore is enough, since the first test passes. In practice: the balancer works until a real
server has forgotten a client and asks for it; then that client sticks to this server.
"""

from neighlab.topologies import DirectRouting

from neighlab import LEARNED, NUD, Case, Sabotage, scenario

VIP, DIRECTOR, REAL1 = "192.0.2.100", "00:00:5e:00:53:10", "00:00:5e:00:53:11"
LEAKS, CURED = {"claims": VIP, "outcome": REAL1}, {"claims": "192.0.2.11", "outcome": DIRECTOR}


@scenario(
    topology=DirectRouting,
    proves=["lvs/arp-ignore-cure"],
    kernel="arp_ignore, arp_solicit, neigh_event_ns",
    cases=[
        Case(
            "1-2-all", dev="all", arp_ignore=1, arp_announce=2, answers=1, **CURED,
            sabotage=Sabotage(knobs={"arp_announce": 0}),
        ),
        Case(
            "1-2-device", dev="eth0", arp_ignore=1, arp_announce=2, answers=1, **CURED,
            sabotage=Sabotage(knobs={"arp_ignore": 0}),
        ),
        Case(
            "1-1-claims-it", dev="all", arp_ignore=1, arp_announce=1, answers=1, **LEAKS,
            sabotage=Sabotage(knobs={"arp_announce": 2}),
        ),
        Case(
            "1-0-claims-it", dev="all", arp_ignore=1, arp_announce=0, answers=1, **LEAKS,
            sabotage=Sabotage(knobs={"arp_announce": 2}),
        ),
        Case(
            "1-2-lo-cures-nothing", dev="lo", arp_ignore=1, arp_announce=2, answers=4, **LEAKS,
            sabotage=Sabotage(params={"dev": "all"}),
        ),
        Case(
            "0-2-answers-for-it", dev="all", arp_ignore=0, arp_announce=2, answers=4, **CURED,
            sabotage=Sabotage(knobs={"arp_ignore": 1}),
        ),
    ],
)  # fmt: skip
def only_the_director_answers_for_the_shared_address(
    client, director, real1, real2, real3, *, dev, arp_ignore, arp_announce, answers, claims, outcome
):
    director.add_addr(f"{VIP}/32")
    for server in (real1, real2, real3):
        server.conf(dev=dev, arp_ignore=arp_ignore, arp_announce=arp_announce)
        server.add_addr(f"{VIP}/32", dev="lo")
    at_client, at_server = client.capture(), real1.capture()

    client.udp(VIP).send()
    for server in (director, real1, real2, real3):
        client.fence(server, by="marker")
    client.neigh_set(VIP, director.lladdr, state=NUD.STALE)
    real1.neigh_del(client.addr)
    real1.udp(client.addr, source=VIP).send()
    at_server.expect(1, "sent", kind="arp-request", target=client.addr, sender=claims, within_ms=1000)
    client.fence(real1, by="marker")

    at_client.expect(answers, "received", kind="arp-reply", sender=VIP, within_ms=0)
    client.expect(VIP, LEARNED, lladdr=outcome, within_ms=0)

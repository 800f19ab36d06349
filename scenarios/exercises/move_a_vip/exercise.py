"""A virtual address moves to another server unnoticed by who uses it: the order of the steps decides, not their speed.

Whether packets can get lost is read off the order of three events - addresses that come and go, the client's entry
that changes - which the kernel announces on one socket: a script that is quick, or slow, gets the same verdict.
"""

from neighlab.topologies import Failover

from neighlab import NUD, ON_LINK, OTHER, arp, because, exercise

VIP = "192.0.2.100"
REQUEST, REPLY = 8, 0


@exercise(
    topology=Failover, yours=["active", "standby"], about=["garp/vip-failover", "garp/updates-existing"], minutes=35
)
def move(client, active, standby, lab):
    for one in (client, active, standby):
        one.conf(base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000, delay_first_probe_time_ms=3_600_000)
    active.add_addr(f"{VIP}/24")
    client.ping(VIP)
    active.neigh_set(client.addr, client.lladdr, state=NUD.REACHABLE)
    client.expect(VIP, NUD.REACHABLE, lladdr=active.lladdr)
    lab.monitor.hear_addresses(4)
    lab.capture_everything()
    client.daemon("ping", "-q", "-i", "0.5", VIP)


def numbers(frames):
    """The sequence numbers of echo requests or replies."""
    return {one.frame[40:42] for one in frames}


def gaps(client, active, standby, lab):
    """The hosts of those events after which the client sent to a server that did not have the VIP."""
    by_lladdr = {active.lladdr: active.name, standby.lladdr: standby.name}
    having, target, found = {active.name}, active.name, []
    for one in lab.timeline.entries:
        if one.kind != "event" or one.fields.get("addr") != VIP:
            continue
        if one.host == client.name:
            target = by_lladdr.get(one.fields["lladdr"], target)
        elif one.text.startswith("NEWADDR"):
            having.add(one.host)
        elif one.text.startswith("DELADDR"):
            having.discard(one.host)
        if target not in having:
            found.append(one.host)
    return found


@move.check(
    "what the client sends to the VIP goes to the standby",
    points=3,
    otherwise="The client goes on sending to the active: nobody has told it, and it has no reason to doubt an entry"
    " that works. An address that is added is not announced by itself.",
)
def switched(client, standby, lab):
    wire = client.capture(everything=True)
    outbox = client.udp(VIP)
    outbox.send()
    outbox.close()
    client.fence(standby, by="marker")
    lab.expect("the client sends to", [one.parsed.dst for one in wire.frames(dport=7777)], [standby.lladdr])


@move.check(
    "the standby, and nobody else, answers for the VIP",
    points=2,
    otherwise="The standby does not answer for the VIP, or not alone: of two owners whoever is first gets the client.",
)
def answered(client, active, standby, lab):
    asker = {"sender": ON_LINK, "lladdr": OTHER}  # not the client's own address: the answer would teach it
    capture = client.capture()
    client.send(arp.request(VIP, **asker))
    for server in (active, standby):
        client.fence(server, by="marker")
        server.neigh_del(ON_LINK)
    given = sorted(one.parsed.lladdr for one in capture.frames("received", kind="arp-reply", sender=VIP))
    lab.expect("who answers for the VIP", given, [standby.lladdr])
    lab.expect("the active may use the VIP", active.bind(VIP), "EADDRNOTAVAIL")


@move.check(
    "at most one of the client's pings was lost, and at no moment could more have been",
    points=4,
    kept=True,
    otherwise="Pings of the client were lost on the way: their sequence numbers went out, and no answer came.",
)
def lossless(client, active, standby, captures, lab):
    sent = numbers(captures["client"].frames("sent", icmp_type=REQUEST, target=VIP))
    back = numbers(captures["client"].frames("received", icmp_type=REPLY, sender=VIP))
    found = gaps(client, active, standby, lab)
    told = (
        "The active gave the VIP up while the client still sent to it: until the client was told, each packet was lost."
        " Who must do what before the active may let go?"
        if found[:1] == [active.name]
        else "The client was told to send to the standby before the standby had the VIP: a host drops what is addressed"
        " to somebody else."
    )
    with because(told):
        lab.expect("events that left the client without an owner of the VIP", len(found), 0)
    lab.expect("pings without an answer", len(sent - back), range(2))


@move.check(
    "both servers still answer at their own addresses",
    points=1,
    kept=True,
    otherwise="A server does not answer at its own address any more: only the VIP was to move.",
)
def own_addresses(client, active, standby, lab):
    for server in (active, standby):
        lab.expect(f"{server.name} answers", client.ping(server.addr, within_ms=500) is not None, True)

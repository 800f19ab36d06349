"""Three hundred machines on one link can be talked to at once, although the table has room for half of them.

h2 has 300 addresses on its lo and answers for each; the table has room for 150 entries. What a check asks for comes at
once: entries younger than five seconds are never taken by force, so how fast the script was decides nothing.
"""

import socket

from neighlab.topologies import HostsOnBridge

from neighlab import NTF, NUD, because, exercise

SENSORS = [f"198.18.{4 + number // 256}.{number % 256}" for number in range(1, 301)]
ROOM, OTHERS, PORT = 150, 20, 7010
IP_RECVERR = 11
UNCOUNTED = NTF.EXT_LEARNED | NTF.EXT_VALIDATED


@exercise(
    topology=HostsOnBridge(n=3),
    yours=["h1"],
    about=["gc/thresh3-wall", "gc/one-table", "gc/exempt"],
    minutes=35,
    room=ROOM,
)
def rack(h1, h2, h3):
    h2.run("ip", "route", "add", "local", "198.18.4.0/23", "dev", "lo")
    for host in (h1, h2, h3):
        host.conf(base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000)
    for one, other in ((h2, h1), (h2, h3)):  # what h2 needs to answer with does not take the others' room
        one.neigh_set(other.addr, other.lladdr, state=NUD.PERMANENT)


def forget(host):
    """Delete what a host knows of the sensors, but for what was put there to stay."""
    for entry in host.neigh_dump(family=4):
        if entry.addr in SENSORS and entry.state != NUD.PERMANENT and not entry.flags & UNCOUNTED:
            host.neigh_del(entry.addr)


def poll(host, h2, sensors):
    """Send a datagram to each sensor, all at once: how many the kernel refuses, and how many arrive.

    The inbox is read in between: an ordinary user's is too small for 300.
    """
    inbox, refused = h2.listen(addr="0.0.0.0", port=PORT), 0
    with host.node.netns.socket(socket.AF_INET, socket.SOCK_DGRAM) as outbox:
        outbox.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        for sensor in sensors:
            try:
                outbox.sendto(b"read", (sensor, PORT))
            except OSError:
                refused += 1
            inbox.read()
    host.fence(h2, by="marker")
    arrived = len(inbox.read())
    inbox.close()
    return refused, arrived


@rack.check(
    "h1 reaches all 300 sensors at once",
    points=4,
    otherwise="h1 does not reach all 300 sensors at once: the kernel's table is full, and its newest entries are too"
    " young to be taken away for others. What of these 300 need not be counted, or need not be a neighbour?",
)
def all_at_once(h1, h2, lab):
    forget(h1)
    refused, arrived = poll(h1, h2, SENSORS)
    lab.expect("datagrams of h1 that the kernel refuses", refused, 0)
    lab.expect("sensors that h1 reaches", arrived, len(SENSORS))


@rack.check(
    "when h1 has polled all of them, h3 still finds neighbours that are new to it",
    points=3,
    otherwise="h1 takes all the room that there is: h3 has another network namespace, but the same kernel and the same"
    " table, and is refused a new entry when h1 has polled its sensors.",
)
def others_find_room(h1, h2, h3, lab):
    for host in (h1, h3):
        forget(host)
    poll(h1, h2, SENSORS)
    refused, arrived = poll(h3, h2, SENSORS[:OTHERS])
    forget(h3)
    lab.expect("datagrams of h3 that the kernel refuses", refused, 0)
    lab.expect("sensors that h3 reaches", arrived, OTHERS)


@rack.check(
    "the answer `error` is the error of a program that sends while the table is full",
    points=1,
    otherwise="That is not what the program is told. Let it print the exception, when the table has just been filled.",
)
def told(answers, lab):
    given = answers.get("error", "").strip().lower()
    lab.expect("answer error is right", given in ("enobufs", "105", "no buffer space available"), True)


@rack.check(
    "h1 still reaches h3 directly",
    points=1,
    kept=True,
    otherwise="What h1 sends to h3 does not arrive any more: h3 is a neighbour, and no sensor.",
)
def direct(h1, h2, h3, lab):
    forget(h1)
    h1.neigh_del(h3.addr)
    wire, inbox = h1.capture(everything=True), h3.listen(port=PORT)
    outbox = h1.udp(h3.addr, port=PORT)
    outbox.send()
    outbox.close()
    h1.fence(h3, by="marker")
    arrived = len(inbox.read())
    inbox.close()
    with because("What h1 sends to h3 makes a detour: only the sensors are behind h2."):
        lab.expect("frames of h1 to h3", len(wire.frames("sent", dport=PORT, dst=h3.lladdr)), 1)
    lab.expect("datagrams that h3 receives", arrived, 1)

"""A kernel that asks a program instead of the wire finds every neighbour without one broadcast.

Link-layer addresses follow from the addresses, so no list of them can take the place of the program. The kernel asks
for each address once a minute only: what fails sooner was answered, and did not run out.
"""

import time

from neighlab.topologies import HostsOnBridge

from neighlab import LEARNED, NTF, NUD, because, exercise

RTNLGRP_NEIGH = 3
PATIENCE_MS = 2000
ATTEMPTS = 3


def belonging(addr):
    """The link-layer address of a container, 02:42 and the four bytes of its address."""
    return "02:42:" + ":".join(f"{int(byte):02x}" for byte in addr.split("."))


@exercise(
    topology=HostsOnBridge(n=5),
    yours=["h1"],
    about=["arpd/asks-user-space", "arpd/answer", "arpd/negative-answer"],
    minutes=40,
    keeps_running=True,
)
def controller(h1, h2, h3, h4, h5):
    for host in (h1, h2, h3, h4, h5):
        host.link(lladdr=belonging(host.addr))
    h1.conf(retrans_time_ms=60_000, base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000)
    h1.conf(delay_first_probe_time_ms=3_600_000)


def listeners(h1):
    """How many sockets on h1 hear what the kernel tells about neighbours."""
    with h1.node.netns.entered(), open("/proc/thread-self/net/netlink") as file:
        rows = [line.split() for line in file][1:]
    return sum(row[1] == "0" and int(row[3], 16) >> RTNLGRP_NEIGH - 1 & 1 for row in rows)


def expect_listener(h1, lab, *, within_ms=0):
    """Expect that somebody hears the kernel's questions: one that is asked before that is lost."""
    deadline = time.monotonic() + within_ms / 1000 * lab.time_scale
    while not (found := listeners(h1)) and time.monotonic() < deadline:
        lab.wait(0.02)
    lab.expect("sockets on h1 that hear about neighbours", found, range(1, 1000))


def broadcasts(h1, asked, addr):
    """The questions for an address that h1 has sent to everybody."""
    return asked.frames("sent", kind="arp-request", target=addr, is_broadcast=True)


def ask_for(h1, lab, addr):
    """Let h1 send a datagram to an address that it knows nothing of: its socket, and the entry that comes of it.

    Waits until the entry has been answered for, or has failed, or everybody was asked: then nobody else will be. Who
    does not answer is asked again: `ip monitor` reads the list of links when it begins, and skips what comes meanwhile.
    """
    with because("Nobody on h1 hears the question: see the first check."):
        expect_listener(h1, lab)
    asked = h1.capture()
    for more in reversed(range(ATTEMPTS)):
        h1.neigh_del(addr)
        outbox = h1.udp(addr)  # another one each time: to the one before it is an error that the entry was deleted
        outbox.send()
        deadline = time.monotonic() + PATIENCE_MS / ATTEMPTS / 1000 * lab.time_scale
        while waits(entry := h1.neigh_get(addr)) and not broadcasts(h1, asked, addr) and time.monotonic() < deadline:
            lab.wait(0.02)
        if not more or not waits(entry) or broadcasts(h1, asked, addr):
            return outbox, entry
        outbox.close()


def waits(entry):
    """Is an entry still waiting to be answered for?"""
    return entry is None or entry.state == NUD.INCOMPLETE


def expect_answer(lab, addr, entry):
    """Expect that the kernel was told the link-layer address that belongs to an address."""
    lab.expect(f"link-layer address of {addr}", entry and entry.lladdr, belonging(addr))


@controller.check(
    "a program on h1 hears what the kernel asks",
    points=1,
    otherwise="No program on h1 listens to the kernel: its questions (`miss` in `ip monitor neigh`) go to the multicast"
    " group RTNLGRP_NEIGH of netlink, whether anybody hears them or not. Is your program still running?",
)
def listens(h1, lab):
    expect_listener(h1, lab, within_ms=PATIENCE_MS)


@controller.check(
    "what h1 sends to a neighbour that it does not know arrives, and nothing is broadcast for it",
    points=3,
    otherwise="h1 knows no link-layer address for a neighbour that is there, and its datagram waits: either the kernel"
    " has asked nobody (`app_solicit` of the interface), or the answer does not give it what belongs to that address.",
)
def delivered(h1, h3, h4, lab):
    for host in (h3, h4):
        asked, arriving = h1.capture(), host.capture(everything=True)
        outbox, entry = ask_for(h1, lab, host.addr)
        outbox.close()
        with because(
            "h1 has broadcast its question to everybody: which attempts go where is decided by the interface's"
            " `ucast_solicit`, `app_solicit` and `mcast_solicit`, in this order."
        ):
            lab.expect(f"broadcasts for {host.addr}", len(broadcasts(h1, asked, host.addr)), 0)
        expect_answer(lab, host.addr, entry)
        # the state is there before what waits is sent (__neigh_update), so a fence could overtake it
        arriving.expect(range(1, ATTEMPTS + 1), "received", dport=7777, dst=host.lladdr, within_ms=1000)


@controller.check(
    "for any address of 198.18.0.0/16 the kernel is told the link-layer address that belongs to it",
    points=2,
    otherwise="For some addresses of 198.18.0.0/16 the kernel is told nothing, or something else than 02:42 and the"
    " address's four bytes, in hexadecimal. A list of those who are here today is not enough.",
)
def anybody(h1, lab):
    for addr in ("198.18.200.7", "198.18.9.250", "198.18.77.10"):
        outbox, entry = ask_for(h1, lab, addr)
        outbox.close()
        expect_answer(lab, addr, entry)


@controller.check(
    "whoever sends to 198.19.0.0/16, where nobody lives, is told so at once",
    points=2,
    otherwise="A program that sends to 198.19.3.4 waits: the kernel has asked, has heard nothing, and will ask again"
    " until its attempts are used up. A resolver that knows that there is nobody can say that, too.",
)
def nobody(h1, lab):
    for addr in ("198.19.3.4", "198.19.200.1"):
        outbox, entry = ask_for(h1, lab, addr)
        told = outbox.error(within_ms=200)
        outbox.close()
        with because(
            f"The kernel was told a link-layer address for {addr}, and sends to it for ever: nobody is there."
        ):
            lab.expect(f"link-layer address of {addr}", entry and entry.lladdr, None)
        lab.expect(f"what the sender to {addr} is told", told, "EHOSTUNREACH")


@controller.check(
    "what the program answers becomes an ordinary entry, which ages and may be collected",
    points=1,
    otherwise="The entry that your answer makes is no ordinary one. One that is PERMANENT, or externally learned, is"
    " never doubted again, and no garbage collection frees it: of 65,534 containers each would stay in the table.",
)
def ages(h1, h5, lab):
    outbox, entry = ask_for(h1, lab, h5.addr)
    outbox.close()
    with because("No answer has made an entry for 198.18.0.5 yet."):
        expect_answer(lab, h5.addr, entry)
    h1.expect(h5.addr, LEARNED, flags=NTF.NONE, within_ms=0)


@controller.check(
    "h1 still answers those who ask for it",
    points=1,
    kept=True,
    otherwise="h2 does not reach h1 any more: h1 was to stop asking everybody, not to stop answering.",
)
def answers_others(h1, h2, lab):
    h2.neigh_del(h1.addr)
    lab.expect("h1 answers h2", h2.ping(h1.addr, within_ms=1000) is not None, True)

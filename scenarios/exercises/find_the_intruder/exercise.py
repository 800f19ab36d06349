"""Two addresses with one link-layer address are a suspicion; who answers when the owner is asked again is the proof.

h4 has two addresses, and may. h5 has told h1 once that it is h2, with an answer that nobody asked for. The others
answered h1's pings and would ask who it is when DELAY has run out: h2's own question would put h1's table right.
"""

from neighlab.topologies import HostsOnBridge

from neighlab import NUD, arp, because, exercise

SECOND = "198.18.0.40"
STOLEN, INTRUDER, TRUE = "198.18.0.2", "198.18.0.5", "00:00:5e:00:53:02"


@exercise(topology=HostsOnBridge(n=6), yours=["h1"], about=["spoof/unicast-reply", "spoof/detection"], minutes=20)
def table(h1, h2, h3, h4, h5, h6):
    for host in (h1, h2, h3, h4, h5, h6):
        host.conf(base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000, delay_first_probe_time_ms=3_600_000)
    h4.add_addr(f"{SECOND}/15")
    for addr in (h2.addr, h3.addr, h4.addr, SECOND, h5.addr):
        h1.ping(addr)
    h1.neigh_set(h6.addr, h6.lladdr, state=NUD.STALE)
    h5.send(arp.gratuitous(h2.addr, lladdr=h5.lladdr, form="reply", to=h1.lladdr))
    h5.fence(h1, by="marker")
    h1.expect(h2.addr, NUD.REACHABLE, lladdr=h5.lladdr)


@table.check(
    "the answer `intruder` is the address of the host that claims what is another's",
    points=3,
    otherwise="That host has done nothing. Which link-layer address stands in h1's table for an address whose owner,"
    " when it is asked again, gives another one? And who, by the table, is at that link-layer address by right?",
)
def intruder(answers, lab):
    given = answers.get("intruder", "")
    told = {
        STOLEN: "Nobody is at fault for having been robbed. The thief is who receives what h1 sends to this address.",
        "198.18.0.4": "198.18.0.4 and 198.18.0.40 share a link-layer address, and rightly so: ask again, and both are"
        " answered as before. One host may have many addresses.",
        "198.18.0.6": "198.18.0.6 is STALE, which is old knowledge and no lie; a forged entry can be REACHABLE.",
    }  # fmt: skip
    told[SECOND] = told["198.18.0.4"]
    if given in told:
        with because(told[given]):
            lab.expect("answer intruder", given, INTRUDER)
    lab.expect("answer intruder", given, INTRUDER)


@table.check(
    "the answer `stolen` is the address that the intruder claims",
    points=2,
    otherwise="That address was not stolen: whose traffic goes to a link-layer address that its owner does not have?",
)
def stolen(answers, lab):
    lab.expect("answer stolen", answers.get("stolen", ""), STOLEN)


@table.check(
    "the answer `owner` is the link-layer address of the one to whom it belongs",
    points=2,
    otherwise="That is not where the stolen address belongs. Its owner is still there, and answers a question: make h1"
    " forget what it believes, and let it ask again.",
)
def owner(answers, lab):
    lab.expect("answer owner", answers.get("owner", "").lower(), TRUE)


@table.check(
    "what h1 sends to the stolen address reaches its owner again",
    points=2,
    otherwise="h1's table still lies: what it sends to the stolen address does not reach the owner. Nobody mends an"
    " entry that nobody doubts: it has to be deleted, or corrected.",
)
def mended(h1, h2, lab):
    wire = h2.capture(everything=True)
    outbox = h1.udp(h2.addr)
    outbox.send()
    outbox.close()
    h1.fence(h2, by="marker")
    arrived = len(wire.frames("received", dport=7777, dst=h2.lladdr))
    lab.expect("packets for the stolen address that reach its owner", arrived, 1)


@table.check(
    "h1 still reaches all others, at each of their addresses",
    points=1,
    kept=True,
    otherwise="h1 does not reach all of its neighbours any more: honest entries, and honest hosts, must be left alone.",
)
def others(h1, h3, h4, h5, h6, lab):
    for addr in (h3.addr, h4.addr, SECOND, h5.addr, h6.addr):
        lab.expect(f"{addr} answers", h1.ping(addr, within_ms=500) is not None, True)

"""A STALE entry becomes REACHABLE without a single question, if somebody tells the kernel that packets arrive.

The entry for the peer is STALE; `delay_first_probe_time` is the kernel's 5 s: time enough to give the proof.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, because, exercise


@exercise(topology=TwoHosts, about=["nud/confirmation", "nud/confirmed-in-delay"], minutes=20)
def stale(victim, peer, lab):
    lab.capture_everything()
    for one, other in ((victim, peer), (peer, victim)):
        one.conf(base_reachable_time_ms=3_600_000, gc_stale_time_ms=3_600_000)
        one.neigh_set(other.addr, other.lladdr, state=NUD.PERMANENT if one is peer else NUD.STALE)


@stale.check(
    "the victim's entry for 192.0.2.2 is REACHABLE, with the peer's address",
    points=3,
    otherwise="The entry is not REACHABLE: nothing told the kernel that the peer receives what the victim sends.",
)
def reachable(victim, peer):
    entry = victim.neigh_get(peer.addr)
    if entry is not None and entry.state == NUD.DELAY:
        with because(
            "The kernel waits for a proof, and has asked nobody yet. Give it, and wait until its timer has run."
        ):
            victim.expect(peer.addr, NUD.REACHABLE, lladdr=peer.lladdr, within_ms=0)
    victim.expect(peer.addr, NUD.REACHABLE, lladdr=peer.lladdr, within_ms=0)


@stale.check(
    "no ARP was spoken while you worked",
    points=2,
    kept=True,
    otherwise="There was ARP on the wire: an entry that is deleted, or that nobody confirms, is asked for. An answered"
    " ping confirms nothing: packets that come back do not prove that packets arrive.",
)
def quiet(captures):
    captures["victim"].expect(0, kind="arp-request")
    captures["peer"].expect(0, kind="arp-request")


@stale.check(
    "the news came from traffic, not from the administrator",
    points=2,
    otherwise="No packet went to the peer: `ip neigh` declares what you wish, and nobody has confirmed it.",
)
def by_traffic(peer, captures, lab):
    reached = len(captures["peer"].frames("received", target=peer.addr))
    lab.expect("packets that reached the peer", reached, range(1, 1_000_000))


@stale.check(
    "the answer `silent` names the state that the entry passes through without an announcement",
    points=1,
    otherwise="`ip monitor neigh` shows STALE and then REACHABLE. Look at `ip neigh` in between: answer silent STATE.",
)
def silent(answers, lab):
    lab.expect("answer silent", answers.get("silent", "").upper(), "DELAY")

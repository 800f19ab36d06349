"""NTF_USE resolves as if a packet were there, and takes neither state nor lladdr from the request.

"ip neigh add ... use" is an order to the state machine, not a statement about the neighbour: __neigh_update replaces
the given state by the entry's own, without PERMANENT, and neigh_add then calls neigh_event_send with no packet. A new
entry is asked for by broadcast, a STALE one goes to DELAY and is probed, and a PERMANENT one loses its state and its
address and is resolved like a new one. It acts once: afterwards the entry ages like any other. Many believe that it
is another way to set an entry. In practice: it lets a control plane check a next hop, or warm the cache before a
switch-over, without sending traffic; never use it on an entry that was static on purpose.
"""

from neighlab.topologies import TwoHosts

from neighlab import EVIL, NTF, NUD, OTHER, Case, Sabotage, scenario

PEER, PEER6, OWN = "192.0.2.2", "2001:db8::2", "00:00:5e:00:53:02"
NONE, STALE, PERMANENT = {"old": NUD.NONE}, {"old": NUD.STALE, "lladdr": OWN}, {"old": NUD.PERMANENT, "lladdr": OTHER}
ASKED = {"path": [NUD.REACHABLE], "broadcast": True}
PROBED = {"path": [NUD.DELAY, NUD.PROBE, NUD.REACHABLE], "broadcast": False}
V4, V6 = {"addr": PEER}, {"addr": PEER6, "family": "ipv6"}


@scenario(
    topology=TwoHosts,
    proves=["nud/use"],
    kernel="neigh_add, __neigh_update, neigh_event_send",
    cases=[
        Case("none", **NONE, **ASKED, **V4),
        Case("stale", **STALE, **PROBED, **V4),
        Case("permanent", **PERMANENT, **ASKED, **V4),
        Case("none-ipv6", **NONE, **ASKED, **V6),
        Case("stale-ipv6", **STALE, **PROBED, **V6),
        Case("permanent-ipv6", **PERMANENT, **ASKED, **V6),
    ],
    sabotage=Sabotage(params={"flags": NTF.NONE}),
)
def use_resolves_and_takes_nothing(victim, *, addr, old, path, broadcast, lladdr=None, flags=NTF.USE):
    victim.conf(delay_first_probe_time_ms=60)
    victim.neigh_set(addr, lladdr, state=old)
    capture = victim.capture()

    victim.neigh_set(addr, EVIL, state=NUD.REACHABLE, flags=flags)

    victim.expect(addr, *path, lladdr=OWN, within_ms=1500)
    capture.expect(1, "sent", target=addr, is_solicitation=True, is_broadcast=broadcast)

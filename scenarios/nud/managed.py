"""A managed entry is resolved by the kernel itself, without a packet and without the lladdr of the request.

NTF_EXT_MANAGED (since 5.16) puts an entry on the table's managed_list and triggers it once, like NTF_USE: the given
state and address are passed over, what is PERMANENT loses both (announced as NONE), and a question goes out at once.
From then on neigh_managed_work keeps it resolved (nud/managed_probed). The flag stays until an administrator takes it
away, and shows in every announcement. Many believe that an entry needs traffic to exist, or that "managed" is a
flavour of static. In practice: it is for next hops that programs in XDP or hardware use behind the kernel's back:
they need the address before the first packet, and no packet of theirs would ever confirm it.
"""

from neighlab.topologies import TwoHosts

from neighlab import EVIL, NTF, NUD, OTHER, Case, Sabotage, scenario

PEER, PEER6, OWN = "192.0.2.2", "2001:db8::2", "00:00:5e:00:53:02"
NEW, STATIC = {"old": NUD.NONE}, {"old": NUD.PERMANENT, "lladdr": OTHER}
V4, V6 = {"addr": PEER}, {"addr": PEER6, "family": "ipv6"}


@scenario(
    topology=TwoHosts,
    proves=["nud/managed"],
    kernel="neigh_add, __neigh_update, neigh_update_managed_list, neigh_event_send",
    cases=[
        Case("new", **NEW, **V4, since="5.16"),
        Case("static", **STATIC, **V4, since="5.16"),
        Case("new-ipv6", **NEW, **V6, since="5.16"),
        Case("static-ipv6", **STATIC, **V6, since="5.16"),
    ],
    sabotage=Sabotage(params={"flags": NTF.NONE}),
)
def managed_entry_is_resolved_without_a_packet(victim, *, addr, old, lladdr=None, flags=NTF.MANAGED):
    victim.neigh_set(addr, lladdr, state=old)
    capture = victim.capture()

    victim.neigh_set(addr, EVIL, state=NUD.REACHABLE, flags=flags)

    victim.expect(addr, NUD.REACHABLE, lladdr=OWN, flags=NTF.MANAGED)
    capture.expect(1, "sent", target=addr, is_solicitation=True, is_broadcast=True)

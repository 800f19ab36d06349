"""A gratuitous ARP overwrites an existing neighbour entry whatever arp_accept says.

arp_process consults arp_accept only when there is no entry. One that exists is looked up and handed to neigh_update
with the override flag, because arp_is_garp has found sender and target address equal; locktime does not matter then.
The new state says how little was proved: STALE, for nobody asked - except that a gratuitous *reply* sent to the host
alone looks like an answer and makes the entry REACHABLE. A reply counts as gratuitous only if its two link-layer
addresses agree as well. Many believe that arp_accept=0, the default, makes Linux ignore gratuitous ARP. In practice:
failover announcements work with the default, and so does poisoning; only a static entry withstands.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import BROADCAST, EVIL, NUD, Case, Sabotage, arp, scenario

VICTIM, OWNER, TRUE = "00:00:5e:00:53:01", "192.0.2.3", "00:00:5e:00:53:03"
STALE, REACHABLE, FAILED, PERMANENT = NUD.STALE, NUD.REACHABLE, NUD.FAILED, NUD.PERMANENT
CHANGED = {"outcome": STALE, "lladdr": EVIL}
LEFT = {"outcome": PERMANENT, "lladdr": TRUE}
NOT_STATIC = Sabotage(params={"old": STALE})


@scenario(
    topology=AttackerOnWire,
    proves=["garp/updates-existing", "spoof/gratuitous"],
    kernel="arp_process, arp_is_garp, neigh_update",
    cases=[
        Case("request-0-stale", form="request", arp_accept=0, old=STALE, **CHANGED),
        Case("request-1-stale", form="request", arp_accept=1, old=STALE, **CHANGED),
        Case("request-2-stale", form="request", arp_accept=2, old=STALE, **CHANGED),
        Case("request-0-reachable", form="request", arp_accept=0, old=REACHABLE, **CHANGED),
        Case("request-1-reachable", form="request", arp_accept=1, old=REACHABLE, **CHANGED),
        Case("request-0-failed", form="request", arp_accept=0, old=FAILED, **CHANGED),
        Case("request-1-permanent", form="request", arp_accept=1, old=PERMANENT, **LEFT, sabotage=NOT_STATIC),
        Case("reply-0-stale", form="reply", arp_accept=0, old=STALE, **CHANGED),
        Case("reply-1-stale", form="reply", arp_accept=1, old=STALE, **CHANGED),
        Case("reply-2-stale", form="reply", arp_accept=2, old=STALE, **CHANGED),
        Case("reply-0-reachable", form="reply", arp_accept=0, old=REACHABLE, **CHANGED),
        Case("reply-1-reachable", form="reply", arp_accept=1, old=REACHABLE, **CHANGED),
        Case("reply-0-failed", form="reply", arp_accept=0, old=FAILED, **CHANGED),
        Case("reply-1-permanent", form="reply", arp_accept=1, old=PERMANENT, **LEFT, sabotage=NOT_STATIC),
        Case("unicast-request-0", form="request", arp_accept=0, to=VICTIM, old=STALE, **CHANGED),
        Case("unicast-reply-0", form="reply", arp_accept=0, to=VICTIM, old=STALE, outcome=REACHABLE, lladdr=EVIL),
    ],
    sabotage=Sabotage(knobs={"drop_gratuitous_arp": 1}),
)
def gratuitous_arp_updates_an_existing_entry(victim, attacker, *, form, arp_accept, old, outcome, lladdr, to=BROADCAST):
    victim.conf(arp_accept=arp_accept, drop_gratuitous_arp=0)
    victim.neigh_set(OWNER, TRUE, state=old)

    attacker.send(arp.gratuitous(OWNER, lladdr=EVIL, form=form, to=to))
    attacker.fence(victim)

    victim.expect(OWNER, outcome, lladdr=lladdr, within_ms=0)

"""An externally validated entry falls back to STALE when its probes are not answered; any other one fails.

NTF_EXT_EXT_VALIDATED (since 6.17) is for a control plane that knows of the neighbour by other means, as with EVPN
multihoming, where a host may sit behind another switch. neigh_timer_handler probes the entry like any other, but
where others become FAILED this one becomes STALE and keeps its address, so that traffic goes on; it is not collected
and stays when the carrier is lost. It must be created in a valid state and excludes use and managed. extern_learn
alone does not do that. Many believe that one of these flags makes the kernel stop probing: only PERMANENT and NOARP
do. In practice: unanswered probes in a capture are normal on such a host, and mean no loss.
"""

from neighlab.topologies import TwoHosts

from neighlab import NTF, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

VALIDATED, LEARNED, NONE = NTF.EXT_VALIDATED, NTF.EXT_LEARNED, NTF.NONE
KEPT, LOST = {"outcome": NUD.STALE, "lladdr": OTHER}, {"outcome": NUD.FAILED, "lladdr": None}
V4, V6 = {"addr": ON_LINK}, {"addr": ON_LINK6, "family": "ipv6"}
KEEP = Sabotage(params={"flags": VALIDATED})
PROBES = 2


@scenario(
    topology=TwoHosts,
    proves=["nud/extern-valid", "nud/extern-learn"],
    kernel="neigh_timer_handler, neigh_invalidate",
    cases=[
        Case("extern-valid", flags=VALIDATED, **KEPT, **V4, since="6.17"),
        Case("extern-learn", flags=LEARNED, **LOST, **V4, sabotage=KEEP),
        Case("no-flag", flags=NONE, **LOST, **V4, sabotage=KEEP),
        Case("extern-valid-ipv6", flags=VALIDATED, **KEPT, **V6, since="6.17"),
        Case("extern-learn-ipv6", flags=LEARNED, **LOST, **V6, sabotage=KEEP),
    ],
    sabotage=Sabotage(params={"flags": NONE}),
)
def externally_validated_entry_outlives_its_probes(victim, *, addr, flags, outcome, lladdr):
    victim.conf(delay_first_probe_time_ms=40, retrans_time_ms=40, ucast_solicit=PROBES)
    capture, outbox = victim.capture(), victim.udp(addr)
    victim.neigh_set(addr, OTHER, state=NUD.STALE, flags=flags)

    outbox.send()

    victim.expect(addr, NUD.PROBE, outcome, lladdr=lladdr)
    capture.expect(PROBES, "sent", target=addr, is_solicitation=True, dst=OTHER)

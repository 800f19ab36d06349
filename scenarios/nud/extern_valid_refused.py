"""An entry is externally validated only in a valid state, and neither used nor managed as well.

neigh_add refuses NTF_EXT_EXT_VALIDATED together with a state that has no address, with NTF_USE and with
NTF_EXT_MANAGED: whoever vouches for a neighbour must say where it is, and the other two flags say that the kernel
should find out. The refusal comes before an entry is made, so - unlike that of a missing address (static/no_lladdr) -
it leaves nothing behind. Many believe that flags combine freely. In practice: an agent that promotes an unresolved
entry gets EINVAL and must resolve it first, or write the address it knows.
"""

from neighlab.topologies import TwoHosts

from neighlab import ABSENT, NTF, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

VALID = NTF.EXT_VALIDATED
USED = Sabotage(params={"flags": VALID | NTF.USE})
REFUSED, TAKEN = {"error": "EINVAL", "outcome": ABSENT}, {"error": None, "outcome": NUD.STALE}
V4, V6 = {"addr": ON_LINK, "since": "6.17"}, {"addr": ON_LINK6, "since": "6.17", "family": "ipv6"}


@scenario(
    topology=TwoHosts,
    proves=["nud/extern-valid"],
    kernel="neigh_add",
    cases=[
        Case("stale", state=NUD.STALE, lladdr=OTHER, flags=VALID, **TAKEN, **V4, sabotage=USED),
        Case("none", state=NUD.NONE, flags=VALID, **REFUSED, **V4),
        Case("failed", state=NUD.FAILED, flags=VALID, **REFUSED, **V4),
        Case("use", state=NUD.STALE, lladdr=OTHER, flags=VALID | NTF.USE, **REFUSED, **V4),
        Case("managed", state=NUD.STALE, lladdr=OTHER, flags=VALID | NTF.MANAGED, **REFUSED, **V4),
        Case("none-ipv6", state=NUD.NONE, flags=VALID, **REFUSED, **V6),
        Case("managed-ipv6", state=NUD.STALE, lladdr=OTHER, flags=VALID | NTF.MANAGED, **REFUSED, **V6),
    ],
    sabotage=Sabotage(params={"flags": NTF.EXT_LEARNED}),
)
def validation_wants_an_address_and_nothing_else(victim, lab, *, addr, state, flags, error, outcome, lladdr=None):
    answer = victim.neigh_set(addr, lladdr, state=state, flags=flags)

    lab.expect("error", answer, error)
    victim.expect(addr, outcome, within_ms=0)

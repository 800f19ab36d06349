"""add wants no entry, change wants one, replace takes either; who does not get it changes nothing.

The three commands are one message with different flags: NLM_F_EXCL (add) makes neigh_add answer EEXIST for an entry
that is there, whatever its state; without NLM_F_CREATE (change) an entry that is not there is ENOENT; NLM_F_CREATE
with NLM_F_REPLACE (replace) does both. Deleting what is not there is ENOENT, too. Entries that the kernel itself
made, also FAILED ones, count as there. Many believe that "add" succeeds once the address has not been configured by
hand: it fails as soon as somebody has sent a packet to it. In practice: provisioning uses "replace", and takes "del"
failing with ENOENT for success; "add" is a race with the traffic.
"""

from neighlab.topologies import TwoHosts

from neighlab import ABSENT, EVIL, NUD, ON_LINK, ON_LINK6, OTHER, Case, Sabotage, scenario

OTHERS, OTHERS6 = "192.0.2.98", "2001:db8::98"
V4, V6 = {"addr": ON_LINK}, {"addr": ON_LINK6, "family": "ipv6"}
THERE, NOT_THERE = {"known": ON_LINK, **V4}, {"known": OTHERS, **V4}
THERE6, NOT_THERE6 = {"known": ON_LINK6, **V6}, {"known": OTHERS6, **V6}
KNOWN, UNKNOWN = Sabotage(params={"known": ON_LINK}), Sabotage(params={"known": OTHERS})
KNOWN6, UNKNOWN6 = Sabotage(params={"known": ON_LINK6}), Sabotage(params={"known": OTHERS6})

DONE = {"error": None, "outcome": NUD.PERMANENT, "lladdr": EVIL}
EXISTS = {"error": "EEXIST", "outcome": NUD.STALE, "lladdr": OTHER}
MISSING = {"error": "ENOENT", "outcome": ABSENT, "lladdr": None}
GONE = {"error": None, "outcome": ABSENT, "lladdr": None}


def add(victim, addr):
    return victim.neigh_set(addr, EVIL, op="add")


def change(victim, addr):
    return victim.neigh_set(addr, EVIL, op="change")


def replace(victim, addr):
    return victim.neigh_set(addr, EVIL, op="replace")


def delete(victim, addr):
    return victim.neigh_del(addr)


@scenario(
    topology=TwoHosts,
    proves=["static/admin-errors"],
    kernel="neigh_add, neigh_delete",
    cases=[
        Case("add-absent", command=add, **NOT_THERE, **DONE, sabotage=KNOWN),
        Case("add-existing", command=add, **THERE, **EXISTS, sabotage=UNKNOWN),
        Case("change-absent", command=change, **NOT_THERE, **MISSING, sabotage=KNOWN),
        Case("change-existing", command=change, **THERE, **DONE, sabotage=UNKNOWN),
        Case("replace-absent", command=replace, **NOT_THERE, **DONE, sabotage=Sabotage(params={"command": change})),
        Case("replace-existing", command=replace, **THERE, **DONE, sabotage=Sabotage(params={"command": add})),
        Case("delete-absent", command=delete, **NOT_THERE, **MISSING, sabotage=KNOWN),
        Case("delete-existing", command=delete, **THERE, **GONE, sabotage=UNKNOWN),
        Case("add-existing-ipv6", command=add, **THERE6, **EXISTS, sabotage=UNKNOWN6),
        Case("change-absent-ipv6", command=change, **NOT_THERE6, **MISSING, sabotage=KNOWN6),
        Case("delete-absent-ipv6", command=delete, **NOT_THERE6, **MISSING, sabotage=KNOWN6),
    ],
)
def commands_differ_in_what_they_want_to_be_there(victim, lab, *, addr, known, command, error, outcome, lladdr):
    victim.neigh_set(known, OTHER, state=NUD.STALE)

    answer = command(victim, addr)

    lab.expect("error", answer, error)
    victim.expect(addr, outcome, lladdr=lladdr, within_ms=0)

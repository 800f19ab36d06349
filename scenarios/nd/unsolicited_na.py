"""An advertisement that nobody asked for does what its override and solicited flags say, but not from nothing.

ndisc_recv_na looks for an entry and makes none; only a router that sets accept_untracked_na (RFC 9131) learns a new
neighbour so, as STALE whatever the flags say. With an entry, override decides whether another link-layer address
counts, solicited whether the entry is REACHABLE or STALE. Without override a STALE entry ignores the other address, but
a REACHABLE one becomes STALE: the contradiction is a reason to ask. FAILED entries hear nothing at all, unlike in ARP.
Many believe that the solicited flag is checked against a question: it is not. In practice: failovers have to set
override, and hosts without an entry for the address learn of it when they first need it.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import ABSENT, EVIL, NTF, NUD, OFF_LINK6, ON_LINK6, Case, Sabotage, ndp, scenario

VICTIM, LLADDR = "2001:db8::1", "00:00:5e:00:53:01"
OWNER, TRUE = "2001:db8::3", "00:00:5e:00:53:03"
STALE, REACHABLE, FAILED = NUD.STALE, NUD.REACHABLE, NUD.FAILED
PLAIN, SOLICITED = {"override": False}, {"override": False, "solicited": True}
OVERRIDE, BOTH = {"override": True}, {"override": True, "solicited": True}
SILENT = Sabotage(mute=True)
NEW, NONE = {"outcome": STALE, "lladdr": EVIL}, {"outcome": ABSENT, "lladdr": None}


def router(accept_untracked_na, forwarding=1):
    return {"knobs": {"forwarding": forwarding, "accept_untracked_na": accept_untracked_na}}


def overriding(**flags):
    return Sabotage(params={"flags": OVERRIDE | flags})


def untracked(value):
    return Sabotage(knobs={"accept_untracked_na": value})


@scenario(
    topology=AttackerOnWire,
    family="ipv6",
    proves=["garp/na-flags", "garp/accept-untracked-na", "spoof/nd-spoof"],
    kernel="ndisc_recv_na, accept_untracked_na, __neigh_update",
    cases=[
        Case("stale-plain", old=STALE, flags=PLAIN, outcome=STALE, sabotage=overriding()),
        Case("stale-solicited", old=STALE, flags=SOLICITED, outcome=STALE, sabotage=overriding()),
        Case("stale-override", old=STALE, flags=OVERRIDE, outcome=STALE, lladdr=EVIL, sabotage=SILENT),
        Case("stale-both", old=STALE, flags=BOTH, outcome=REACHABLE, lladdr=EVIL, sabotage=SILENT),
        Case("stale-both-same-lladdr", old=STALE, flags=BOTH | {"lladdr": TRUE}, outcome=REACHABLE, sabotage=SILENT),
        Case("stale-both-no-lladdr", old=STALE, flags=BOTH | {"tlla": False}, outcome=REACHABLE, sabotage=SILENT),
        Case(
            "stale-both-to-all", old=STALE, flags=BOTH | {"dst": "ff02::1", "to": None}, outcome=STALE,
            sabotage=Sabotage(params={"flags": BOTH}),
        ),
        Case(
            "stale-override-router", old=STALE, flags=OVERRIDE | {"router": True}, outcome=STALE, lladdr=EVIL,
            ntf=NTF.ROUTER, sabotage=overriding(),
        ),
        Case(
            "stale-hop-limit-64", old=STALE, flags=BOTH | {"hop_limit": 64}, outcome=STALE,
            sabotage=Sabotage(params={"flags": BOTH}),
        ),
        Case("reachable-plain", old=REACHABLE, flags=PLAIN, outcome=STALE, sabotage=SILENT),
        Case("reachable-solicited", old=REACHABLE, flags=SOLICITED, outcome=STALE, sabotage=SILENT),
        Case("reachable-override", old=REACHABLE, flags=OVERRIDE, outcome=STALE, lladdr=EVIL, sabotage=SILENT),
        Case("reachable-both", old=REACHABLE, flags=BOTH, outcome=REACHABLE, lladdr=EVIL, sabotage=SILENT),
        Case(
            "reachable-override-same-lladdr", old=REACHABLE, flags=OVERRIDE | {"lladdr": TRUE}, outcome=REACHABLE,
            sabotage=overriding(),
        ),
        Case(
            "failed-both", old=FAILED, flags=BOTH, outcome=FAILED, lladdr=None,
            sabotage=Sabotage(params={"old": STALE}),
        ),
        Case("absent-0", addr=ON_LINK6, flags=OVERRIDE, **router(0), **NONE, sabotage=untracked(1)),
        Case("absent-1", addr=ON_LINK6, flags=OVERRIDE, **router(1), **NEW, since="5.19", sabotage=untracked(0)),
        Case("absent-1-both", addr=ON_LINK6, flags=BOTH, **router(1), **NEW, since="5.19", sabotage=untracked(0)),
        Case("absent-1-plain", addr=ON_LINK6, flags=PLAIN, **router(1), **NEW, since="5.19", sabotage=untracked(0)),
        Case(
            "absent-1-off-link", addr=OFF_LINK6, flags=OVERRIDE, **router(1), **NEW, since="5.19",
            sabotage=untracked(2),
        ),
        Case("absent-2", addr=ON_LINK6, flags=OVERRIDE, **router(2), **NEW, since="5.19", sabotage=untracked(0)),
        Case(
            "absent-2-off-link", addr=OFF_LINK6, flags=OVERRIDE, **router(2), **NONE, since="5.19",
            sabotage=untracked(1),
        ),
        Case(
            "absent-1-no-lladdr", addr=ON_LINK6, flags=OVERRIDE | {"tlla": False}, **router(1), **NONE, since="5.19",
            sabotage=overriding(),
        ),
        Case(
            "absent-1-no-router", addr=ON_LINK6, flags=OVERRIDE, **router(1, forwarding=0), **NONE, since="5.19",
            sabotage=Sabotage(knobs={"forwarding": 1}),
        ),
    ],
)  # fmt: skip
def unsolicited_na_does_what_its_flags_say(
    victim, attacker, *, flags, outcome, old=STALE, addr=OWNER, lladdr=TRUE, ntf=NTF.NONE, knobs=()
):
    victim.conf(**dict(knobs))
    victim.neigh_set(OWNER, TRUE, state=old)

    attacker.send(ndp.na(addr, **{"lladdr": EVIL, "dst": VICTIM, "to": LLADDR} | flags))
    attacker.fence(victim)

    victim.expect(addr, outcome, lladdr=lladdr, flags=ntf, within_ms=0)

"""An advertisement of an unknown address makes an entry once the one knob, or the one field, explained is another.

ndisc_recv_na checks the message (no solicited flag to a group, well-formed options, a target that is neither a group
nor ours), drop_unsolicited_na, and whether there is an entry. If there is none, since Linux 5.18 it takes three things
to make one: a link-layer address in the message, forwarding, and accept_untracked_na (RFC 9131, for routers) - 1 for
any sender, 2 for those in a prefix of the interface; before, the address must be under resolution already. Many
believe that accept_untracked_na is for hosts that want failovers to be heard, as arp_accept is: without forwarding it
does nothing. In practice: a first hop router that sets it knows its hosts before the first packet comes back to them;
on any other machine an unknown address stays unknown until it is needed.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, NUD, OFF_LINK6, ON_LINK6, Case, Sabotage, ndp, reframe, scenario

OURS, SPARE, GROUP = "2001:db8::1", "2001:db8::2", "ff02::5"
ROUTER, TOLD_TO = {"forwarding": 1}, {"accept_untracked_na": 1}
TAKES_ALL = {"knobs": ROUTER | TOLD_TO, "since": "5.18"}
RIGHT = Sabotage(params={"wrong": {}})


def stays(**knobs):
    return Sabotage(knobs=knobs)


@scenario(
    topology=AttackerOnWire,
    proves=["why/nd-advertisement"],
    kernel="ndisc_recv_na, accept_untracked_na",
    family="ipv6",
    cases=[
        Case("target-group", check="group-target", **TAKES_ALL, wrong={"target": GROUP}, learned=SPARE),
        Case("target-ours", check="own-address", **TAKES_ALL, wrong={"target": OURS}, learned=SPARE),
        Case("solicited-to-group", check="solicited-to-group", **TAKES_ALL, wrong={"solicited": True}),
        Case("no-lladdr", check="no-lladdr", **TAKES_ALL, wrong={"tlla": False}),
        Case(
            "drop-unsolicited", check="drop-unsolicited-na", knobs=ROUTER | TOLD_TO | {"drop_unsolicited_na": 1},
            since="5.18", sabotage=stays(drop_unsolicited_na=1),
        ),
        Case("no-entry", check="no-entry", knobs={}, until="5.18", sabotage=Sabotage(mute=True)),
        Case("not-a-router", check="not-a-router", knobs=TOLD_TO, since="5.18", sabotage=stays(forwarding=0)),
        Case(
            "0-untracked", check="accept-untracked-na", knobs=ROUTER, since="5.18",
            sabotage=stays(accept_untracked_na=0),
        ),
        Case(
            "2-off-link", check="accept-untracked-na-off-link", knobs=ROUTER | {"accept_untracked_na": 2},
            wrong={"target": OFF_LINK6, "sender": OFF_LINK6}, learned=OFF_LINK6, since="5.19",
            sabotage=stays(accept_untracked_na=2),
        ),
    ],
    sabotage=RIGHT,
)  # fmt: skip
def leave_to_create_is_all_that_lacks(victim, attacker, *, check, knobs, wrong=(), learned=ON_LINK6):
    victim.conf(**knobs)
    frame = reframe.changed(ndp.unsolicited_na(ON_LINK6, lladdr=EVIL), dict(wrong))
    foreseen = victim.explain(frame)

    attacker.send(frame)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(learned, NUD.STALE, lladdr=EVIL, within_ms=0)

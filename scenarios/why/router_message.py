"""A router solicitation or advertisement teaches its sender's address once the one cause explained is removed.

A host is not in the group of all routers, and if the question comes to all nodes ndisc_recv_rs asks for forwarding;
setting it makes the interface join the group (dev_forward_change). From :: nobody asks, and a router advertises itself
from its link-local address only, since hosts know it by that one (RFC 4861, 6.1.2). Many believe that a host with
accept_ra=0 pays no attention to routers: it takes no route and no prefix, but the entry for the router's address is
made all the same (ndisc_router_discovery). In practice: whoever can send an advertisement writes a link-local entry,
with the router flag, into the table of every host of the link; only a filter (RA guard) keeps it out.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, NTF, NUD, Case, Sabotage, ndp, scenario

ASKER, ROUTER = "2001:db8::2", "fe80::200"
ASKED, ADVERTISED = {"learned": ASKER, "flags": NTF.NONE}, {"learned": ROUTER, "flags": NTF.ROUTER}
STAYS_A_HOST = Sabotage(knobs={"forwarding": 0})


def question(sender):
    return ndp.rs(sender=sender, lladdr=EVIL)


def question_to_all_nodes(sender):
    return ndp.rs(sender=sender, lladdr=EVIL, dst=ndp.ALL_NODES)


def advertisement(sender):
    return ndp.ra(sender=sender, lladdr=EVIL)


@scenario(
    topology=AttackerOnWire,
    proves=["why/router-message"],
    kernel="ip6_mc_input, ndisc_recv_rs, ndisc_router_discovery",
    family="ipv6",
    cases=[
        Case("question-to-a-host", check="not-a-member", frame=question, sender=ASKER, **ASKED, sabotage=STAYS_A_HOST),
        Case(
            "question-to-all-nodes", check="not-a-router", frame=question_to_all_nodes, sender=ASKER, **ASKED,
            sabotage=STAYS_A_HOST,
        ),
        Case(
            "question-of-nobody", check="unspecified-sender", forwarding=1, frame=question, sender="::", **ASKED,
            sabotage=Sabotage(params={"sender": ASKER}),
        ),
        Case(
            "advertisement-of-global-address", check="sender-not-link-local", frame=advertisement, sender=ASKER,
            **ADVERTISED, sabotage=Sabotage(params={"sender": ROUTER}),
        ),
    ],
)  # fmt: skip
def right_sender_or_receiver_is_all_that_lacks(victim, attacker, *, check, frame, sender, learned, flags, forwarding=0):
    victim.conf(forwarding=forwarding)
    message = frame(sender)
    foreseen = victim.explain(message)

    attacker.send(message)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(learned, NUD.STALE, lladdr=EVIL, flags=flags, within_ms=0)

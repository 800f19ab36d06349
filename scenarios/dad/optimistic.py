"""An optimistic address can be bound and used before DAD is over, and takes no neighbour's entry over meanwhile.

RFC 4429 bets on the address being free. inet6_bind and the routing take an optimistic address for valid, packets
leave from it at once, and questions for it are answered - but without the override flag (ndisc_recv_ns), so that
where an owner exists nobody's entry for it changes. It takes optimistic_dad=1 and an address that is asked for as
optimistic; source address selection takes it by itself only with use_optimistic=1. Many believe that optimistic_dad
speeds up detection, or concerns every address: it shortens nothing, and without the flag an address is as tentative
as ever. In practice: a roaming host that cannot wait a second sends at once, and loses the address if it was
somebody's.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import DAD, ON_LINK6, Case, Sabotage, scenario


@scenario(
    topology=AttackerOnWire,
    proves=["dad/optimistic", "dad/bind-tentative"],
    kernel="ipv6_allow_optimistic_dad, ipv6_chk_addr_and_flags, ndisc_recv_ns",
    family="ipv6",
    cases=[
        Case(
            "1-usable", optimistic_dad=1, usable=True, state=DAD.OPTIMISTIC, bind=None, overrides=[False],
            sabotage=Sabotage(knobs={"optimistic_dad": 0}),
        ),
        Case(
            "0-tentative", optimistic_dad=0, usable=False, state=DAD.TENTATIVE, bind="EADDRNOTAVAIL", overrides=[],
            sabotage=Sabotage(knobs={"optimistic_dad": 1}),
        ),
    ],
)  # fmt: skip
def optimistic_address_is_used_at_once(victim, attacker, lab, *, optimistic_dad, usable, state, bind, overrides):
    victim.conf(accept_dad=1, dad_transmits=1, optimistic_dad=optimistic_dad, retrans_time_ms=60_000)
    capture = victim.capture()

    victim.add_addr(f"{ON_LINK6}/64", nodad=False, optimistic=True)
    capture.expect(1, "sent", kind="ns", is_probe=True, target=ON_LINK6)
    reached = attacker.ping(ON_LINK6, within_ms=400) is not None

    lab.expect("an echo request is answered", reached, usable)
    victim.expect_addr(ON_LINK6, state, within_ms=0)
    lab.expect("bind", victim.bind(ON_LINK6), bind)
    answers = [seen.parsed.override for seen in capture.frames(kind="na", target=ON_LINK6)]
    lab.expect("override flags of the answers", answers, overrides)

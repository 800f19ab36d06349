"""FAILED from user space, or no word of it, ends the resolution: the sender sees EHOSTUNREACH.

A resolver that knows that nobody has the address can say so: RTM_NEWNEIGH with NUD_FAILED throws away the queue of an
INCOMPLETE entry (neigh_invalidate) and each packet in it becomes an error, at once instead of after all attempts. If
nobody answers, app_solicit questions, retrans_time apart, end the same way; a resolver that is gone thus costs what
an absent host costs. FAILED is no memory: the next packet asks again. Many believe that a negative answer is cached
by the kernel; arpd has a cache of its own for that (-n). In practice: with mcast_solicit=0, a dead resolver means no
new neighbours.
"""

from neighlab.topologies import TwoHosts

from neighlab import NUD, ON_LINK, ON_LINK6, Case, Sabotage, scenario

NEVER, SOON = 60_000, 20


def failed(victim, addr):
    victim.neigh_set(addr, state=NUD.FAILED)


def silence(victim, addr):
    """Nobody answers."""


def answered(victim, addr):
    victim.neigh_set(addr, "00:00:5e:00:53:02", state=NUD.REACHABLE)


@scenario(
    topology=TwoHosts,
    proves=["arpd/negative-answer"],
    kernel="neigh_add, __neigh_update, neigh_invalidate, neigh_timer_handler",
    cases=[
        Case("failed-at-once", addr=ON_LINK, answer=failed, retrans_time_ms=NEVER, questions=1),
        Case("silence-after-all-attempts", addr=ON_LINK, answer=silence, retrans_time_ms=SOON, questions=2),
        Case("ipv6-failed-at-once", family="ipv6", addr=ON_LINK6, answer=failed, retrans_time_ms=NEVER, questions=1),
        Case(
            "ipv6-silence-after-all-attempts", family="ipv6", addr=ON_LINK6, answer=silence, retrans_time_ms=SOON,
            questions=2,
        ),
    ],
    sabotage=Sabotage(params={"answer": answered}),
)  # fmt: skip
def negative_answer_or_none_ends_as_unreachable(victim, lab, *, addr, answer, retrans_time_ms, questions):
    victim.conf(app_solicit=2, mcast_solicit=0, retrans_time_ms=retrans_time_ms)
    outbox = victim.udp(addr)

    outbox.send()
    victim.expect_miss(addr, range(1, questions + 1))
    answer(victim, addr)

    victim.expect(addr, NUD.FAILED, within_ms=1000)
    lab.expect("error", outbox.error(), "EHOSTUNREACH")
    victim.expect_miss(addr, questions, within_ms=0)

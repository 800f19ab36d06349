"""An IPv6 address that was found to be a duplicate stays useless, also when the duplicate has gone.

h1 is a server whose address is to be added, h2 was restored from h1's backup and has that address already.
"""

import itertools

from neighlab.topologies import HostsOnBridge

from neighlab import DAD, because, exercise, ndp

SERVICE, SPARE = "2001:db8::50", "2001:db8::51"


@exercise(
    topology=HostsOnBridge(n=3),
    family="ipv6",
    yours=["h1", "h2"],
    about=["dad/dad-collision", "dad/tentative", "dad/bind-tentative", "dad/accept-dad"],
    minutes=25,
)
def duplicate(h1, h2):
    for one in (h1, h2):
        one.conf(accept_dad=1, dad_transmits=1, retrans_time_ms=1000)
    h2.add_addr(f"{SERVICE}/64")


def states(h1, lab):
    """What the service's address has been on h1, as the kernel announced it: each state once, in their order."""
    lab.pump()
    told = lab.addr_history[h1.name, h1.intf().ifindex, SERVICE]
    return [state for state, _ in itertools.groupby(one.state for one in told)]


@duplicate.check(
    "h1 has found 2001:db8::50 to be a duplicate",
    points=2,
    otherwise="The failure has not been seen: add the address to h1 while h2 has it, and let the kernel ask.",
)
def failed(h1, lab):
    lab.expect("h1 has found a duplicate", DAD.FAILED in states(h1, lab), True)


@duplicate.check(
    "h1 has 2001:db8::50, may use it, and has asked before it took it",
    points=4,
    otherwise="h1 does not have 2001:db8::50. (If you took its interface down: that loses its IPv6 addresses, unless"
    " `keep_addr_on_down` says otherwise.)",
)
def usable(h1, h2, captures, lab):
    found, rival = h1.addr_get(SERVICE), h2.addr_get(SERVICE)
    lab.expect(f"h1 has {SERVICE}", found is not None, True)
    if found.dad is DAD.FAILED:
        with because(
            "h2 still has the address: as long as it answers for it, h1 will find a duplicate."
            if rival is not None
            else "The address is still marked as a duplicate, and stays so, however long you wait: nothing makes the"
            " kernel ask again for an address that stays as it is."
        ):
            # while an address is asked for again because its interface came up, the mark is still there
            h1.expect_addr(SERVICE, DAD.DONE, within_ms=0 if rival is not None else 1500)
    h1.expect_addr(SERVICE, DAD.DONE)
    past = states(h1, lab)
    asked = captures["h1"].frames("sent", kind="ns", is_probe=True, target=SERVICE)
    with because(
        "h1 uses the address, but nobody was asked: a host that skips the question takes an address whoever else has"
        " it."
    ):
        lab.expect("more questions than failures", len(asked) > past.count(DAD.FAILED), True)


@duplicate.check(
    "who asks for 2001:db8::50 is answered by h1 alone",
    points=2,
    otherwise="h1 does not answer for 2001:db8::50, or not alone: an address that waits or has failed is nobody's, and"
    " of two hosts that answer the rest of the LAN believes now the one, now the other.",
)
def alone(h1, h2, h3, lab):
    capture = h3.capture()
    h3.send(ndp.ns(SERVICE, sender=h3.addr, lladdr=h3.lladdr))
    for one in (h1, h2):
        h3.fence(one, by="marker")
    given = sorted(one.parsed.lladdr for one in capture.frames("received", kind="na", target=SERVICE))
    lab.expect(f"who answers for {SERVICE}", given, [h1.lladdr])


@duplicate.check(
    "h1 would find the next duplicate, too",
    points=2,
    kept=True,
    otherwise="Detection is off: h1 would take the next address that somebody else has, and nobody would be told.",
)
def armed(h1, h3, lab):
    h3.add_addr(f"{SPARE}/64")
    try:
        h1.add_addr(f"{SPARE}/64", nodad=False)
        try:
            lab.expect(f"what h1 finds out about {SPARE}", h1.dad_verdict(SPARE, within_ms=2000).name, "FAILED")
        finally:
            h1.del_addr(f"{SPARE}/64")
    finally:
        h3.del_addr(f"{SPARE}/64")


@duplicate.check(
    "h1 and h2 are still reached at addresses of their own",
    points=1,
    kept=True,
    otherwise="h1 is not reached at 2001:db8::1 any more, or h2 at 2001:db8::2: only 2001:db8::50 was to change.",
)
def own_addresses(h1, h2, h3, lab):
    for one in (h1, h2):
        lab.expect(f"{one.name} answers", h3.ping(one.addr, within_ms=1000) is not None, True)


@duplicate.check(
    "the answer `flag` names what marks an address that is somebody else's",
    points=1,
    otherwise="That is not it, or not it alone: `tentative` is also an address that still waits. What else does"
    " `h1 ip -6 addr show dev eth0` say of this one?",
)
def flag(answers, lab):
    lab.expect("answer flag", answers.get("flag", "").lower(), "dadfailed")

"""A proxy that still speaks for a machine which has moved keeps it from its own address.

h4 and h5 each answer for a virtual machine of theirs (its address is on their lo); h5 also for one that is h1's now.
h6 has an entry for the same address, but nothing that lets it answer.
"""

from neighlab.topologies import HostsOnBridge

from neighlab import DAD, LEARNED, NTF, because, exercise, ndp

MOVED, GUEST4, GUEST5 = "2001:db8::77", "2001:db8::40", "2001:db8::50"


@exercise(topology=HostsOnBridge(n=6), family="ipv6", about=["arp/proxy-ndp", "dad/dad-collision"], minutes=30)
def proxied(h1, h4, h5, h6):
    for host, guest in ((h4, GUEST4), (h5, GUEST5)):
        host.add_addr(f"{guest}/128", dev="lo")
        host.conf(forwarding=1, proxy_ndp=1, proxy_delay_ms=0)
        host.neigh_set(guest, flags=NTF.PROXY)
    for host in (h5, h6):
        host.neigh_set(MOVED, flags=NTF.PROXY)
    h1.conf(accept_dad=1, dad_transmits=1)
    h1.add_addr(f"{MOVED}/64", nodad=False)
    h1.expect_addr(MOVED, DAD.FAILED)


def answering(lab, asker, addr):
    """The link-layer addresses that are given to somebody who asks for an address."""
    heard = asker.capture()
    asker.send(ndp.ns(addr, sender=asker.addr, lladdr=asker.lladdr))
    for host in lab:
        if host is not asker:
            asker.fence(host, by="marker")
            host.fence(asker, by="marker")
    return sorted({one.parsed.lladdr for one in heard.frames("received", kind="na", target=addr)})


@proxied.check(
    "the answer `machine` names the one that answers for 2001:db8::77 and should not",
    points=2,
    otherwise="That machine does not answer. Ask for 2001:db8::77 from a host that is not concerned, and look at the"
    " link-layer address that it is given.",
)
def machine(h5, answers, lab):
    given = answers.get("machine", "").lower()
    told = {
        "h6": "h6 has an entry for 2001:db8::77, but does it answer? An entry is not all that it takes to be a proxy.",
        "h4": "h4 speaks for 2001:db8::40, which is behind it, and for nobody else.",
        "h1": "h1 asks whether anybody has the address, and is answered: by whom?",
    }  # fmt: skip
    if given in told:
        with because(told[given]):
            lab.expect("answer machine is right", False, True)
    lab.expect("answer machine is right", given in (h5.name, h5.addr, h5.lladdr), True)


@proxied.check(
    "nobody but h1 answers whoever asks for 2001:db8::77",
    points=3,
    otherwise="Another machine than h1 still answers for 2001:db8::77: to h1 that is a duplicate, and to all others a"
    " wrong way. Look at who answers, not at who might.",
)
def nobody_else(h1, h2, lab):
    given = answering(lab, h2, MOVED)
    lab.expect("others than h1 who answer for 2001:db8::77", [one for one in given if one != h1.lladdr], [])


@proxied.check(
    "2001:db8::77 has passed duplicate address detection on h1",
    points=3,
    otherwise="2001:db8::77 is still tentative on h1: detection has not come to its end.",
)
def usable(h1, lab):
    found = h1.addr_get(MOVED)
    state = found.dad if found is not None else None
    with because("h1 does not have the address 2001:db8::77 any more."):
        lab.expect("h1 has 2001:db8::77", found is not None, True)
    with because(
        "2001:db8::77 is `dadfailed` on h1: the kernel asks once, when an address is added. One that has failed stays"
        " so until it is added again."
    ):
        lab.expect("2001:db8::77 has failed on h1", state is DAD.FAILED, False)
    with because("2001:db8::77 was added with `nodad`: who does not ask is not told, and finds no real duplicate."):
        lab.expect("flags of 2001:db8::77 on h1", "NODAD" in found.flags.name, False)
    h1.expect_addr(MOVED, DAD.DONE)


@proxied.check(
    "whoever asks for 2001:db8::77 is answered by h1, and reaches it there",
    points=2,
    otherwise="2001:db8::77 is not at h1 for those who ask for it: it does not answer there, or others answer as well.",
)
def reached(h1, h2, lab):
    lab.expect("given for 2001:db8::77", answering(lab, h2, MOVED), [h1.lladdr])
    h2.neigh_del(MOVED)
    lab.expect("2001:db8::77 answers h2", h2.ping(MOVED) is not None, True)
    h2.expect(MOVED, LEARNED, lladdr=h1.lladdr, within_ms=0)


@proxied.check(
    "the machines behind h4 and h5 are still reached",
    points=2,
    kept=True,
    otherwise="A machine that lives behind h4 or h5 is not reached any more: somebody has to answer for it. Only what"
    " is said for 2001:db8::77 is wrong.",
)
def guests(h3, lab):
    for guest in (GUEST4, GUEST5):
        h3.neigh_del(guest)
        lab.expect(f"{guest} answers h3", h3.ping(guest) is not None, True)


@proxied.check(
    "h1 still notices a duplicate that is one",
    points=1,
    kept=True,
    otherwise="h1 takes an address that another machine has, and does not notice: duplicate address detection is off."
    " It was right to complain.",
)
def still_detects(h1, h3, lab):
    h1.add_addr(f"{h3.addr}/64", nodad=False)
    try:
        lab.expect(f"what h1 finds out about {h3.addr}", h1.dad_verdict(h3.addr, within_ms=1500).name, "FAILED")
    finally:
        h1.del_addr(f"{h3.addr}/64")

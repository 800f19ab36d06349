"""A proxy entry makes the router answer for one address, on one interface, and only if a route leads elsewhere.

`ip neigh add proxy` puts an address into a table of its own (pneigh), which arp_process consults when it forwards on
this interface: no proxy_arp is needed, forwarding is. The address must be routed out of another interface, so an
entry for a host on the asker's own side, or for one without a route, is never used; nor is one on another interface.
The entries have neither state nor timer, are invisible in `ip neigh` without `proxy`, and are announced to nobody.
Many believe that such an entry publishes an address as it stands (arp -Ds), whatever the routes. In practice: the
exact way to let a few hosts behind a router share a subnet, where proxy_arp would claim all that it can reach.
"""

from neighlab.topologies import TwoLans

from neighlab import ABSENT, NTF, NUD, Case, Sabotage, arp, scenario

OUTSIDE, INSIDE, NOWHERE = "198.51.100.1", "192.0.2.1", "203.0.113.9"
ANSWERED, SILENT = {"answers": 1, "learned": NUD.STALE}, {"answers": 0, "learned": ABSENT}
NO_ENTRY, FITTING = Sabotage(params={"entry": "198.51.100.2"}), Sabotage(params={"target": OUTSIDE, "entry": OUTSIDE})


@scenario(
    topology=TwoLans,
    proves=["arp/proxy-entry"],
    kernel="arp_process, pneigh_lookup",
    cases=[
        Case("its-address", entry=OUTSIDE, target=OUTSIDE, **ANSWERED, sabotage=NO_ENTRY),
        Case("another-address", entry=OUTSIDE, target="198.51.100.2", **SILENT, sabotage=NO_ENTRY),
        Case("same-side", entry=INSIDE, target=INSIDE, **SILENT, sabotage=FITTING),
        Case("no-route", entry=NOWHERE, target=NOWHERE, **SILENT, sabotage=FITTING),
        Case("other-interface", entry=OUTSIDE, target=OUTSIDE, dev="eth1", **SILENT,
             sabotage=Sabotage(params={"dev": "eth0"})),
        Case("no-forwarding", entry=OUTSIDE, target=OUTSIDE, forwarding=0, **SILENT,
             sabotage=Sabotage(knobs={"forwarding": 1})),
    ],
)  # fmt: skip
def proxy_entry_answers_for_one_address(
    router, neighbour, lab, *, entry, target, answers, learned, dev="eth0", forwarding=1
):
    router.conf(proxy_delay_ms=0, forwarding=forwarding)
    router.neigh_set(entry, flags=NTF.PROXY, dev=dev)
    capture = router.capture()

    neighbour.send(arp.request(target, sender=neighbour.addr, lladdr=neighbour.lladdr))
    neighbour.fence(router)

    capture.expect(answers, "sent", kind="arp-reply", sender=target, lladdr=router.lladdr, within_ms=0)
    router.expect(neighbour.addr, learned)
    lab.expect("proxy entries", [one.addr for one in router.neigh_dump(proxy=True)], [entry])

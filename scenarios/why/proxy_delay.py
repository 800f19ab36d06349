"""A question that a proxy keeps waiting is neither answered nor learned from; with proxy_delay 0 it is both, at once.

A proxy lets the owner of the address go first: ndisc_recv_ns puts a multicast question into the proxy queue
(pneigh_enqueue), and all that it does to the table comes later, too, when proxy_delay is over: up to 800 ms with the
defaults, at random. IPv4 differs: arp_process has learned the asker before it looks at the delay. Many believe that
proxy_delay costs the answer alone; with IPv6 the proxy does not know the asker meanwhile, and resolves him itself if it
has to send him something. In practice: who watches a proxy's table right after a question sees nothing and looks for a
filter. Nothing has stopped the frame; it waits.
"""

from neighlab.topologies import AttackerOnWire

from neighlab import EVIL, LEARNED, NTF, ON_LINK6, Case, Sabotage, ndp, scenario

AN_HOUR = 3_600_000


@scenario(
    topology=AttackerOnWire,
    proves=["why/proxy-delay"],
    kernel="ndisc_recv_ns, pneigh_enqueue",
    family="ipv6",
    cases=[
        Case("ipv6", check="proxy-delay"),
    ],
    sabotage=Sabotage(knobs={"proxy_delay_ms": AN_HOUR}),
)
def time_is_all_that_the_proxy_takes(victim, attacker, *, check):
    victim.conf(forwarding=1, proxy_ndp=1, proxy_delay_ms=AN_HOUR)
    victim.neigh_set(ON_LINK6, flags=NTF.PROXY)
    capture = victim.capture()
    question = ndp.ns(ON_LINK6, sender=attacker.addr, lladdr=EVIL)
    foreseen = victim.explain(question)

    attacker.send(question)
    attacker.fence(victim, by="marker")
    capture.expect(0, "sent", kind="na", target=ON_LINK6, within_ms=0)
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    capture.expect(1, "sent", kind="na", target=ON_LINK6, within_ms=0)
    victim.expect(attacker.addr, LEARNED, lladdr=EVIL, within_ms=0)

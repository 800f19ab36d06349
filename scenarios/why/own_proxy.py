"""A proxy heeds no advertisement with its own link-layer address for what it answers for; with another it does.

A proxy's answers reach the proxy itself again where interfaces share a link. ndisc_recv_na drops them if forwarding
and proxy_ndp are on for all - that of the interface, which is enough for answering, is not asked for here - and the
target is one of its proxy entries. Many believe that a host never hears its own advertisements; on bridges and Wi-Fi
it does. In practice: a proxy that sets proxy_ndp on its interfaces only may take its own answer for that of the host
which it is resolving itself, and then sends that host's packets to itself.
"""

from neighlab.topologies import VictimAttackerOwner

from neighlab import EVIL, NTF, NUD, Case, Sabotage, ndp, scenario


@scenario(
    topology=VictimAttackerOwner,
    family="ipv6",
    proves=["why/own-proxy"],
    kernel="ndisc_recv_na, pneigh_lookup",
    cases=[
        Case("proxy-ndp-of-all", check="own-proxy", dev="all"),
    ],
    sabotage=Sabotage(params={"dev": "eth0"}),
)
def other_lladdr_is_all_that_lacks(victim, attacker, owner, *, check, dev):
    victim.conf(dev=dev, forwarding=1, proxy_ndp=1)
    victim.neigh_set(owner.addr, flags=NTF.PROXY)
    victim.neigh_set(owner.addr, owner.lladdr, state=NUD.STALE)
    ours = ndp.na(owner.addr, lladdr=EVIL, tlla=victim.lladdr)
    foreseen = victim.explain(ours)

    attacker.send(ours)
    attacker.fence(victim, by="marker")
    victim.expect_ignored(foreseen, check)

    attacker.send(foreseen.remedied())
    attacker.fence(victim, by="marker")
    victim.expect(owner.addr, NUD.STALE, lladdr=EVIL, within_ms=0)

"""In direct routing the director rewrites link-layer addresses alone, and the answer bypasses it.

The client's packets for the VIP reach the director, which sends each on to a real server: the IP addresses stay, only
the Ethernet addresses change and the TTL counts one hop. The real server finds the VIP on its lo, takes the packet
for its own and answers the client directly, from the VIP. All three must therefore be neighbours, and the director
sees half of each connection. IPVS does it (ip_vs_dr_xmit); a mere route to the VIP through a real server puts the
same frames on the wire, if the client does not heed the redirects, and does it on kernels without IPVS. Many believe
that the balancer translates addresses or carries the answers. In practice: answers use the servers' own bandwidth,
and a firewall on the director that tracks connections calls them invalid.
"""

from neighlab.topologies import DirectRouting

from neighlab import Case, Sabotage, scenario


def route(director, real1, vip):
    director.conf(dev="all", forwarding=1)
    director.add_route(vip, via=real1.addr)


def ipvs(director, real1, vip):
    service = f"{vip.partition('/')[0]}:7777"
    director.run("ipvsadm", "-L", needs="IPVS")
    director.add_addr(vip)
    director.run("ipvsadm", "-A", "-t", service, "-s", "rr")
    director.run("ipvsadm", "-a", "-t", service, "-r", real1.addr, "-g")


def path(frames):
    return sorted(
        {(one.src, one.dst, one.sender, one.target, one.hop_limit) for one in (seen.parsed for seen in frames)}
    )


@scenario(
    topology=DirectRouting,
    proves=["lvs/direct-return"],
    kernel="ip_forward, ip6_forward, ip_vs_dr_xmit",
    cases=[
        Case("route", vip="192.0.2.100/32", balance=route),
        Case("ipvs", vip="192.0.2.100/32", balance=ipvs),
        Case("ipv6-route", family="ipv6", vip="2001:db8::100/128", balance=route),
    ],
    sabotage=Sabotage(params={"back": "director"}),
)
def only_the_lladdr_is_rewritten_and_the_answer_is_direct(client, director, real1, lab, *, vip, balance, back=None):
    balance(director, real1, vip)
    real1.add_addr(vip, dev="lo")
    real1.add_route(f"{client.addr}/{vip.partition('/')[2]}", via=lab[back].addr if back else None)
    client.conf(accept_redirects=0)
    client.conf(dev="all", accept_redirects=0)
    client.add_route(vip, via=director.addr)
    addr, at_director, at_client = vip.partition("/")[0], director.capture(everything=True), client.capture()

    client.tcp(real1, addr=addr).exchange()
    client.fence(director, by="marker")

    there, here = at_director.frames("sent", protocol=6), at_client.frames("received", protocol=6)
    lab.expect("there", path(there), [(director.lladdr, real1.lladdr, client.addr, addr, 63)])
    lab.expect("back", path(here), [(real1.lladdr, client.lladdr, addr, client.addr, 64)])

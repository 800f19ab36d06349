"""arp_announce decides in whose name the kernel asks: the packet's source, or an address of the interface.

arp_solicit would rather tell the neighbour the address that the waiting packet comes from, since the answer to that
packet will need it. At 0 any local source will do - also one of another interface, or one on lo: every neighbour then
learns it at the link-layer address of the interface that asked. At 1 the source is kept only if some prefix of the
interface contains both it and the target, at 2 never: the interface's best address is named. 3 and up act as 0; `all`
and the interface combine by the greater number. Many believe that 1 keeps an address of lo private: not if it lies in
the LAN's own subnet. In practice: real servers behind a director announce the shared address by merely answering a
client, unless arp_announce is 2.
"""

from neighlab.topologies import TwoNics

from neighlab import ON_LINK, Case, Sabotage, scenario

PRIMARY, SECONDARY, OTHER_NIC, VIP, VIP_ELSEWHERE = (
    "192.0.2.1", "192.0.2.21", "192.0.2.11", "192.0.2.50", "198.51.100.50",
)  # fmt: skip


def stays(value):
    return Sabotage(knobs={"arp_announce": value})


@scenario(
    topology=TwoNics,
    proves=["arp/arp-announce"],
    kernel="arp_solicit, inet_addr_onlink, inet_select_addr",
    cases=[
        Case("0-secondary", device=0, source=SECONDARY, named=SECONDARY, sabotage=stays(2)),
        Case("0-other-nic", device=0, source=OTHER_NIC, named=OTHER_NIC, sabotage=stays(2)),
        Case("0-vip-on-lo", device=0, source=VIP, named=VIP, sabotage=stays(2)),
        Case("0-vip-of-another-subnet", device=0, source=VIP_ELSEWHERE, named=VIP_ELSEWHERE, sabotage=stays(1)),
        Case("1-secondary", device=1, source=SECONDARY, named=SECONDARY, sabotage=stays(2)),
        Case("1-vip-on-lo", device=1, source=VIP, named=VIP, sabotage=stays(2)),
        Case("1-vip-of-another-subnet", device=1, source=VIP_ELSEWHERE, named=PRIMARY, sabotage=stays(0)),
        Case("2-secondary", device=2, source=SECONDARY, named=PRIMARY, sabotage=stays(1)),
        Case("2-other-nic", device=2, source=OTHER_NIC, named=PRIMARY, sabotage=stays(0)),
        Case("2-vip-on-lo", device=2, source=VIP, named=PRIMARY, sabotage=stays(1)),
        Case("3-as-0", device=3, source=VIP_ELSEWHERE, named=VIP_ELSEWHERE, sabotage=stays(1)),
        Case("all-2-device-0", everywhere=2, device=0, source=VIP, named=PRIMARY, sabotage=stays(0)),
        Case("all-1-device-2", everywhere=1, device=2, source=VIP, named=PRIMARY, sabotage=stays(1)),
    ],
)
def arp_announce_decides_in_whose_name_is_asked(server, lab, *, device, source, named, everywhere=0):
    server.conf(dev="all", arp_announce=everywhere)
    server.conf(arp_announce=device)
    server.add_route("192.0.2.0/25", dev="eth0")
    server.add_addr(f"{SECONDARY}/24")
    server.add_addr(f"{VIP}/32", dev="lo")
    server.add_addr(f"{VIP_ELSEWHERE}/32", dev="lo")
    capture = server.capture()

    server.udp(ON_LINK, source=source).send()

    asked = capture.expect(1, kind="arp-request", target=ON_LINK, lladdr=server.lladdr)
    lab.expect("asked in the name of", asked[0].parsed.sender, named)

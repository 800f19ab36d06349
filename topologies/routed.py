"""A router between two LANs forwards packets, not ARP."""

from mininet.topo import Topo


class TwoLans(Topo):
    r"""
    inside                        router                          outside
    192.0.2.1/24       192.0.2.254/24   198.51.100.254/24         198.51.100.1/24
    2001:db8::1/64     2001:db8::fe/64  2001:db8:1::fe/64         2001:db8:1::1/64
    ...:53:01          ...:53:fe            ...:53:ff               ...:53:03
    eth0 --- [ s1 ] --- eth0                eth1 -------------- eth0
               |
            neighbour eth0
            192.0.2.2/24
            2001:db8::2/64
            ...:53:02
    """

    def build(self) -> None:
        """Two hosts on the inner LAN, one on the outer; `neighbour` alone knows no way to the other side."""
        inner = self.addSwitch("s1")
        inside = self.addHost(
            "inside",
            ip="192.0.2.1/24",
            ip6="2001:db8::1/64",
            mac="00:00:5e:00:53:01",
            routes=(("198.51.100.0/24", "192.0.2.254"), ("2001:db8:1::/64", "2001:db8::fe")),
        )
        neighbour = self.addHost("neighbour", ip="192.0.2.2/24", ip6="2001:db8::2/64", mac="00:00:5e:00:53:02")
        outside = self.addHost(
            "outside",
            ip="198.51.100.1/24",
            ip6="2001:db8:1::1/64",
            mac="00:00:5e:00:53:03",
            routes=(("192.0.2.0/24", "198.51.100.254"), ("2001:db8::/64", "2001:db8:1::fe")),
        )
        router = self.addHost(
            "router", ip="192.0.2.254/24", ip6="2001:db8::fe/64", mac="00:00:5e:00:53:fe", forwarding=True
        )
        self.addLink(router, inner)
        self.addLink(inside, inner)
        self.addLink(neighbour, inner)
        self.addLink(
            router, outside, addr1="00:00:5e:00:53:ff", params1={"ip": "198.51.100.254/24", "ip6": "2001:db8:1::fe/64"}
        )


topos = {"twolans": TwoLans}

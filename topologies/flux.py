"""A host with two interfaces on one LAN answers for each address on both: ARP flux."""

from mininet.topo import Topo


class TwoNics(Topo):
    r"""
    server eth0 192.0.2.1/24   2001:db8::1/64   00:00:5e:00:53:01 ---+
                                                                     |
    server eth1 192.0.2.11/24  2001:db8::11/64  00:00:5e:00:53:02 --[ s1 ]-- eth0 client
                                                                          192.0.2.2/24
                                                                          2001:db8::2/64
                                                                          00:00:5e:00:53:03
    """

    def build(self) -> None:
        """One server with two interfaces, one client, one bridge."""
        bridge = self.addSwitch("s1")
        server = self.addHost("server", ip="192.0.2.1/24", ip6="2001:db8::1/64", mac="00:00:5e:00:53:01")
        client = self.addHost("client", ip="192.0.2.2/24", ip6="2001:db8::2/64", mac="00:00:5e:00:53:03")
        self.addLink(server, bridge)
        self.addLink(
            server, bridge, addr1="00:00:5e:00:53:02", params1={"ip": "192.0.2.11/24", "ip6": "2001:db8::11/64"}
        )
        self.addLink(client, bridge)


topos = {"twonics": TwoNics}

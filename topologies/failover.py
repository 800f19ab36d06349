"""A virtual address lives on one of two servers at a time: failover moves it."""

from mininet.topo import Topo

VIP = "192.0.2.100"
VIP6 = "2001:db8::100"


class Failover(Topo):
    r"""
    client                 active                   standby
    192.0.2.1/24           192.0.2.11/24            192.0.2.12/24
    2001:db8::1/64         2001:db8::11/64          2001:db8::12/64
    00:00:5e:00:53:01      00:00:5e:00:53:11        00:00:5e:00:53:12
    eth0                   eth0                     eth0
      |                      |                        |
      +------------------- [ s1 ] --------------------+

    The VIP 192.0.2.100 (2001:db8::100) is nobody's until the story gives it away.
    """

    def build(self) -> None:
        """A client and two servers on one bridge."""
        bridge = self.addSwitch("s1")
        for name, number in (("client", 1), ("active", 11), ("standby", 12)):
            ips = {"ip": f"192.0.2.{number}/24", "ip6": f"2001:db8::{number}/64"}
            self.addLink(self.addHost(name, **ips, mac=f"00:00:5e:00:53:{number:02d}"), bridge)


topos = {"failover": Failover}

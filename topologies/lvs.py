"""Behind a director three real servers share one virtual address on one LAN: the ARP problem of direct routing."""

from mininet.topo import Topo

VIP = "192.0.2.100"
VIP6 = "2001:db8::100"


class DirectRouting(Topo):
    r"""
    client          director        real1           real2           real3
    192.0.2.2/24    192.0.2.10/24   192.0.2.11/24   192.0.2.12/24   192.0.2.13/24
    2001:db8::2/64  2001:db8::10/64 2001:db8::11/64 2001:db8::12/64 2001:db8::13/64
    eth0            eth0            eth0            eth0            eth0
      |               |               |               |               |
      +---------------+---- [ s1 ] ---+---------------+---------------+

    The VIP 192.0.2.100 (2001:db8::100) is nobody's until the story gives it to the director's eth0
    and to the real servers' lo.
    """

    def build(self, servers: int = 3) -> None:
        """A client, a director and `servers` real servers (1 to 9) on one bridge."""
        if not 1 <= servers <= 9:
            raise ValueError(f"servers must be 1..9 (got {servers})")
        bridge = self.addSwitch("s1")
        self.addLink(self.addHost("client", ip="192.0.2.2/24", ip6="2001:db8::2/64", mac="00:00:5e:00:53:02"), bridge)
        self.addLink(
            self.addHost("director", ip="192.0.2.10/24", ip6="2001:db8::10/64", mac="00:00:5e:00:53:10"), bridge
        )
        for index in range(1, servers + 1):
            ips = {"ip": f"192.0.2.{10 + index}/24", "ip6": f"2001:db8::{10 + index}/64"}
            self.addLink(self.addHost(f"real{index}", **ips, mac=f"00:00:5e:00:53:{10 + index}"), bridge)


topos = {"directrouting": DirectRouting}

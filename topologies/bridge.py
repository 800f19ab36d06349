"""On one bridge every broadcast reaches every host."""

from mininet.topo import Topo


class VictimAttacker(Topo):
    r"""
    victim                                   attacker
    192.0.2.1/24                             192.0.2.2/24
    2001:db8::1/64                           2001:db8::2/64
    00:00:5e:00:53:01                        00:00:5e:00:53:02
    eth0 --------------- [ s1 ] --------------- eth0
    """

    def build(self) -> None:
        """Two hosts on a bridge."""
        bridge = self.addSwitch("s1")
        for index, name in enumerate(("victim", "attacker"), start=1):
            ips = {"ip": f"192.0.2.{index}/24", "ip6": f"2001:db8::{index}/64"}
            self.addLink(self.addHost(name, **ips, mac=f"00:00:5e:00:53:{index:02x}"), bridge)


class VictimAttackerOwner(Topo):
    r"""
    victim                 attacker                 owner
    192.0.2.1/24           192.0.2.2/24             192.0.2.3/24
    2001:db8::1/64         2001:db8::2/64           2001:db8::3/64
    00:00:5e:00:53:01      00:00:5e:00:53:02        00:00:5e:00:53:03
    eth0                   eth0                     eth0
      |                      |                        |
      +------------------- [ s1 ] --------------------+
    """

    def build(self) -> None:
        """Three hosts on a bridge: the owner's address is the one that gets spoofed."""
        bridge = self.addSwitch("s1")
        for index, name in enumerate(("victim", "attacker", "owner"), start=1):
            ips = {"ip": f"192.0.2.{index}/24", "ip6": f"2001:db8::{index}/64"}
            self.addLink(self.addHost(name, **ips, mac=f"00:00:5e:00:53:{index:02x}"), bridge)


class HostsOnBridge(Topo):
    r"""
    h1              h2                     hN
    198.18.0.1/15   198.18.0.2/15          198.18.x.y/15
    2001:db8::1/64  2001:db8::2/64  . . .  2001:db8::N/64
    eth0            eth0                   eth0
      |               |                      |
      +------------ [ s1 ] ------------------+
    """

    def build(self, n: int = 4) -> None:
        """Build `n` hosts (1 to 1000) on a bridge."""
        if not 1 <= n <= 1000:
            raise ValueError(f"n must be 1..1000 (got {n})")
        bridge = self.addSwitch("s1")
        for index in range(1, n + 1):
            addr = f"198.18.{index >> 8}.{index & 255}/15"
            self.addLink(self.addHost(f"h{index}", ip=addr, ip6=f"2001:db8::{index:x}/64"), bridge)


topos = {"victimattacker": VictimAttacker, "victimattackerowner": VictimAttackerOwner, "hostsonbridge": HostsOnBridge}

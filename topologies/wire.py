"""Two hosts on one wire hear nobody but each other."""

from mininet.topo import Topo


class TwoHosts(Topo):
    r"""
    victim                                   peer
    192.0.2.1/24                             192.0.2.2/24
    2001:db8::1/64                           2001:db8::2/64
    00:00:5e:00:53:01                        00:00:5e:00:53:02
    eth0 ------------------------------------ eth0
    """

    def build(self) -> None:
        """Two hosts, one veth pair."""
        victim = self.addHost("victim", ip="192.0.2.1/24", ip6="2001:db8::1/64", mac="00:00:5e:00:53:01")
        peer = self.addHost("peer", ip="192.0.2.2/24", ip6="2001:db8::2/64", mac="00:00:5e:00:53:02")
        self.addLink(victim, peer)


class AttackerOnWire(Topo):
    r"""
    victim                                   attacker
    192.0.2.1/24                             192.0.2.2/24
    2001:db8::1/64                           2001:db8::2/64
    00:00:5e:00:53:01                        00:00:5e:00:53:02
    eth0 ------------------------------------ eth0
    """

    def build(self) -> None:
        """VictimAttacker without its bridge: half as many links, and none that takes the kernel long to remove."""
        ends = []
        for index, name in enumerate(("victim", "attacker"), start=1):
            ips = {"ip": f"192.0.2.{index}/24", "ip6": f"2001:db8::{index}/64"}
            ends.append(self.addHost(name, **ips, mac=f"00:00:5e:00:53:{index:02x}"))
        self.addLink(*ends)


topos = {"twohosts": TwoHosts, "attackeronwire": AttackerOnWire}

"""Stock Mininet builds with programs what a lab builds with messages; this script makes it do so on request.

It is run by the Python that has Debian's mininet, without neighlab, in namespaces of its own. Each line that it reads
is a number of hosts, each line that it writes the seconds that their network's bare start and stop took.
"""

import sys
import time

from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import Topo


class Wire(Topo):
    """Two hosts on one wire."""

    def build(self):
        self.addLink(self.addHost("h1"), self.addHost("h2"))


class Bridge(Topo):
    """Hosts on one bridge."""

    def build(self, n):
        bridge = self.addSwitch("s1")
        for index in range(1, n + 1):
            self.addLink(self.addHost(f"h{index}"), bridge)


Mininet.inited = True  # never fixLimits(): it would raise the machine's own gc_thresh1..3 for good
for line in sys.stdin:
    hosts = int(line)
    started = time.perf_counter()
    net = Mininet(topo=Wire() if hosts == 2 else Bridge(n=hosts), switch=LinuxBridge, controller=None)
    net.start()
    net.stop()
    print(time.perf_counter() - started, flush=True)

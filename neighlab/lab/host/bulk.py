"""What takes the kernel long enough to be watched is made, and read, in one go."""

from __future__ import annotations

import socket

from neighlab.errors import ScenarioError
from neighlab.kernel.netlink import NetlinkError
from neighlab.kernel.pauseddump import PausedDump
from neighlab.lab import rtnl
from neighlab.lab.host.addresses import Addresses


class Bulk(Addresses):
    """The verbs for many things at once."""

    def fill(self, what: str, count: int) -> None:
        """Make `count` "links" (veth pairs), "addresses", "routes" or PERMANENT "neighbours" in a few system calls.

        Nothing is read in between, so a reader with little room misses announcements. IPv6 addresses are ready when
        this returns.
        """
        self.lab.act(self.name, "set", f"{count} {what}", "knob")
        try:
            self.node.route.ask_all(rtnl.many(self.whole, what, count), f"make {count} {what}")
        except NetlinkError as problem:
            raise ScenarioError(str(problem)) from None
        if what == "addresses":
            self.intf().addrs += rtnl.numbered(self.lab.version, count)
            while not self.ready_for_ipv6():
                self.lab.wait(0.001)
            self.dump("links").finish()  # it wants RTNL, which the work queue holds until it has announced the address

    def dump(self, what: str) -> PausedDump:
        """Begin to dump "links", "addresses", "routes", "neighbours" or (neighbour) "parameters" of the lab's first
        family, and pause after two pieces: what the story does before finish() happens in the middle.
        """
        family = socket.AF_INET6 if self.lab.version == 6 else socket.AF_INET
        return PausedDump(self.node.netns, what, family)

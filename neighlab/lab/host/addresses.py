"""An address is there, tentative or failed, and a story can expect each."""

from __future__ import annotations

import errno
from collections.abc import Callable
from ipaddress import ip_address, ip_interface

from neighlab.kernel import links, rtaddr
from neighlab.kernel.netlink import NetlinkError
from neighlab.lab.expect_addr import expect_addr
from neighlab.lab.history import AddrState
from neighlab.lab.host.base import HostBase
from neighlab.model.ifaddr import DAD, IfAddr
from neighlab.model.nud import ABSENT
from neighlab.wire.looks import looks

_RTF_LOCAL = 0x80000000
_LINK_SCOPE = "20"


class Addresses(HostBase):
    """The verbs about a host's own addresses."""

    def add_addr(
        self,
        addr: str,
        *,
        dev: str | None = None,
        nodad: bool = True,
        optimistic: bool = False,
        host_scope: bool = False,
    ) -> None:
        """Add an address with its prefix length, `192.0.2.50/24`; `dev` may be lo or one that the story has made.

        `host_scope` keeps it on this host. `nodad=False` lets duplicate address detection run, which the knobs must
        allow as well (accept_dad, dad_transmits); `optimistic` asks for an address that may be used meanwhile
        (optimistic_dad).
        """
        self._address(addr, dev, remove=False, nodad=nodad, optimistic=optimistic, host_scope=host_scope)

    def del_addr(self, addr: str, *, dev: str | None = None) -> None:
        """Take an address away."""
        self._address(addr, dev, remove=True, nodad=True)

    def _address(
        self,
        addr: str,
        dev: str | None,
        *,
        remove: bool,
        nodad: bool,
        optimistic: bool = False,
        host_scope: bool = False,
    ) -> None:
        ifindex = self.ifindex_of(dev)
        verb = "remove" if remove else "add"
        self.lab.act(self.name, "set", f"{verb} address {addr} on {dev or self.ifname}", "knob")
        request = links.new_addr(
            ifindex, addr, remove=remove, nodad=nodad, optimistic=optimistic, host_scope=host_scope
        )
        self._ask(request, f"{verb} address {addr}")
        plain = str(ip_interface(addr).ip)
        if dev and dev not in self.node.nameToIntf:
            if not remove and ":" in plain:
                self._wait_until(lambda: self._takes(plain))
        else:
            addrs = self.intf(dev).addrs
            if remove and plain in addrs:
                addrs.remove(plain)
            elif not remove:
                addrs.append(plain)
                if nodad:  # a work queue joins its group: until then nobody can ask for it
                    self._wait_until(lambda: self.ready_for_ipv6(plain))

    def _wait_until(self, ready: Callable[[], bool]) -> None:
        """Wait a moment for what the kernel does of its own accord; a story whose knobs prevent it goes on."""
        for left in looks(2 * self.lab.time_scale):
            if ready():
                break
            self.lab.wait(min(left, 0.001))

    def _takes(self, addr: str) -> bool:
        """Is there a local route to this IPv6 address? The same work queue makes it, on lo as well (addrconf_dad_work).

        Until then packets for it are refused as unreachable.
        """
        start = f"{ip_address(addr).packed.hex()} 80 "
        with self.node.netns.entered(), open("/proc/thread-self/net/ipv6_route") as file:
            return any(line.startswith(start) and int(line.split()[8], 16) & _RTF_LOCAL for line in file)

    def addr_get(self, addr: str, *, dev: str | None = None) -> IfAddr | None:
        """The IPv6 address of an interface as it is now, tentative or not; None when it is not there."""
        body = rtaddr.encode_get(self.intf(dev).ifindex, addr)
        try:
            data, start, end = self.node.route.get(rtaddr.RTM_GETADDR, body, f"look up the address {addr}")
        except NetlinkError as problem:
            if problem.errno == errno.EADDRNOTAVAIL:
                return None
            raise
        return rtaddr.decode_addr(data, start, end)

    def expect_addr(
        self, addr: str, *states: AddrState, dev: str | None = None, within_ms: float | None = None
    ) -> None:
        """Expect duplicate address detection to have brought an IPv6 address into a state, or through several in this
        order: DAD.TENTATIVE, DAD.OPTIMISTIC, DAD.FAILED, DAD.DONE, or ABSENT.

        What was announced since the story's last act counts, what is, and what comes before a deadline that follows
        from the knobs in force (or `within_ms`).
        """
        addr = self._check_addr(addr)
        expect_addr(self.lab, self.whole, dev, addr, states, within_ms)

    def dad_verdict(self, addr: str, *, dev: str | None = None, within_ms: float) -> AddrState:
        """What duplicate address detection says of an IPv6 address in the end: DAD.DONE or DAD.FAILED; what there is,
        when it has not ended within `within_ms`. Who has passed is not asked for again (addrconf_dad_completed).
        """
        addr = self._check_addr(addr)
        for left in looks(within_ms / 1000 * self.lab.time_scale):
            found = self.addr_get(addr, dev=dev)
            if found is None or found.dad in (DAD.DONE, DAD.FAILED):
                break
            self.lab.wait(min(left, 0.02))
        return ABSENT if found is None else found.dad

    def ready_for_ipv6(self, *addrs: str) -> bool:
        """Have these IPv6 addresses, or all, been joined to their solicited-node groups (addrconf_join_solict)?

        All are those that were given to interfaces, and the link-local ones that the kernel has made.
        """
        if 6 not in self.lab.plumbing.versions:
            return True
        wanted = {
            f"ff0200000000000000000001ff{ip_address(addr).packed[-3:].hex()}"
            for addr in addrs or (one for intf in self.node.intfList() for one in intf.addrs)
            if ":" in addr
        }
        with self.node.netns.entered():
            if not addrs:
                with open("/proc/thread-self/net/if_inet6") as file:
                    own = [line.split() for line in file]
                wanted |= {
                    f"ff0200000000000000000001ff{addr[-6:]}"
                    for addr, _ifindex, _prefixlen, scope, _flags, dev in own
                    if scope == _LINK_SCOPE and dev in self.node.nameToIntf
                }
            with open("/proc/thread-self/net/igmp6") as file:
                joined = {line.split()[2] for line in file}
        return wanted <= joined

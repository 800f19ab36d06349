"""The interfaces older than netlink tell of an ARP entry whether it has an address, not in which state it is."""

from __future__ import annotations

import errno
import fcntl
import socket
import struct
from typing import Final, NamedTuple

from neighlab.kernel.ns import NetNS

_SIOCGARP: Final = 0x8954
_arpreq = struct.Struct("=H2x4s8x H6s8x i 16x 16s")
"""struct arpreq: protocol address, link-layer address, flags, netmask, device."""


class Old(NamedTuple):
    """Flags (ATF_COM 2, ATF_PERM 4, ATF_PUBL 8) and link-layer address, as an old interface has them."""

    flags: int
    lladdr: str

    def __str__(self) -> str:
        return f"{self.flags:#x} {self.lladdr}"


def read_proc(netns: NetNS) -> dict[tuple[str, str], Old]:
    """Read /proc/net/arp."""
    with netns.entered(), open("/proc/thread-self/net/arp") as file:
        return parse(file.read())


def ask_ioctl(netns: NetNS, addr: str, ifname: str) -> Old | str:
    """Ask SIOCGARP for an address on an interface; where it refuses, the error's name."""
    request = bytearray(_arpreq.pack(socket.AF_INET, socket.inet_aton(addr), 0, b"", 0, ifname.encode()))
    with netns.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        try:
            fcntl.ioctl(sock, _SIOCGARP, request)
        except OSError as problem:
            return errno.errorcode.get(problem.errno or 0, str(problem.errno))
    _family, _addr, _arphrd, lladdr, flags, _dev = _arpreq.unpack(request)
    return Old(flags, lladdr.hex(":"))


def parse(text: str) -> dict[tuple[str, str], Old]:
    """The lines of /proc/net/arp by address and device; of two for one (an entry and a proxy's) the last stays."""
    rows = (line.split() for line in text.splitlines()[1:])
    return {(row[0], row[5]): Old(int(row[2], 16), row[3]) for row in rows}

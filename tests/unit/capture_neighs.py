"""In an empty namespace the kernel describes an entry of every kind, and their tables: printed as JSON, in hex."""

from __future__ import annotations

import json
import socket
import struct
import sys
from contextlib import suppress
from typing import Any

from neighlab.kernel import nlattr, rtneigh, rtneightbl
from neighlab.kernel.rtneightbl import NDTPA
from neighlab.model.nud import NTF, NUD

LLADDR = "00:00:5e:00:53:02"
V4, V6 = socket.AF_INET, socket.AF_INET6
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEIGH = 270, 1, 3
PARMS: dict[str, dict[int, int]] = {
    "arp_cache": {NDTPA.APP_PROBES: 1, NDTPA.BASE_REACHABLE_TIME: 1200, NDTPA.LOCKTIME: 40},
    "ndisc_cache": {NDTPA.RETRANS_TIME: 120, NDTPA.DELAY_PROBE_TIME: 80, NDTPA.GC_STALETIME: 4000},
}


class Kernel:
    """A namespace of one's own with a veth pair and a bare NETLINK_ROUTE socket."""

    def __init__(self) -> None:
        from pyroute2 import IPRoute

        with IPRoute() as ip:
            ip.link("add", ifname="eth0", kind="veth", peer={"ifname": "eth1"}, address="00:00:5e:00:53:01")
            self.index, self.other = (ip.link_lookup(ifname=name)[0] for name in ("eth0", "eth1"))
            for index in (self.other, self.index):
                ip.link("set", index=index, state="up")
            ip.addr("add", index=self.index, address="192.0.2.1", prefixlen=24)
        self.route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)

    def ask(self, kind: int, flags: int, body: bytes) -> bytes:
        """Send a request and return the whole answer, to the end of a dump if it is one."""
        self.route.send(nlattr.message(kind, flags | nlattr.NLM_F_REQUEST, 1, body))
        answer = b""
        while True:
            part = self.route.recv(1 << 17)
            answer += part
            kinds = [(kind, start) for kind, _flags, _seq, _pid, start, _end in nlattr.iter_messages(part)]
            for kind, start in kinds:
                if kind == nlattr.NLMSG_ERROR and any(part[start : start + 4]):
                    raise OSError(-struct.unpack_from("=i", part, start)[0], "the kernel refused")
            if not flags & nlattr.NLM_F_DUMP or kinds[-1][0] == nlattr.NLMSG_DONE:
                return answer

    def dump(self, **filters: Any) -> bytes:
        """Dump neighbour entries."""
        return self.ask(nlattr.RTM_GETNEIGH, nlattr.NLM_F_DUMP, rtneigh.encode_dump(**filters))

    def add(self, addr: str, state: NUD, lladdr: str | None = LLADDR, *, ifindex: int = 0, **more: Any) -> None:
        """Add a neighbour entry, on eth0 unless told otherwise."""
        body = rtneigh.encode_neigh(
            family=V6 if ":" in addr else V4,
            ifindex=ifindex or self.index,
            addr=addr,
            state=state,
            lladdr=lladdr,
            **more,
        )
        self.ask(nlattr.RTM_NEWNEIGH, nlattr.NLM_F_CREATE | nlattr.NLM_F_ACK, body)


def capture() -> dict[str, str]:
    """Make entries of every kind in the current, empty namespace and return what the kernel says about them, in hex."""
    kernel = Kernel()
    events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
    events.bind((0, 0))
    events.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEIGH)
    for table, parms in PARMS.items():
        body = rtneightbl.encode_set_parms(table, kernel.index, parms)
        kernel.ask(nlattr.RTM_SETNEIGHTBL, nlattr.NLM_F_ACK, body)
    for net in ("192.0.2.", "2001:db8::"):
        kernel.add(net + "10", NUD.PERMANENT)
        kernel.add(net + "11", NUD.NOARP)
        kernel.add(net + "12", NUD.REACHABLE)
        kernel.add(net + "13", NUD.STALE, ntf=NTF.EXT_LEARNED, protocol=99)
        kernel.add(net + "14", NUD.STALE, protocol=12)
        kernel.add(net + "15", NUD.FAILED, None)
        kernel.add(net + "16", NUD.NONE, None, ntf=NTF.MANAGED)
        kernel.add(net + "17", NUD.NONE, None, ntf=NTF.PROXY)
        kernel.add(net + "18", NUD.NONE, None, ntf=NTF.PROXY, protocol=99)
        kernel.add(net + "19", NUD.STALE, LLADDR + ":aa:bb")
    kernel.add("2001:db8::20", NUD.STALE, ntf=NTF.ROUTER)
    kernel.add("192.0.2.21", NUD.STALE, ifindex=kernel.other)
    with socket.socket(V4, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"", ("192.0.2.60", 9))
    gone = rtneigh.encode_neigh(family=V4, ifindex=kernel.index, addr="192.0.2.12")
    kernel.ask(nlattr.RTM_DELNEIGH, nlattr.NLM_F_ACK, gone)
    one = rtneigh.encode_neigh(family=V4, ifindex=kernel.index, addr="192.0.2.13")
    found = {
        "all": kernel.dump(),
        "v4": kernel.dump(family=V4),
        "eth1": kernel.dump(family=V4, ifindex=kernel.other),
        "proxy": kernel.dump(proxy=True),
        "get": kernel.ask(nlattr.RTM_GETNEIGH, 0, one),
        "tables": kernel.ask(nlattr.RTM_GETNEIGHTBL, nlattr.NLM_F_DUMP, rtneightbl.encode_dump()),
        "events": b"",
    }
    with events, suppress(BlockingIOError):
        while True:
            found["events"] += events.recv(65536)
    return {name: data.hex() for name, data in found.items()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(capture()))

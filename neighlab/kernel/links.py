"""A veth pair, both its ends placed, named and addressed, is one message to the kernel.

Each function returns a request for Route.ask_all: (message type, flags, body). These are the shapes that labs are
made of; whatever else a story wants to configure it asks pyroute2 for (Host.iproute).
"""

from __future__ import annotations

import socket
import struct
from ipaddress import ip_interface
from typing import Final, NamedTuple

from neighlab.kernel.nlattr import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE, attr
from neighlab.model.ifaddr import IFA

Request = tuple[int, int, bytes]

RTM_NEWLINK: Final = 16
RTM_DELLINK: Final = 17
RTM_GETLINK: Final = 18
RTM_NEWADDR: Final = 20
RTM_DELADDR: Final = 21
RTM_NEWROUTE: Final = 24
RTM_DELROUTE: Final = 25
RTM_NEWNSID: Final = 88

IFF_UP: Final = 0x1
IFF_NOARP: Final = 0x80
IFLA_OPERSTATE: Final = 16
IF_OPER_DOWN: Final = 2
IF_OPER_LOWERLAYERDOWN: Final = 3
IF_OPER_UP: Final = 6
"""RFC 2863: the interface can pass packets."""

_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_MASTER = 1, 3, 4, 10
_IFLA_LINKINFO, _IFLA_GROUP, _IFLA_NET_NS_FD, _IFLA_CARRIER = 18, 27, 28, 33
_RTM_SETLINK, _PF_BRIDGE, _IFLA_PROTINFO, _NLA_F_NESTED = 19, 7, 12, 0x8000
_INFO_KIND, _INFO_DATA, _VETH_INFO_PEER = 1, 2, 1
_BR_FORWARD_DELAY, _BR_STP_STATE, _BR_MCAST_SNOOPING = 1, 5, 23
_NEW: Final = NLM_F_CREATE | NLM_F_EXCL

_ifinfo = struct.Struct("=BxHiII")
_ifaddr = struct.Struct("=BBBBI")
_rtmsg = struct.Struct("=BBBBBBBBI")


def packed_lladdr(lladdr: str) -> bytes:
    """The six bytes of a link-layer address written with colons."""
    return bytes.fromhex(lladdr.replace(":", ""))


class End(NamedTuple):
    """One end of a veth pair to be made: what it is called, its index and address, and the namespace it is born in."""

    ifname: str
    ifindex: int
    lladdr: str
    ns: int

    def attrs(self) -> bytes:
        """The attributes that both ends have in common in RTM_NEWLINK."""
        return (
            attr(_IFLA_IFNAME, self.ifname.encode() + b"\0")
            + attr(_IFLA_ADDRESS, packed_lladdr(self.lladdr))
            + attr(_IFLA_NET_NS_FD, struct.pack("=I", self.ns))
        )


def new_veth(near: End, far: End) -> Request:
    """Create a veth pair, each end in its namespace, both down.

    The peer's header must not say IFF_UP: veth_newlink would open it before it knows its other end (ENOTCONN).
    """
    peer = attr(_VETH_INFO_PEER, _ifinfo.pack(0, 0, far.ifindex, 0, 0) + far.attrs())
    kind = attr(_INFO_KIND, b"veth\0") + attr(_INFO_DATA, peer)
    body = _ifinfo.pack(0, 0, near.ifindex, 0, 0) + near.attrs() + attr(_IFLA_LINKINFO, kind)
    return RTM_NEWLINK, _NEW, body


def new_bridge(ifname: str, lladdr: str, ifindex: int) -> Request:
    """Create a bridge that forwards at once: no STP, no forward delay, and no IGMP/MLD snooping that could hold back
    ND.
    """
    data = (
        attr(_BR_FORWARD_DELAY, struct.pack("=I", 0))
        + attr(_BR_STP_STATE, struct.pack("=I", 0))
        + attr(_BR_MCAST_SNOOPING, b"\0")
    )
    kind = attr(_INFO_KIND, b"bridge\0") + attr(_INFO_DATA, data)
    body = (
        _ifinfo.pack(0, 0, ifindex, 0, 0)
        + attr(_IFLA_IFNAME, ifname.encode() + b"\0")
        + attr(_IFLA_ADDRESS, packed_lladdr(lladdr))
        + attr(_IFLA_LINKINFO, kind)
    )
    return RTM_NEWLINK, _NEW, body


def new_device(ifname: str, kind: str) -> Request:
    """Create a device of a kind that needs nothing else to be said (dummy, bond, ifb)."""
    body = _ifinfo.pack(0, 0, 0, 0, 0) + attr(_IFLA_IFNAME, ifname.encode() + b"\0")
    return RTM_NEWLINK, _NEW, body + attr(_IFLA_LINKINFO, attr(_INFO_KIND, kind.encode() + b"\0"))


def set_link(
    ifindex: int,
    *,
    up: bool | None = None,
    arp: bool | None = None,
    lladdr: str | None = None,
    mtu: int | None = None,
    master: int | None = None,
    carrier: bool | None = None,
    group: int | None = None,
) -> Request:
    """Change a link: administrative state, ARP, link-layer address, MTU, bridge it belongs to, carrier, group.

    With index 0 and a group, the kernel changes every link of the group, all under one hold of RTNL.
    """
    flags = change = 0
    if up is not None:
        change |= IFF_UP
        flags |= IFF_UP if up else 0
    if arp is not None:
        change |= IFF_NOARP
        flags |= 0 if arp else IFF_NOARP
    body = _ifinfo.pack(0, 0, ifindex, flags, change)
    if lladdr is not None:
        body += attr(_IFLA_ADDRESS, packed_lladdr(lladdr))
    if mtu is not None:
        body += attr(_IFLA_MTU, struct.pack("=I", mtu))
    if master is not None:
        body += attr(_IFLA_MASTER, struct.pack("=I", master))
    if carrier is not None:
        body += attr(_IFLA_CARRIER, b"\1" if carrier else b"\0")
    if group is not None:
        body += attr(_IFLA_GROUP, struct.pack("=I", group))
    return RTM_NEWLINK, 0, body


PORT_OPTIONS: Final = {"learning": 8, "neigh_suppress": 32, "isolated": 33, "locked": 39}
"""What a bridge's port can be told (IFLA_BRPORT_*)."""


def set_port(ifindex: int, **options: bool) -> Request:
    """Change options of a bridge's port, by their names in PORT_OPTIONS; br_setlink.

    A kernel passes over an option that it does not know, without an error.
    """
    wanted = b"".join(attr(PORT_OPTIONS[name], b"\1" if value else b"\0") for name, value in options.items())
    body = _ifinfo.pack(_PF_BRIDGE, 0, ifindex, 0, 0) + attr(_IFLA_PROTINFO | _NLA_F_NESTED, wanted)
    return _RTM_SETLINK, 0, body


def query_link(ifindex: int) -> bytes:
    """The body of an RTM_GETLINK for one interface."""
    return _ifinfo.pack(0, 0, ifindex, 0, 0)


def flags_of(data: bytes, start: int) -> int:
    """The flags (IFF_UP, ...) of a link, from the answer to query_link whose body starts there."""
    flags: int = _ifinfo.unpack_from(data, start)[3]
    return flags


def del_link(ifindex: int) -> Request:
    """Delete a link (and, for a veth, its peer)."""
    return RTM_DELLINK, 0, _ifinfo.pack(0, 0, ifindex, 0, 0)


def new_addr(
    ifindex: int,
    addr: str,
    *,
    nodad: bool = True,
    optimistic: bool = False,
    remove: bool = False,
    host_scope: bool = False,
) -> Request:
    """Give an interface an address written `192.0.2.1/24` or `2001:db8::1/64` (or take it away).

    IPv6 addresses are usable at once unless `nodad` is False: then duplicate address detection runs (RFC 4862), with
    `optimistic` while the address is in use already (RFC 4429; the kernel passes over it unless optimistic_dad is 1).
    """
    interface = ip_interface(addr)
    family = socket.AF_INET if interface.version == 4 else socket.AF_INET6
    packed = interface.ip.packed
    flags = (IFA.OPTIMISTIC if optimistic else IFA.NODAD if nodad else IFA.NONE) if interface.version == 6 else 0
    body = _ifaddr.pack(family, interface.network.prefixlen, flags, 254 if host_scope else 0, ifindex)
    body += attr(1, packed) + attr(2, packed)
    if interface.version == 4 and interface.network.prefixlen < 31:
        body += attr(4, interface.network.broadcast_address.packed)
    return (RTM_DELADDR, 0, body) if remove else (RTM_NEWADDR, _NEW, body)


def new_route(
    destination: str,
    *,
    via: str | None = None,
    ifindex: int | None = None,
    source: str | None = None,
    remove: bool = False,
) -> Request:
    """Route `destination` (a network, or `default` with the family of `via`) through a gateway and/or an interface."""
    if destination == "default":
        destination = "::/0" if via is not None and ":" in via else "0.0.0.0/0"
    network = ip_interface(destination).network
    family = socket.AF_INET if network.version == 4 else socket.AF_INET6
    scope = 0 if via is not None or network.version == 6 else 253
    body = _rtmsg.pack(family, network.prefixlen, 0, 0, 254, 4, scope, 1, 0)
    if network.prefixlen:
        body += attr(1, network.network_address.packed)
    if via is not None:
        body += attr(5, ip_interface(via).ip.packed)
    if ifindex is not None:
        body += attr(4, struct.pack("=I", ifindex))
    if source is not None:
        body += attr(7, ip_interface(source).ip.packed)
    return (RTM_DELROUTE, 0, body) if remove else (RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, body)


def name_nsid(ns: int, nsid: int) -> Request:
    """Give the namespace behind the descriptor `ns` the number `nsid`, by which events of it are told apart."""
    return RTM_NEWNSID, 0, b"\0\0\0\0" + attr(1, struct.pack("=i", nsid)) + attr(3, struct.pack("=I", ns))

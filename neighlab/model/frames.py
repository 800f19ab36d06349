"""Whatever bytes a capture hands over, reading them never fails: what cannot be understood is of the kind "other".

Captured frames pass through here by the thousand, so they are read with struct alone. ARP counts only with the header
of IPv4 on Ethernet (RFC 826), ND only with well-formed options (RFC 4861, 4.6): the kernel drops everything else.
"""

from __future__ import annotations

import struct
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Any, Final, Literal, NamedTuple

Kind = Literal["arp-request", "arp-reply", "ns", "na", "rs", "ra", "redirect", "ipv4", "ipv6", "other"]

_ETHERNET: Final = struct.Struct("!6s6sH")
_ARP: Final = struct.Struct("!HHBBH6s4s6s4s")
_IPV4: Final = struct.Struct("!B5xHBB2x4s4s")
_IPV6: Final = struct.Struct("!B3xHBB16s16s")
_UDP: Final = struct.Struct("!HHH")
_TCP: Final = struct.Struct("!HH9xB")
_TWO_BYTES: Final = struct.Struct("!BB")
_ND_TARGET: Final = struct.Struct("!4xB3x16s")
_REDIRECTED: Final = struct.Struct("!24x16s")

_ARP_ON_ETHERNET: Final = (1, 0x0800, 6, 4)
_ARP_KINDS: Final[dict[int, Kind]] = {1: "arp-request", 2: "arp-reply"}
_ND_KINDS: Final[dict[int, tuple[Kind, int]]] = {
    133: ("rs", 8), 134: ("ra", 16), 135: ("ns", 24), 136: ("na", 24), 137: ("redirect", 40),
}  # fmt: skip
"""ICMPv6 type -> kind, and the bytes before its options."""
_SLLA, _TLLA, _NONCE = 1, 2, 14
_ICMP, _TCP_PROTOCOL, _UDP_PROTOCOL, _ICMPV6 = 1, 6, 17, 58
_WALKED: Final = (0, 43, 60)
"""IPv6 extension headers of one layout: hop-by-hop, routing, destination options."""

_NOTHING = "0.0.0.0", "::"
_UNREACHABLE: Final = {_ICMP: 3, _ICMPV6: 1}
"""Protocol -> the ICMP type that reports a destination as unreachable."""


class Parsed(NamedTuple):
    """What one frame says; None and False where its kind has no such field.

    `src` and `dst` are the Ethernet addresses (empty in a frame too short for them). In ARP, `sender`/`lladdr` and
    `target`/`target_lladdr` are the message's own pairs. Elsewhere `sender` and `dst_addr` are the IP header's; in ND,
    `target` is the message's and `lladdr` that of its link-layer address option; in other IP, `target` is `dst_addr`.
    `length` is UDP's payload in bytes, `unreachable` the destination that an ICMP error speaks of, `redirected` the one
    for which an ND redirect names `target` as the next hop.
    """

    kind: Kind
    src: str = ""
    dst: str = ""
    op: int | None = None
    sender: str | None = None
    lladdr: str | None = None
    target: str | None = None
    target_lladdr: str | None = None
    dst_addr: str | None = None
    hop_limit: int | None = None
    router: bool = False
    solicited: bool = False
    override: bool = False
    nonce: bytes | None = None
    protocol: int | None = None
    sport: int | None = None
    dport: int | None = None
    length: int | None = None
    tcp_flags: int | None = None
    icmp_type: int | None = None
    icmp_code: int | None = None
    unreachable: str | None = None
    redirected: str | None = None

    @property
    def is_gratuitous(self) -> bool:
        """ARP whose sender claims the very address it speaks of; ND has no such message."""
        return self.op is not None and self.sender == self.target and self.sender not in _NOTHING

    @property
    def is_probe(self) -> bool:
        """A question in nobody's name: an ARP request from 0.0.0.0 (RFC 5227) or a DAD solicitation from ::."""
        return self.kind in ("arp-request", "ns") and self.sender in _NOTHING

    @property
    def is_broadcast(self) -> bool:
        """Sent to a group of stations: the group bit of the Ethernet destination is set."""
        return bool(self.dst) and bool(int(self.dst[:2], 16) & 1)

    @property
    def is_solicitation(self) -> bool:
        """A question for a neighbour's link-layer address, as the kernel asks it: no probe, nothing gratuitous."""
        return self.kind in ("arp-request", "ns") and not self.is_probe and not self.is_gratuitous


def parse(frame: bytes) -> Parsed:
    """Read an Ethernet frame; truncated, malformed and unknown ones are of the kind "other"."""
    if len(frame) < _ETHERNET.size:
        return Parsed("other")
    dst, src, ethertype = _ETHERNET.unpack_from(frame)
    try:
        fields = _READERS[ethertype](frame)
    except (KeyError, ValueError, struct.error):
        fields = {"kind": "other"}
    return Parsed(src=src.hex(":"), dst=dst.hex(":"), **fields)


def _arp(frame: bytes) -> dict[str, Any]:
    *header, op, lladdr, sender, target_lladdr, target = _ARP.unpack_from(frame, 14)
    if tuple(header) != _ARP_ON_ETHERNET:
        raise ValueError("not IPv4 on Ethernet")
    return {
        "kind": _ARP_KINDS.get(op, "other"),
        "op": op,
        "sender": inet_ntop(AF_INET, sender),
        "lladdr": lladdr.hex(":"),
        "target": inet_ntop(AF_INET, target),
        "target_lladdr": target_lladdr.hex(":"),
    }


def _ipv4(frame: bytes) -> dict[str, Any]:
    start, fragment, ttl, protocol, sender, target = _IPV4.unpack_from(frame, 14)
    if start >> 4 != 4 or start & 0xF < 5:
        raise ValueError("not an IPv4 header")
    fields = _addresses("ipv4", AF_INET, sender, target, ttl, protocol)
    # Only the first fragment starts with the transport header.
    return fields if fragment & 0x1FFF else fields | _transport(frame, 14 + (start & 0xF) * 4, protocol)


def _ipv6(frame: bytes) -> dict[str, Any]:
    start, length, protocol, hop_limit, sender, target = _IPV6.unpack_from(frame, 14)
    if start >> 4 != 6:
        raise ValueError("not an IPv6 header")
    at, end = 54, 54 + length
    while protocol in _WALKED:
        protocol, units = _TWO_BYTES.unpack_from(frame, at)
        at += 8 + 8 * units
    fields = _addresses("ipv6", AF_INET6, sender, target, hop_limit, protocol) | _transport(frame, at, protocol)
    if protocol == _ICMPV6 and fields["icmp_type"] in _ND_KINDS:
        return fields | {"target": None} | _nd(frame[at:end], fields["icmp_type"], end - at)
    return fields


def _addresses(kind: Kind, family: int, sender: bytes, target: bytes, hop_limit: int, protocol: int) -> dict[str, Any]:
    to = inet_ntop(family, target)
    one = inet_ntop(family, sender)
    return {"kind": kind, "sender": one, "target": to, "dst_addr": to, "hop_limit": hop_limit, "protocol": protocol}


def _transport(frame: bytes, at: int, protocol: int) -> dict[str, Any]:
    if protocol == _UDP_PROTOCOL:
        sport, dport, length = _UDP.unpack_from(frame, at)
        if length < 8:
            raise ValueError("UDP shorter than its header")
        return {"sport": sport, "dport": dport, "length": length - 8}
    if protocol == _TCP_PROTOCOL:
        return dict(zip(("sport", "dport", "tcp_flags"), _TCP.unpack_from(frame, at), strict=True))
    if protocol in _UNREACHABLE:
        kind, code = _TWO_BYTES.unpack_from(frame, at)
        fields = {"icmp_type": kind, "icmp_code": code}
        family, first, last = (AF_INET, 24, 28) if protocol == _ICMP else (AF_INET6, 32, 48)
        if kind == _UNREACHABLE[protocol] and len(frame) >= at + last:
            fields["unreachable"] = inet_ntop(family, frame[at + first : at + last])
        return fields
    return {}


def _nd(message: bytes, icmp_type: int, length: int) -> dict[str, Any]:
    kind, at = _ND_KINDS[icmp_type]
    if len(message) != length or length < at:
        raise ValueError("truncated")
    fields: dict[str, Any] = {"kind": kind}
    if kind in ("ns", "na", "redirect"):
        flags, target = _ND_TARGET.unpack_from(message)
        fields["target"] = inet_ntop(AF_INET6, target)
        if kind == "na":
            fields |= {"router": flags & 0x80 > 0, "solicited": flags & 0x40 > 0, "override": flags & 0x20 > 0}
        elif kind == "redirect":
            fields["redirected"] = inet_ntop(AF_INET6, *_REDIRECTED.unpack_from(message))
    while at < length:
        option, units = _TWO_BYTES.unpack_from(message, at)
        end = at + 8 * units
        if end == at or end > length:
            raise ValueError("an option of no length, or longer than the message")
        # Of an option that comes twice the kernel takes the first (ndisc_parse_options).
        if option == (_TLLA if kind in ("na", "redirect") else _SLLA) and units == 1:
            fields.setdefault("lladdr", message[at + 2 : end].hex(":"))
        elif option == _NONCE:
            fields.setdefault("nonce", message[at + 2 : end])
        at = end
    return fields


_READERS: Final = {0x0800: _ipv4, 0x0806: _arp, 0x86DD: _ipv6}

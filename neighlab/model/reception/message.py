"""A receiver reads frames that are wrong, too: every field is taken as it stands, and what is not there is None."""

from __future__ import annotations

import struct
from socket import AF_INET, AF_INET6, inet_ntop
from typing import Final, NamedTuple

ARP, IPV6 = 0x0806, 0x86DD
REQUEST, REPLY = 1, 2
RS, RA, NS, NA, REDIRECT = 133, 134, 135, 136, 137
SLLA, TLLA, QUOTED, NONCE = 1, 2, 4, 14
SMALLEST: Final = {RS: 8, RA: 16, NS: 24, NA: 24, REDIRECT: 40}
"""The bytes of each message before its options."""
_ARP_LENGTH: Final = 28
_ICMPV6: Final = 58


class Arp(NamedTuple):
    """An ARP message; `length` is what there is of it, and its addresses are None if that is not all."""

    to: str
    src: str
    length: int
    hwtype: int | None = None
    ptype: int | None = None
    hwlen: int | None = None
    plen: int | None = None
    op: int | None = None
    lladdr: str = ""
    sender: str = ""
    target_lladdr: str = ""
    target: str = ""

    @property
    def is_request(self) -> bool:
        """Does it ask?"""
        return self.op == REQUEST


class Nd(NamedTuple):
    """A neighbour discovery message: `kind` is the ICMPv6 type, `options` are (type, payload).

    `options` is None if one of them is malformed. `complete` is False for a message shorter than its fixed part.
    `destination` is what a redirect is about; its target is the next hop.
    """

    to: str
    src: str
    sender: str
    dst: str
    hop_limit: int
    kind: int
    code: int
    checksum_ok: bool
    complete: bool
    target: str = ""
    destination: str = ""
    router: bool = False
    solicited: bool = False
    override: bool = False
    options: tuple[tuple[int, bytes], ...] | None = ()

    def option(self, kind: int) -> bytes | None:
        """The payload of the first option of a kind."""
        return next((payload for one, payload in self.options or () if one == kind), None)

    @property
    def lladdr_option(self) -> str:
        """Which option has the link-layer address: that of the target, of whom others speak, or of the sender."""
        return "tlla" if self.kind in (NA, REDIRECT) else "slla"

    @property
    def lladdr(self) -> bytes | None:
        """What its link-layer address option holds."""
        return self.option(TLLA if self.lladdr_option == "tlla" else SLLA)

    @property
    def is_dad(self) -> bool:
        """Is it a solicitation in nobody's name?"""
        return self.kind == NS and self.sender == "::"


def read(frame: bytes) -> Arp | Nd | None:
    """Read an ARP or ND frame; None for anything else."""
    if len(frame) < 14:
        return None
    to, src = frame[:6].hex(":"), frame[6:12].hex(":")
    (ethertype,) = struct.unpack_from("!H", frame, 12)
    if ethertype == ARP:
        return _arp(to, src, frame[14:])
    return _nd(to, src, frame[14:]) if ethertype == IPV6 else None


def _arp(to: str, src: str, message: bytes) -> Arp:
    if len(message) < _ARP_LENGTH:
        return Arp(to, src, len(message))
    hwtype, ptype, hwlen, plen, op = struct.unpack_from("!HHBBH", message)
    lladdr, sender, target_lladdr, target = struct.unpack_from("!6s4s6s4s", message, 8)
    return Arp(
        to, src, len(message), hwtype, ptype, hwlen, plen, op, lladdr.hex(":"), inet_ntop(AF_INET, sender),
        target_lladdr.hex(":"), inet_ntop(AF_INET, target),
    )  # fmt: skip


def _nd(to: str, src: str, packet: bytes) -> Nd | None:
    if len(packet) < 44 or packet[6] != _ICMPV6 or packet[40] not in SMALLEST:
        return None  # behind extension headers it would be ND as well, but nobody builds it so
    (length,) = struct.unpack_from("!H", packet, 4)
    message = packet[40 : 40 + length]
    kind, code = message[0], message[1]
    base = Nd(
        to, src, inet_ntop(AF_INET6, packet[8:24]), inet_ntop(AF_INET6, packet[24:40]), packet[7], kind, code,
        checksum(packet[8:40], message) == 0, len(message) == length and length >= SMALLEST[kind],
    )  # fmt: skip
    if not base.complete:
        return base
    base = base._replace(options=_options(message[SMALLEST[kind] :]))
    if kind == REDIRECT:
        target, destination = inet_ntop(AF_INET6, message[8:24]), inet_ntop(AF_INET6, message[24:40])
        base = base._replace(target=target, destination=destination)
    if kind in (NS, NA):
        flags = message[4] if kind == NA else 0
        base = base._replace(
            target=inet_ntop(AF_INET6, message[8:24]), router=bool(flags & 0x80), solicited=bool(flags & 0x40),
            override=bool(flags & 0x20),
        )  # fmt: skip
    return base


def _options(data: bytes) -> tuple[tuple[int, bytes], ...] | None:
    found, at = [], 0
    while at < len(data):
        if at + 2 > len(data):
            return None
        length = data[at + 1] * 8
        if length == 0 or at + length > len(data):
            return None
        found.append((data[at], data[at + 2 : at + length]))
        at += length
    return tuple(found)


def checksum(addresses: bytes, message: bytes) -> int:
    """The ICMPv6 checksum of a message with its pseudo header (RFC 4443, 2.3): 0 if it carries the right one."""
    data = addresses + struct.pack("!II", len(message), _ICMPV6) + message + b"\0" * (len(message) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)

"""Netlink headers carry unpadded lengths while the data is padded to four bytes: only this file has to know."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

NLM_F_REQUEST: Final = 0x001
NLM_F_MULTI: Final = 0x002
NLM_F_ACK: Final = 0x004
NLM_F_ECHO: Final = 0x008
NLM_F_DUMP_INTR: Final = 0x010
NLM_F_DUMP_FILTERED: Final = 0x020
NLM_F_DUMP: Final = 0x300
NLM_F_REPLACE: Final = 0x100
NLM_F_EXCL: Final = 0x200
NLM_F_CREATE: Final = 0x400
NLM_F_APPEND: Final = 0x800

NLMSG_NOOP: Final = 1
NLMSG_ERROR: Final = 2
NLMSG_DONE: Final = 3

RTM_NEWNEIGH: Final = 28
RTM_DELNEIGH: Final = 29
RTM_GETNEIGH: Final = 30
RTM_NEWNEIGHTBL: Final = 64
RTM_GETNEIGHTBL: Final = 66
RTM_SETNEIGHTBL: Final = 67

NDA_DST: Final = 1
NDA_LLADDR: Final = 2
NDA_CACHEINFO: Final = 3
NDA_PROBES: Final = 4
NDA_VLAN: Final = 5
NDA_PORT: Final = 6
NDA_VNI: Final = 7
NDA_IFINDEX: Final = 8
NDA_MASTER: Final = 9
NDA_LINK_NETNSID: Final = 10
NDA_SRC_VNI: Final = 11
NDA_PROTOCOL: Final = 12
NDA_NH_ID: Final = 13
NDA_FDB_EXT_ATTRS: Final = 14
NDA_FLAGS_EXT: Final = 15

NLA_F_NESTED: Final = 0x8000
_NLA_TYPE_MASK: Final = 0x3FFF
"""What is left of an attribute's type without NLA_F_NESTED and NLA_F_NET_BYTEORDER."""

HEADER_LEN: Final = 16
_nlmsghdr = struct.Struct("=IHHII")
_nlattr = struct.Struct("=HH")
_PADDING: Final = (b"", b"\0\0\0", b"\0\0", b"\0")


def attr(number: int, payload: bytes) -> bytes:
    """Encode one attribute, padded so that the next one may follow."""
    return _nlattr.pack(4 + len(payload), number) + payload + _PADDING[len(payload) & 3]


def u8(number: int, value: int) -> bytes:
    """Encode an attribute of one byte."""
    return attr(number, struct.pack("=B", value))


def u16(number: int, value: int) -> bytes:
    """Encode an attribute of two bytes in the host's order."""
    return attr(number, struct.pack("=H", value))


def u32(number: int, value: int) -> bytes:
    """Encode an attribute of four bytes in the host's order."""
    return attr(number, struct.pack("=I", value))


def u64(number: int, value: int) -> bytes:
    """Encode an attribute of eight bytes in the host's order; the kernel takes it unaligned."""
    return attr(number, struct.pack("=Q", value))


def string(number: int, text: str) -> bytes:
    """Encode a text with the zero byte that the kernel's NLA_STRING policies expect."""
    return attr(number, text.encode() + b"\0")


def nested(number: int, *attrs: bytes) -> bytes:
    """Encode an attribute made of attributes, marked NLA_F_NESTED as the kernel's strict policies demand."""
    return attr(number | NLA_F_NESTED, b"".join(attrs))


def parse_attrs(buffer: bytes, offset: int, end: int) -> dict[int, bytes]:
    """Take the attributes between two offsets apart, by number.

    Of a repeated attribute the last stays, as in the kernel's nla_parse. Raises ValueError where a length leads out of
    the range.
    """
    found: dict[int, bytes] = {}
    if end > len(buffer):
        raise ValueError(f"netlink attributes end at {end}, the buffer at {len(buffer)}")
    while offset < end:
        if end - offset < 4:
            raise ValueError(f"netlink attribute header cut off at offset {offset}")
        length, number = _nlattr.unpack_from(buffer, offset)
        if length < 4 or offset + length > end:
            raise ValueError(f"netlink attribute {number} at offset {offset}: impossible length {length}")
        found[number & _NLA_TYPE_MASK] = buffer[offset + 4 : offset + length]
        offset += length + 3 & ~3
    return found


def message(kind: int, flags: int, seq: int, body: bytes) -> bytes:
    """Put the netlink header in front of a body; port 0 stands for the sending socket."""
    return _nlmsghdr.pack(HEADER_LEN + len(body), kind, flags, seq, 0) + body + _PADDING[len(body) & 3]


def iter_messages(buffer: bytes) -> Iterator[tuple[int, int, int, int, int, int]]:
    """Yield type, flags, sequence number, port, and where the body starts and ends, for each message of a buffer.

    Raises ValueError where a length leads out of the buffer: the messages before it have been yielded.
    """
    offset, size = 0, len(buffer)
    while offset < size:
        length, kind, flags, seq, pid = header_at(buffer, offset)
        yield kind, flags, seq, pid, offset + HEADER_LEN, offset + length
        offset += length + 3 & ~3


def header_at(buffer: bytes, offset: int) -> tuple[int, int, int, int, int]:
    """Read length, type, flags, sequence number and port of a message; ValueError unless all of it is there."""
    room = len(buffer) - offset
    if offset < 0 or room < HEADER_LEN:
        raise ValueError(f"netlink header cut off at offset {offset}")
    header: tuple[int, int, int, int, int] = _nlmsghdr.unpack_from(buffer, offset)
    if not HEADER_LEN <= header[0] <= room:
        raise ValueError(f"netlink message at offset {offset}: length {header[0]}, {room} bytes are left")
    return header

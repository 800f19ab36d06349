"""A neighbour entry crosses from the kernel to Python in two microseconds: one unpack, no object per attribute.

The kernel writes the attributes of an entry in one order (neigh_fill_info), so the messages of a dump come in long runs
of one layout, and a run is read by a single precompiled struct. Whatever looks different is taken apart attribute by
attribute.
"""

from __future__ import annotations

import socket
import struct
import sys
from functools import lru_cache
from typing import Final, NamedTuple

from neighlab.kernel import nlattr
from neighlab.kernel.nlattr import (
    NDA_CACHEINFO,
    NDA_DST,
    NDA_FLAGS_EXT,
    NDA_IFINDEX,
    NDA_LLADDR,
    NDA_PROBES,
    NDA_PROTOCOL,
    RTM_DELNEIGH,
    RTM_GETNEIGH,
    RTM_NEWNEIGH,
)
from neighlab.model.neigh import Neigh
from neighlab.model.nud import NTF, NUD

__all__ = [
    "RTM_DELNEIGH", "RTM_GETNEIGH", "RTM_NEWNEIGH", "decode_neigh", "decode_neighs", "encode_dump", "encode_neigh",
]  # fmt: skip

_TICK_MS: Final = 10
"""Ages come in USER_HZ ticks, which are hundredths of a second whatever the kernel's own HZ is."""

_ndmsg = struct.Struct("=BxxxiHBB")
_cacheinfo = struct.Struct("=4I")
_head = struct.Struct("=I12xB")


def _attr_head(number: int, length: int) -> int:
    return int.from_bytes(nlattr.attr(number, bytes(length))[:4], sys.byteorder)


_PROBES: Final = _attr_head(NDA_PROBES, 4)
_CACHEINFO: Final = _attr_head(NDA_CACHEINFO, 16)


class _Layout(NamedTuple):
    """A whole message as one struct, in which the header of an attribute is one number to compare."""

    fields: struct.Struct
    dst_head: int
    lladdr_head: int | bytes


def _layouts() -> dict[tuple[int, int], _Layout]:
    # NDA_LLADDR is missing unless the state is NUD_VALID; NDA_PROTOCOL and NDA_FLAGS_EXT may follow, eight bytes each.
    found = {}
    for family, dst in ((socket.AF_INET, 4), (socket.AF_INET6, 16)):
        for lladdr, lladdr_head in (("I6sxx", _attr_head(NDA_LLADDR, 6)), ("0s0s", b"")):
            for tail in (0, 8, 16):
                fields = struct.Struct(f"=IH10x BxxxiHBB I{dst}s {lladdr} II I4I {tail}s")
                found[fields.size, int(family)] = _Layout(fields, _attr_head(NDA_DST, dst), lladdr_head)
    return found


_LAYOUTS: Final = _layouts()
"""By the length of the message and the family."""

# Making an IntFlag of a number, or an address a text, costs as much as unpacking a whole message.
_STATES: Final = [NUD(number) for number in range(256)]
_FLAGS: Final = [NTF(number) for number in range(256)]
_OCTETS: Final = [str(number) for number in range(256)]
_NO_CACHEINFO: Final = bytes(_cacheinfo.size)


def decode_neighs(buffer: bytes, out: list[Neigh]) -> None:
    """Append the entry of every RTM_NEWNEIGH of a buffer to `out`; messages of other types are passed over.

    Raises ValueError where the buffer is cut off or malformed; the entries before that place have been appended.
    """
    offset, size = 0, len(buffer)
    while offset < size:
        if size - offset >= _head.size:
            offset_behind = _decode_run(buffer, offset, size, RTM_NEWNEIGH, out)
            if offset_behind > offset:
                offset = offset_behind
                continue
        length, kind, *_ = nlattr.header_at(buffer, offset)
        if kind == RTM_NEWNEIGH:
            out.append(_decode_any(buffer, offset, length))
        offset += length + 3 & ~3


def decode_neigh(buffer: bytes, offset: int = 0) -> tuple[int, Neigh]:
    """Read the message whose header is at an offset: its type and the entry it speaks of.

    RTM_NEWNEIGH and RTM_DELNEIGH are news; RTM_GETNEIGH is the kernel asking user space for a link-layer address, sent
    to RTNLGRP_NEIGH for each probe that app_solicit allows (neigh_app_ns). Any other type is a ValueError.
    """
    length, kind, *_ = nlattr.header_at(buffer, offset)
    if kind not in (RTM_NEWNEIGH, RTM_DELNEIGH, RTM_GETNEIGH):
        raise ValueError(f"netlink message of type {kind} at offset {offset} is not about a neighbour")
    found: list[Neigh] = []
    if length >= _head.size and _decode_run(buffer, offset, offset + length, kind, found) > offset:
        return kind, found[0]
    return kind, _decode_any(buffer, offset, length)


def _decode_run(buffer: bytes, offset: int, end: int, kind: int, out: list[Neigh]) -> int:
    """Append the entries of all messages of a type from `offset` on that look like the first; return where they end.

    That is `offset` itself where the first message has none of the usual layouts.
    """
    length, family = _head.unpack_from(buffer, offset)
    layout = _LAYOUTS.get((length, family))
    if layout is None:
        return offset
    fields, dst_head, lladdr_head = layout
    states, flags, octets, append, new = _STATES, _FLAGS, _OCTETS, out.append, tuple.__new__
    whole = (end - offset) // length * length
    for (
        size, type_, family, ifindex, state, ndm_flags, ndm_type, dst_is, dst, lladdr_is, lladdr, probes_is, probes,
        cacheinfo_is, confirmed, used, updated, refcnt, tail,
    ) in fields.iter_unpack(memoryview(buffer)[offset : offset + whole]):  # fmt: skip
        if (
            size != length or type_ != kind or dst_is != dst_head or lladdr_is != lladdr_head
            or probes_is != _PROBES or cacheinfo_is != _CACHEINFO or state > 0xFF
        ):  # fmt: skip
            break
        if len(dst) == 4:
            a, b, c, d = dst
            addr = f"{octets[a]}.{octets[b]}.{octets[c]}.{octets[d]}"
        else:
            addr = _text(dst)
        ntf, protocol = _ntf_protocol(ndm_flags, tail) if tail else (flags[ndm_flags], None)
        values = (
            addr, states[state], lladdr.hex(":") or None, ifindex, family, ntf, probes,
            confirmed * _TICK_MS, used * _TICK_MS, updated * _TICK_MS, refcnt, ndm_type, protocol,
        )  # fmt: skip
        append(new(Neigh, values))
        offset += length
    return offset


def encode_neigh(
    *,
    family: int,
    ifindex: int,
    addr: str,
    state: NUD = NUD.NONE,
    lladdr: str | None = None,
    ntf: NTF = NTF.NONE,
    protocol: int | None = None,
) -> bytes:
    """Encode the body of an RTM_NEWNEIGH, RTM_DELNEIGH or RTM_GETNEIGH.

    RTM_GETNEIGH takes nothing but family, ifindex, addr and NTF.PROXY: the kernel refuses more (neigh_valid_get_req).
    Raises ValueError for an address that is not of the family.
    """
    body = _ndmsg.pack(family, ifindex, state, ntf & 0xFF, 0) + nlattr.attr(NDA_DST, _packed(family, addr))
    if lladdr is not None:
        body += nlattr.attr(NDA_LLADDR, bytes.fromhex(lladdr.replace(":", "")))
    if protocol is not None:
        body += nlattr.u8(NDA_PROTOCOL, protocol)
    if ntf > 0xFF:
        body += nlattr.u32(NDA_FLAGS_EXT, ntf >> 8)
    return body


def neigh_header(family: int, ifindex: int, state: NUD, ntf: NTF) -> bytes:
    """Encode what stands before the attributes: all that a forwarding entry of a bridge has besides NDA_LLADDR."""
    return _ndmsg.pack(family, ifindex, state, ntf & 0xFF, 0)


def encode_dump(*, family: int = 0, ifindex: int = 0, proxy: bool = False) -> bytes:
    """Encode the body of an RTM_GETNEIGH dump request; 0 stands for every family and every interface.

    Proxy entries are a table of their own: the kernel dumps either those or the ordinary ones, never both. It looks for
    the interface in NDA_IFINDEX, not in the header (neigh_valid_dump_req).
    """
    body = _ndmsg.pack(family, 0, 0, NTF.PROXY if proxy else 0, 0)
    return body + nlattr.u32(NDA_IFINDEX, ifindex) if ifindex else body


def _decode_any(buffer: bytes, offset: int, length: int) -> Neigh:
    """Read a message that is all there, whatever attributes it has and in whatever order."""
    start, end = offset + nlattr.HEADER_LEN, offset + length
    if end - start < _ndmsg.size:
        raise ValueError(f"neighbour message cut off at offset {start}")
    family, ifindex, state, flags, ndm_type = _ndmsg.unpack_from(buffer, start)
    attrs = nlattr.parse_attrs(buffer, start + _ndmsg.size, end)
    lladdr = attrs.get(NDA_LLADDR, b"")
    cacheinfo = attrs.get(NDA_CACHEINFO, _NO_CACHEINFO)
    if len(cacheinfo) < _cacheinfo.size:
        raise ValueError(f"neighbour message at offset {offset}: NDA_CACHEINFO of {len(cacheinfo)} bytes")
    confirmed, used, updated, refcnt = _cacheinfo.unpack_from(cacheinfo)
    return Neigh(
        addr=_text(attrs.get(NDA_DST, b"")),
        state=_STATES[state] if state <= 0xFF else NUD(state),
        lladdr=lladdr.hex(":") if lladdr else None,
        ifindex=ifindex,
        family=family,
        flags=_ntf(flags, attrs),
        probes=_number(attrs.get(NDA_PROBES, b"")),
        confirmed_ms=confirmed * _TICK_MS,
        used_ms=used * _TICK_MS,
        updated_ms=updated * _TICK_MS,
        refcnt=refcnt,
        type=ndm_type,
        protocol=_protocol(attrs),
    )


def _number(payload: bytes) -> int:
    return int.from_bytes(payload, sys.byteorder)


@lru_cache(maxsize=256)
def _ntf_protocol(ndm_flags: int, tail: bytes) -> tuple[NTF, int | None]:
    # Cached because the entries of one origin all end in the same bytes.
    attrs = nlattr.parse_attrs(tail, 0, len(tail))
    return _ntf(ndm_flags, attrs), _protocol(attrs)


def _protocol(attrs: dict[int, bytes]) -> int | None:
    return _number(attrs[NDA_PROTOCOL]) if NDA_PROTOCOL in attrs else None


def _ntf(flags: int, attrs: dict[int, bytes]) -> NTF:
    extended = _number(attrs.get(NDA_FLAGS_EXT, b""))
    return NTF(flags | extended << 8) if extended else _FLAGS[flags]


def _text(dst: bytes) -> str:
    # A bridge's forwarding entries come as RTM_NEWNEIGH too (AF_BRIDGE): without NDA_DST, or with one of any family.
    if len(dst) == 4:
        return socket.inet_ntop(socket.AF_INET, dst)
    if len(dst) == 16:
        return socket.inet_ntop(socket.AF_INET6, dst)
    return dst.hex(":")


def _packed(family: int, addr: str) -> bytes:
    try:
        return socket.inet_pton(family, addr)
    except OSError:
        raise ValueError(f"{addr!r} is not an address of family {family}") from None

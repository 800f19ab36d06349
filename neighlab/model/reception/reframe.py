"""A frame with some fields changed is otherwise the same frame: its checksum is as right, or as wrong, as before."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from neighlab.errors import ScenarioError
from neighlab.model.arp import check_lladdr
from neighlab.model.reception.message import NA, NS, REDIRECT, SLLA, SMALLEST, TLLA, Arp, Nd, checksum, read

_ARP_FIELDS: Final = {
    "hwtype": (14, "!H"),
    "ptype": (16, "!H"),
    "hwlen": (18, "!B"),
    "plen": (19, "!B"),
    "op": (20, "!H"),
    "lladdr": (22, "6s"),
    "sender": (28, "4s"),
    "target_lladdr": (32, "6s"),
    "target": (38, "4s"),
}
_ND_FIELDS: Final = {"hop_limit": (21, "!B"), "sender": (22, "16s"), "dst": (38, "16s"), "code": (55, "!B")}
_FLAGS: Final = {"router": 0x80, "solicited": 0x40, "override": 0x20}
_ETHERNET: Final = {"to": 0, "src": 6}


def changed(frame: bytes, fields: Mapping[str, Any]) -> bytes:
    """The frame with these fields otherwise; ScenarioError for a field that it has not.

    ARP: those of arp.raw. ND: `sender`, `dst`, `hop_limit`, `code`, `target`, a redirect's `destination`, the flags of
    an advertisement, `slla` or `tlla`, the link-layer address option (False: without; bytes: whatever stands in its
    place; it replaces what options there are), and `checksum`, a number or "right". `length` cuts the message after so
    many bytes or pads it; one that ends before a field that is to be changed is padded, too.
    """
    message = read(frame)
    data = bytearray(frame)
    rest = dict(fields)
    length = rest.pop("length", None)
    for name in rest.keys() & _ETHERNET.keys():
        data[_ETHERNET[name] : _ETHERNET[name] + 6] = _packed(rest.pop(name))
    if isinstance(message, Arp):
        if rest:
            data.extend(bytes(max(0, 42 - len(data))))
        _put(data, _ARP_FIELDS, rest, "an ARP frame")
        return _cut(data, 14, length)
    if not isinstance(message, Nd):
        raise ScenarioError(f"neither ARP nor ND: {', '.join(fields)} cannot be changed in it")
    return _nd(data, message, rest, length)


def _cut(data: bytearray, at: int, length: int | None) -> bytes:
    """What stands at `at` and behind it, in so many bytes."""
    return bytes(data) if length is None else bytes(data[: at + length].ljust(at + length, b"\0"))


def _nd(data: bytearray, message: Nd, fields: dict[str, Any], length: int | None) -> bytes:
    fixed = SMALLEST[message.kind]
    options = {name: fields.pop(name) for name in ("slla", "tlla") if name in fields}
    wanted = fields.pop("checksum", None)
    error = _checksum_error(data) if wanted is None else 0
    body = data[54 : 54 + fixed]
    if options or fields.keys() - _ND_FIELDS.keys():
        body = body.ljust(fixed, b"\0")
    rest = bytes(data[54 + fixed :])
    if options:
        ((name, value),) = options.items()
        rest = b"" if value is False else value if isinstance(value, bytes) else _lladdr_option(name, value)
    if "target" in fields and message.kind in (NS, NA, REDIRECT):
        body[8:24] = _packed(fields.pop("target"))
    if "destination" in fields and message.kind == REDIRECT:
        body[24:40] = _packed(fields.pop("destination"))
    for flag in fields.keys() & _FLAGS.keys():
        body[4] = body[4] & ~_FLAGS[flag] | (_FLAGS[flag] if fields.pop(flag) else 0)
    data[54:] = body + rest
    _put(data, _ND_FIELDS, fields, "an ND frame")
    data[54:] = _cut(data, 54, length)[54:]
    data[18:20] = struct.pack("!H", len(data) - 54)
    given = wanted if isinstance(wanted, int) else _right_checksum(data) ^ error
    data[56:58] = struct.pack("!H", given)
    return bytes(data)


def _checksum_error(data: bytearray) -> int:
    return int.from_bytes(data[56:58]) ^ _right_checksum(data)


def _right_checksum(data: bytearray) -> int:
    return checksum(bytes(data[22:54]), bytes(data[54:56]) + b"\0\0" + bytes(data[58:]))


def _lladdr_option(name: str, lladdr: str) -> bytes:
    return bytes([SLLA if name == "slla" else TLLA, 1]) + _packed(lladdr)


def _put(data: bytearray, layout: Mapping[str, tuple[int, str]], fields: Mapping[str, Any], what: str) -> None:
    for name, value in fields.items():
        if name not in layout:
            raise ScenarioError(f"{what} has no field {name!r} that can be changed: it has {', '.join(layout)}")
        at, form = layout[name]
        struct.pack_into(form, data, at, _packed(value) if form.endswith("s") else value)


def _packed(value: str) -> bytes:
    if value.count(":") == 5 and len(value) == 17:
        return bytes.fromhex(check_lladdr(value).replace(":", ""))
    return ip_address(value).packed

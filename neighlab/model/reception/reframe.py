"""A frame with some fields changed is otherwise the same frame, and its checksum is right."""

from __future__ import annotations

import struct
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from neighlab.errors import ScenarioError
from neighlab.model.arp import check_lladdr
from neighlab.model.reception.message import NA, NS, SLLA, SMALLEST, TLLA, Arp, Nd, checksum, read

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

    ARP: those of arp.raw. ND: `sender`, `dst`, `hop_limit`, `code`, `target`, the flags of an advertisement, and
    `slla` or `tlla`, the link-layer address option (False: without; it replaces what options there are). A message that
    was cut off is padded.
    """
    message = read(frame)
    data = bytearray(frame)
    if isinstance(message, Arp):
        data.extend(bytes(max(0, 42 - len(data))))
    rest = {}
    for name, value in fields.items():
        if name in _ETHERNET:
            data[_ETHERNET[name] : _ETHERNET[name] + 6] = _packed(value)
        else:
            rest[name] = value
    if isinstance(message, Arp):
        _put(data, _ARP_FIELDS, rest, "an ARP frame")
        return bytes(data)
    if not isinstance(message, Nd):
        raise ScenarioError(f"neither ARP nor ND: {', '.join(fields)} cannot be changed in it")
    return _nd(data, message, rest)


def _nd(data: bytearray, message: Nd, fields: dict[str, Any]) -> bytes:
    fixed = SMALLEST[message.kind]
    options = {name: fields.pop(name) for name in ("slla", "tlla") if name in fields}
    body = data[54 : 54 + fixed].ljust(fixed, b"\0")
    rest = bytes(data[54 + fixed :])
    if options:
        ((name, value),) = options.items()
        rest = b"" if value is False else bytes([SLLA if name == "slla" else TLLA, 1]) + _packed(value)
    if "target" in fields and message.kind in (NS, NA):
        body[8:24] = _packed(fields.pop("target"))
    for flag in fields.keys() & _FLAGS.keys():
        body[4] = body[4] & ~_FLAGS[flag] | (_FLAGS[flag] if fields.pop(flag) else 0)
    data[54:] = body + rest
    _put(data, _ND_FIELDS, fields, "an ND frame")
    data[18:20] = struct.pack("!H", len(data) - 54)
    data[56:58] = b"\0\0"
    data[56:58] = struct.pack("!H", checksum(bytes(data[22:54]), bytes(data[54:])))
    return bytes(data)


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

"""A case is one pcapng file: every frame at both its ends, and between them, on the same clock, what the kernel did.

Frames are Enhanced Packet Blocks, one at the interface that sent them and one at each that received them; their
comments name what they led to (report.consequences). Whatever else is on the timeline - transitions, drops, settings,
commands, verdicts - is a systemd Journal Export Block: Wireshark lists it as a line between the frames, and readers
that know no such block (libpcap, tcpdump) pass over it, which they would not do with an interface of another link type.
Block layouts: draft-ietf-opsawg-pcapng. Times are whole microseconds, as the journal has them, so that the order of
the blocks is the order of their times.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable
from typing import Final

from neighlab import __version__
from neighlab.model.evidence import CapturedFrame, Evidence, Interface
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.report.consequences import Consequences, is_a_frame, told_cause
from neighlab.report.plain import printable

_SECTION, _INTERFACE, _PACKET, _JOURNAL = 0x0A0D0D0A, 1, 6, 9
_BYTE_ORDER_MAGIC: Final = 0x1A2B3C4D
_ETHERNET: Final = 1
_COMMENT, _OS, _APPLICATION = 1, 3, 4
_IF_NAME, _IF_DESCRIPTION, _IF_LLADDR, _IF_TSRESOL = 2, 3, 6, 9
_EPB_FLAGS: Final = 2
_MICROSECONDS: Final = b"\x06"
_LONGEST_OPTION: Final = 0xFFFF

_HEAD: Final = struct.Struct("<II")
_LENGTH: Final = struct.Struct("<I")
_OPTION: Final = struct.Struct("<HH")
_SECTION_BODY: Final = struct.Struct("<IHHq")
_INTERFACE_BODY: Final = struct.Struct("<HHI")
_PACKET_BODY: Final = struct.Struct("<IIIII")
_PADDING: Final = (b"", b"\0\0\0", b"\0\0", b"\0")
_END_OF_OPTIONS: Final = _OPTION.pack(0, 0)

_ERROR, _WARNING, _INFO = 3, 4, 6
"""Severities of syslog: what Wireshark can colour by."""


def pcapng(case: CaseResult, kernel: str) -> bytes:
    """The case's evidence as a pcapng section; ValueError if it was run without gathering any.

    `kernel` is the release that ran it.
    """
    evidence = case.evidence
    if evidence is None:
        raise ValueError(f"{case.name} was run without evidence")
    interfaces = _interfaces(evidence)
    numbers = {(one.host, one.ifname): number for number, one in enumerate(interfaces)}
    led_to = Consequences(case).lines
    zero_us = math.floor(case.epoch_s * 1e6)

    blocks: list[tuple[float, bytes]] = []
    for place, frame in enumerate(evidence.frames):
        number = numbers[frame.host, frame.ifname]
        blocks.append((frame.t_ms, _packet(frame, number, _at_us(zero_us, frame.t_ms), led_to.get(place, ()))))
    for entry in case.timeline:
        if not is_a_frame(entry):
            blocks.append((entry.t_ms, _journal(entry, case, _at_us(zero_us, entry.t_ms))))
    blocks.sort(key=lambda block: block[0])
    return b"".join([_section(case, kernel), *map(_interface, interfaces), *(block for _t_ms, block in blocks)])


def _at_us(zero_us: int, t_ms: float) -> int:
    return max(0, zero_us + math.floor(t_ms * 1000))


def _interfaces(evidence: Evidence) -> list[Interface]:
    """Those the lab began with, then those that the story made."""
    known = {(one.host, one.ifname): one for one in evidence.interfaces}
    for frame in evidence.frames:
        if (frame.host, frame.ifname) not in known:
            known[frame.host, frame.ifname] = Interface(frame.host, frame.ifname, "")
    return list(known.values())


def _section(case: CaseResult, kernel: str) -> bytes:
    comments = [f"{case.name}: {case.claim}", f"{case.outcome}: {case.reason}" if case.reason else case.outcome]
    if case.knobs:
        comments.append("knobs: " + " ".join(f"{name}={value}" for name, value in case.knobs.items()))
    options = [_text(_COMMENT, line) for line in comments]
    options += [_text(_OS, f"Linux {kernel}"), _text(_APPLICATION, f"neighlab {__version__}")]
    return _block(_SECTION, _SECTION_BODY.pack(_BYTE_ORDER_MAGIC, 1, 0, -1), options)


def _interface(one: Interface) -> bytes:
    described = "; ".join(filter(None, (", ".join(one.addrs), one.peer and f"wired to {one.peer}")))
    options = [_text(_IF_NAME, f"{one.host}/{one.ifname}"), _option(_IF_TSRESOL, _MICROSECONDS)]
    if described:
        options.append(_text(_IF_DESCRIPTION, described))
    if len(lladdr := bytes.fromhex(one.lladdr.replace(":", ""))) == 6:
        options.append(_option(_IF_LLADDR, lladdr))
    return _block(_INTERFACE, _INTERFACE_BODY.pack(_ETHERNET, 0, 0), options)


def _packet(frame: CapturedFrame, interface: int, at_us: int, comments: Iterable[str]) -> bytes:
    length = len(frame.data)
    body = _PACKET_BODY.pack(interface, at_us >> 32, at_us & 0xFFFFFFFF, length, length)
    options = [_INBOUND if frame.direction == "received" else _OUTBOUND]
    options += [_text(_COMMENT, line) for line in comments]
    return _block(_PACKET, body + frame.data + _PADDING[length % 4], options)


def _journal(entry: Entry, case: CaseResult, at_us: int) -> bytes:
    """An entry as `journalctl -o export` writes it: fields of one line each."""
    message = f"{entry.host} {entry.kind}: {entry.text.removeprefix(f'{entry.host} ')}{told_cause(entry)}"
    text = (
        f"__REALTIME_TIMESTAMP={at_us}\nMESSAGE={printable(message)}\n_HOSTNAME={printable(entry.host)}\n"
        f"SYSLOG_IDENTIFIER={printable(f'{entry.source}/{entry.kind}')}\nPRIORITY={_severity(entry, case)}\n"
    )
    data = text.encode()
    return _block(_JOURNAL, data + _PADDING[len(data) % 4])


def _severity(entry: Entry, case: CaseResult) -> int:
    verdict = entry.fields.get("expectation")
    if isinstance(verdict, int) and verdict < len(case.expectations) and not case.expectations[verdict].passed:
        return _ERROR
    return _WARNING if entry.kind in ("drop", "lost") else _INFO


def _text(code: int, text: str) -> bytes:
    """A text of one line, cut after a whole character where an option ends at the latest."""
    data = printable(text).encode()
    return _option(
        code, data if len(data) <= _LONGEST_OPTION else data[:_LONGEST_OPTION].decode(errors="ignore").encode()
    )


def _option(code: int, value: bytes) -> bytes:
    return _OPTION.pack(code, len(value)) + value + _PADDING[len(value) % 4]


_INBOUND: Final = _option(_EPB_FLAGS, _LENGTH.pack(1))
_OUTBOUND: Final = _option(_EPB_FLAGS, _LENGTH.pack(2))


def _block(kind: int, body: bytes, options: Iterable[bytes] = ()) -> bytes:
    """A block, its length before and after it; `body` is padded already."""
    tail = b"".join(options)
    if tail:
        tail += _END_OF_OPTIONS
    length = len(body) + len(tail) + 12
    return b"".join((_HEAD.pack(kind, length), body, tail, _LENGTH.pack(length)))

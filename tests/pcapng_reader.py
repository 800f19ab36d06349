"""A reader of pcapng that shares nothing with the writer; it takes nothing on trust and stops at the first fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

SECTION, INTERFACE, PACKET, JOURNAL = 0x0A0D0D0A, 1, 6, 9


@dataclass
class Block:
    """A block of the file; `options` by code, each with all its values."""

    kind: int
    body: bytes
    options: dict[int, list[bytes]] = field(default_factory=dict)

    def texts(self, code: int) -> list[str]:
        return [value.decode() for value in self.options.get(code, [])]

    def number(self, start: int, width: int = 4) -> int:
        return int.from_bytes(self.body[start : start + width], "little")


@dataclass
class Packet:
    interface: str
    at_us: int
    data: bytes
    flags: int
    comments: list[str]


@dataclass
class Capture:
    """A file: its section's comments, its interfaces by their options, its packets, its journal entries."""

    section: Block
    interfaces: list[Block]
    packets: list[Packet]
    journal: list[dict[str, str]]
    order: list[int]
    """The times of packets and journal entries as they follow each other in the file."""

    def messages(self) -> list[str]:
        return [entry["MESSAGE"] for entry in self.journal]


def read(data: bytes) -> Capture:
    """Read a little-endian file of one section."""
    blocks = list(_blocks(data))
    assert blocks[0].kind == SECTION
    assert blocks[0].body[:4] == bytes.fromhex("4d3c2b1a")
    assert blocks[0].body[4:8] == b"\1\0\0\0"
    assert blocks[0].body[8:16] == b"\xff" * 8
    capture = Capture(blocks[0], [], [], [], [])
    for block in blocks[1:]:
        if block.kind == INTERFACE:
            assert block.number(0, 2) == 1, "not Ethernet"
            capture.interfaces.append(block)
        elif block.kind == PACKET:
            capture.packets.append(_packet(block, capture.interfaces))
            capture.order.append(capture.packets[-1].at_us)
        elif block.kind == JOURNAL:
            entry = dict(line.split("=", 1) for line in block.body.rstrip(b"\0").decode().rstrip("\n").split("\n"))
            capture.journal.append(entry)
            capture.order.append(int(entry["__REALTIME_TIMESTAMP"]))
        else:
            raise AssertionError(f"a block of kind {block.kind}")
    return capture


def _packet(block: Block, interfaces: list[Block]) -> Packet:
    captured, original = block.number(12), block.number(16)
    assert captured == original
    assert block.body[20 + captured :].strip(b"\0") == b""
    (name,) = interfaces[block.number(0)].texts(2)
    (flags,) = block.options[2]
    at_us = block.number(4) << 32 | block.number(8)
    return Packet(name, at_us, block.body[20 : 20 + captured], int.from_bytes(flags, "little"), block.texts(1))


def _blocks(data: bytes) -> Iterator[Block]:
    at = 0
    while at < len(data):
        kind, length = (int.from_bytes(data[at + start : at + start + 4], "little") for start in (0, 4))
        assert length >= 12
        assert length % 4 == 0
        assert at + length <= len(data)
        assert int.from_bytes(data[at + length - 4 : at + length], "little") == length
        body = data[at + 8 : at + length - 4]
        at += length
        if kind == JOURNAL:
            yield Block(kind, body)
            continue
        fixed = {SECTION: 16, INTERFACE: 8}.get(kind) or 20 + (int.from_bytes(body[12:16], "little") + 3) // 4 * 4
        yield Block(kind, body[:fixed], _options(body[fixed:]))


def _options(data: bytes) -> dict[int, list[bytes]]:
    options: dict[int, list[bytes]] = {}
    at = 0
    while at < len(data):
        code, length = (int.from_bytes(data[at + start : at + start + 2], "little") for start in (0, 2))
        padded = (length + 3) // 4 * 4
        assert at + 4 + padded <= len(data)
        if code == 0:
            assert (length, at + 4) == (0, len(data)), "something follows the end of the options"
            return options
        options.setdefault(code, []).append(data[at + 4 : at + 4 + length])
        assert data[at + 4 + length : at + 4 + padded].strip(b"\0") == b""
        at += 4 + padded
    assert not options, "options without an end"
    return options

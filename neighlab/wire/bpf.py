"""A capture that asks the kernel for less loses less: filters are classic BPF, run before a frame is queued."""

from __future__ import annotations

import ctypes
import socket
import struct
from typing import Final

_SO_ATTACH_FILTER: Final = 26
_LD_H, _LD_B, _LD_W = 0x28, 0x30, 0x20
_JEQ, _JGE, _JGT, _RET = 0x15, 0x35, 0x25, 0x06
_AND: Final = 0x54
_PKTTYPE: Final = 0xFFFFF004  # SKF_AD_OFF + SKF_AD_PKTTYPE: who the frame was for, as linux/if_packet.h numbers it
_OUTGOING: Final = 4

MARKER_ETHERTYPE: Final = 0x88B5
"""IEEE 802 local experimental ethertype 1: no protocol of the kernel listens to it."""

Instruction = tuple[int, int, int, int]
Step = tuple[int, str | None, str | None, int]

NOTHING: Final[list[Instruction]] = [(_RET, 0, 0, 0)]
EVERYTHING: Final[list[Instruction]] = [(_RET, 0, 0, 0x40000)]


def program(steps: list[str | Step]) -> list[Instruction]:
    """Resolve labels: a string names the place before the next step, jumps name labels (None: the next step)."""
    places: dict[str, int] = {}
    plain: list[Step] = []
    for step in steps:
        if isinstance(step, str):
            places[step] = len(plain)
        else:
            plain.append(step)

    def jump(at: int, to: str | None) -> int:
        return 0 if to is None else places[to] - at - 1

    return [(code, jump(at, yes), jump(at, no), k) for at, (code, yes, no, k) in enumerate(plain)]


NEIGHBOURS: Final = program([
    (_LD_H, None, None, 12),
    (_JEQ, "accept", None, 0x0806),
    (_JEQ, None, "drop", 0x86DD),
    (_LD_B, None, None, 20),
    (_JEQ, None, "drop", 58),
    (_LD_B, None, None, 54),
    (_JGE, None, "drop", 133),
    (_JGT, "drop", "accept", 137),
    "drop", (_RET, None, None, 0),
    "accept", (_RET, None, None, 0x40000),
])  # fmt: skip
"""ARP and IPv6 neighbour discovery (ICMPv6 133 to 137)."""


def is_neighbour_frame(frame: bytes) -> bool:
    """Would NEIGHBOURS accept this frame?"""
    ethertype = frame[12:14]
    return ethertype == b"\x08\x06" or (
        ethertype == b"\x86\xdd" and len(frame) > 54 and frame[20] == 58 and 133 <= frame[54] <= 137
    )


ANSWERS: Final = program([
    (_LD_W, None, None, _PKTTYPE),
    (_JEQ, "drop", None, _OUTGOING),
    (_LD_H, None, None, 12),
    (_JEQ, "accept", None, MARKER_ETHERTYPE),
    (_JEQ, "arp", None, 0x0806),
    (_JEQ, None, "drop", 0x86DD),
    (_LD_B, None, None, 20),
    (_JEQ, None, "drop", 58),
    (_LD_B, None, None, 54),
    (_JEQ, "accept", "drop", 136),
    "arp", (_LD_H, None, None, 20),
    (_JEQ, "accept", "drop", 2),
    "drop", (_RET, None, None, 0),
    "accept", (_RET, None, None, 0x40000),
])  # fmt: skip
"""What a fence waits for: ARP replies, neighbour advertisements, markers; nothing that leaves."""


def remainder(offset: int, divisor: int, wanted: int) -> list[Instruction]:
    """What accepts a message if the byte at `offset`, divided by a power of two, leaves `wanted`."""
    return program([
        (_LD_B, None, None, offset),
        (_AND, None, None, divisor - 1),
        (_JEQ, None, "drop", wanted),
        (_RET, None, None, 0x40000),
        "drop", (_RET, None, None, 0),
    ])  # fmt: skip


def attach(sock: socket.socket, instructions: list[Instruction]) -> None:
    """Give a socket a filter, in place of the one it has."""
    code = b"".join(struct.pack("=HBBI", *one) for one in instructions)
    buffer = ctypes.create_string_buffer(code, len(code))
    sock.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("@HP", len(instructions), ctypes.addressof(buffer))
    )

"""The filters let through what they are for and nothing else, whatever a frame's length."""

from __future__ import annotations

import random
import socket
import struct

import pytest

from neighlab.model import arp, ndp
from neighlab.wire import bpf

PKTTYPE, OUTGOING, HOST = 0xFFFFF004, 4, 0
ADDR, OWN, ADDR6 = "192.0.2.1", "00:00:5e:00:53:01", "2001:db8::1"


def run(program: list[bpf.Instruction], frame: bytes, pkttype: int = HOST) -> int:
    """Interpret a classic BPF program as net/core/filter.c does: how many bytes of the frame are kept."""
    accumulator, at = 0, 0
    while True:
        code, yes, no, k = program[at]
        at += 1
        match code:
            case 0x06:
                return k
            case 0x20 | 0x28 | 0x30 if k == PKTTYPE:
                accumulator = pkttype
            case 0x20 | 0x28 | 0x30:
                size = {0x20: 4, 0x28: 2, 0x30: 1}[code]
                if k + size > len(frame):
                    return 0  # a load beyond the frame ends the program: the frame is dropped
                accumulator = int.from_bytes(frame[k : k + size], "big")
            case 0x15:
                at += yes if accumulator == k else no
            case 0x25:
                at += yes if accumulator > k else no
            case 0x54:
                accumulator &= k
            case 0x35:
                at += yes if accumulator >= k else no
            case _:
                raise AssertionError(f"instruction {code:#x}")


def icmp6(kind: int) -> bytes:
    """An IPv6 frame with an ICMPv6 message of this type."""
    header = struct.pack("!IHBB", 6 << 28, 8, socket.IPPROTO_ICMPV6, 255) + bytes(32)
    return bytes(12) + b"\x86\xdd" + header + bytes([kind]) + bytes(7)


def udp(ethertype: int, place: int) -> bytes:
    """A frame of IPv4 or IPv6 with a UDP payload full of what the filters look for."""
    frame = bytearray(bytes(12) + ethertype.to_bytes(2, "big") + bytes([135]) * 60)
    frame[place] = socket.IPPROTO_UDP
    return bytes(frame)


MARKER = bytes(12) + bpf.MARKER_ETHERTYPE.to_bytes(2, "big") + bytes(46)
ARP_FRAMES = {
    "request": arp.request(ADDR, lladdr=OWN, sender="192.0.2.2"),
    "reply": arp.reply(ADDR, lladdr=OWN, receiver="192.0.2.2", receiver_lladdr="00:00:5e:00:53:02"),
    "probe": arp.probe(ADDR, lladdr=OWN),
    "gratuitous": arp.gratuitous(ADDR, lladdr=OWN),
}
"""Built with model.arp; only a reply answers a fence."""


@pytest.mark.parametrize("name", ARP_FRAMES)
def test_captures_hear_arp(name: str) -> None:
    assert run(bpf.NEIGHBOURS, ARP_FRAMES[name]) == 0x40000
    assert run(bpf.NEIGHBOURS, ARP_FRAMES[name], OUTGOING) == 0x40000


def test_captures_hear_neighbour_discovery_and_no_other_icmp6() -> None:
    assert [kind for kind in range(256) if run(bpf.NEIGHBOURS, icmp6(kind))] == [133, 134, 135, 136, 137]


def test_captures_hear_nothing_else() -> None:
    for frame in (udp(0x0800, 23), udp(0x86DD, 20), MARKER, bytes(60)):
        assert run(bpf.NEIGHBOURS, frame) == 0


def test_fences_hear_answers_and_markers_that_come_in() -> None:
    answers = [ARP_FRAMES["reply"], icmp6(136), MARKER, ndp.na(ADDR6, lladdr=OWN, sender=ADDR6)]

    assert [run(bpf.ANSWERS, frame) for frame in answers] == [0x40000] * 4
    assert [run(bpf.ANSWERS, frame, OUTGOING) for frame in answers] == [0] * 4


def test_fences_hear_nothing_else() -> None:
    others = [ARP_FRAMES["request"], ARP_FRAMES["probe"], icmp6(135), icmp6(137), udp(0x0800, 23), udp(0x86DD, 20)]

    assert [run(bpf.ANSWERS, frame) for frame in others] == [0] * 6


def test_all_and_nothing() -> None:
    assert run(bpf.EVERYTHING, b"") == 0x40000
    assert run(bpf.NOTHING, MARKER) == 0


@pytest.mark.parametrize("program", [bpf.NEIGHBOURS, bpf.ANSWERS, bpf.EVERYTHING, bpf.NOTHING])
def test_every_path_through_a_filter_ends(program: list[bpf.Instruction]) -> None:
    """No jump leaves the program, nor does its end lack a verdict; and the kernel takes it."""
    for at, (code, yes, no, _) in enumerate(program):
        if code not in (0x06,):
            assert 0 <= yes < 256
            assert 0 <= no < 256
            assert at + 1 + max(yes, no) < len(program)
    chance = random.Random(826)
    for _ in range(2000):
        frame = chance.choice([b"\x08\x06", b"\x86\xdd", b"\x88\xb5", chance.randbytes(2)])
        frame = chance.randbytes(12) + frame + chance.randbytes(chance.randrange(80))
        assert run(program, frame[: chance.randrange(len(frame) + 1)]) in (0, 0x40000)
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        bpf.attach(theirs, program)


def test_the_kernel_runs_a_filter_as_we_do() -> None:
    """On a pair of datagram sockets: what is sent with a filter attached arrives, or does not."""
    frames = [*ARP_FRAMES.values(), MARKER, *map(icmp6, range(130, 140)), udp(0x0800, 23), b"", b"short"]
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with ours, theirs:
        theirs.setblocking(False)
        bpf.attach(theirs, bpf.NEIGHBOURS)
        for frame in frames:
            arrived = False
            try:
                ours.send(frame)
                arrived = theirs.recv(4096) == frame
            except (BlockingIOError, PermissionError):
                pass
            assert arrived == bool(run(bpf.NEIGHBOURS, frame)), frame.hex()


def test_labels_name_the_step_that_follows() -> None:
    load, jump = (0x28, None, None, 12), (0x15, "yes", None, 1)
    steps: list[str | bpf.Step] = [load, jump, "no", (6, None, None, 0), "yes", (6, None, None, 1)]

    assert bpf.program(steps) == [(0x28, 0, 0, 12), (0x15, 1, 0, 1), (6, 0, 0, 0), (6, 0, 0, 1)]


@pytest.mark.parametrize("byte", [0, 3, 8, 11, 255])
def test_messages_are_shared_out_by_a_remainder(byte: int) -> None:
    message = bytes(20) + bytes([byte]) + bytes(3)

    takers = [share for share in range(8) if run(bpf.remainder(20, 8, share), message)]

    assert takers == [byte % 8]

"""The filter refuses what it says and nothing else: it is run here, instruction by instruction, as the kernel does."""

from __future__ import annotations

import errno
import struct

import pytest

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import seccomp
from neighlab.kernel.ns import CLONE_NEWNET, CLONE_NEWNS

ALLOWED, KILLED = 0x7FFF_0000, 0x8000_0000
X86, ARM = 0xC000_003E, 0xC000_00B7


def verdict(machine: str, number: int, *arguments: int, audit: int | None = None, program: bytes | None = None) -> int:
    """What the filter answers to a system call: ALLOWED, KILLED or the error's number."""
    arch = audit if audit is not None else {"x86_64": X86, "aarch64": ARM}[machine]
    padded = [*arguments, *[0] * (6 - len(arguments))]
    data = struct.pack("=IIQ6Q", number, arch, 0, *(value & 0xFFFF_FFFF_FFFF_FFFF for value in padded))
    code = list(struct.iter_unpack("=HBBI", seccomp.program(machine) if program is None else program))
    accumulator = place = 0
    while True:
        operation, if_true, if_false, value = code[place]
        place += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("=I", data, value)
            case 0x15:
                place += if_true if accumulator == value else if_false
            case 0x35:
                place += if_true if accumulator >= value else if_false
            case 0x06:
                return value & 0xFFFF if value & 0xFFFF_0000 == 0x0005_0000 else value
            case _:
                raise AssertionError(f"unknown instruction {operation:#x}")


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_refused_call_is_refused(machine: str) -> None:
    column = ("x86_64", "aarch64").index(machine)
    numbers = {name: both[column] for name, both in seccomp._REFUSED.items() if both[column] is not None}
    assert {name: verdict(machine, number) for name, number in numbers.items()} == dict.fromkeys(numbers, errno.EPERM)


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 165), ("x86_64", 272), ("aarch64", 40), ("aarch64", 97)])
def test_mount_and_unshare_are_what_they_are_called(machine: str, number: int) -> None:
    assert verdict(machine, number) == errno.EPERM


@pytest.mark.parametrize(
    ("machine", "numbers"),
    [("x86_64", (0, 1, 2, 9, 41, 57, 59, 61, 62, 257, 435)), ("aarch64", (56, 63, 64, 93, 198, 220, 221, 260, 435))],
)
def test_what_programs_live_of_is_allowed(machine: str, numbers: tuple[int, ...]) -> None:
    assert {number: verdict(machine, number, 2) for number in numbers} == dict.fromkeys(numbers, ALLOWED)


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 41), ("x86_64", 53), ("aarch64", 198), ("aarch64", 199)])
def test_sockets_are_of_a_namespace_or_none(machine: str, number: int) -> None:
    allowed = {family for family in range(50) if verdict(machine, number, family) == ALLOWED}
    assert allowed == {1, 2, 10, 16, 17}
    assert verdict(machine, number, 40) == errno.EAFNOSUPPORT
    assert verdict(machine, number, (1 << 32) + 40) == errno.EAFNOSUPPORT  # the kernel takes the low half


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 308), ("aarch64", 268)])
def test_only_network_namespaces_are_entered(machine: str, number: int) -> None:
    assert verdict(machine, number, 3, CLONE_NEWNET) == ALLOWED
    for kind in (0, CLONE_NEWNS, CLONE_NEWNET | CLONE_NEWNS):
        assert verdict(machine, number, 3, kind) == errno.EPERM


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 54), ("aarch64", 208)])
def test_buffers_stay_bounded(machine: str, number: int) -> None:
    refused = {(1, 32), (1, 33), (263, 5), (263, 13)}
    for level in (0, 1, 6, 17, 41, 263, 270):
        for option in range(60):
            wanted = errno.EPERM if (level, option) in refused else ALLOWED
            assert verdict(machine, number, 3, level, option) == wanted, (level, option)


def test_foreign_numbers_end_the_process() -> None:
    assert verdict("x86_64", 1, audit=0x4000_0003) == KILLED  # the numbers of 32 bits
    assert verdict("x86_64", 0x4000_0000 + 39) == KILLED  # x32
    assert verdict("aarch64", 64, audit=X86) == KILLED


def test_machine_whose_numbers_are_not_known_is_refused() -> None:
    with pytest.raises(EnvironmentProblem, match="riscv64"):
        seccomp.program("riscv64")


@pytest.mark.parametrize(("machine", "number"), [("x86_64", 116), ("aarch64", 159)])
def test_leaving_groups_succeeds_and_all_else_is_as_it_was(machine: str, number: int) -> None:
    program = seccomp.groupless(machine)
    assert verdict(machine, number, program=program) == 0
    assert {verdict(machine, other, program=program) for other in range(500) if other != number} == {ALLOWED}
    assert verdict(machine, number, audit=0, program=program) == ALLOWED


def test_where_numbers_are_not_known_nothing_is_pretended() -> None:
    assert verdict("x86_64", 116, program=seccomp.groupless("riscv64")) == ALLOWED

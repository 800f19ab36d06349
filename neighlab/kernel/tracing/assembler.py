"""A BPF program is written as calls of methods, with labels for places, and becomes the kernel's 8-byte instructions.

Only what the programs here use: 64-bit arithmetic, loads, stores, forward jumps, calls of helpers, references to maps.
Encodings are those of linux/bpf.h and Documentation/bpf/standardization/instruction-set.rst.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 = range(11)
"""R0 is a helper's result, R1 to R5 its arguments (which it destroys), R6 to R9 stay, R10 is the stack's end."""

U8, U16, U32, U64 = 1, 2, 4, 8
_SIZES: Final = {U32: 0x00, U16: 0x08, U8: 0x10, U64: 0x18}

_LD, _LDX, _ST, _STX, _ALU64, _JMP = 0x00, 0x01, 0x02, 0x03, 0x07, 0x05
_IMM, _MEM, _ATOMIC = 0x00, 0x60, 0xC0
_REGISTER: Final = 0x08
_OPERATIONS: Final = {"add": 0x00, "sub": 0x10, "mul": 0x20, "and": 0x50, "mov": 0xB0}
_JUMPS: Final = {"jeq": 0x10, "jgt": 0x20, "jne": 0x50, "jslt": 0xC0}
_JA, _CALL, _EXIT = 0x00, 0x80, 0x90
_PSEUDO_MAP_FD: Final = 1


@dataclass(slots=True)
class _Instruction:
    code: int
    dst: int = 0
    src: int = 0
    offset: int = 0
    immediate: int = 0
    target: str = ""


class Assembler:
    """Collects instructions; code() resolves the labels."""

    def __init__(self) -> None:
        self._instructions: list[_Instruction] = []
        self._places: dict[str, int] = {}
        self._labels = 0

    def new_label(self) -> str:
        """A name that nobody else uses."""
        self._labels += 1
        return f".{self._labels}"

    def label(self, name: str) -> None:
        """Name the place before the next instruction."""
        if name in self._places:
            raise ValueError(f"label {name} is there twice")
        self._places[name] = len(self._instructions)

    def alu(self, operation: str, dst: int, operand: int, *, register: bool = False) -> None:
        """`dst = dst OPERATION operand` in 64 bits; the operand is a number (32 bits, signed) or a `register`."""
        code = _ALU64 | _OPERATIONS[operation]
        if register:
            self._add(code | _REGISTER, dst, operand)
        else:
            self._add(code, dst, immediate=operand)

    def mov(self, dst: int, number: int) -> None:
        """`dst = number` (32 bits, signed)."""
        self.alu("mov", dst, number)

    def copy(self, dst: int, src: int, plus: int = 0) -> None:
        """`dst = src + plus`."""
        self.alu("mov", dst, src, register=True)
        if plus:
            self.alu("add", dst, plus)

    def load(self, size: int, dst: int, src: int, offset: int) -> None:
        """`dst = *(size *)(src + offset)`."""
        self._add(_LDX | _MEM | _SIZES[size], dst, src, offset)

    def store(self, size: int, dst: int, offset: int, src: int) -> None:
        """`*(size *)(dst + offset) = src`, a register."""
        self._add(_STX | _MEM | _SIZES[size], dst, src, offset)

    def store_number(self, size: int, dst: int, offset: int, number: int) -> None:
        """`*(size *)(dst + offset) = number`."""
        self._add(_ST | _MEM | _SIZES[size], dst, 0, offset, number)

    def atomic_add(self, dst: int, offset: int, src: int) -> None:
        """`*(u64 *)(dst + offset) += src`, whoever else does so at the same time."""
        self._add(_STX | _ATOMIC | _SIZES[U64], dst, src, offset)

    def map(self, dst: int, descriptor: int) -> None:
        """`dst =` the map behind a descriptor of the process that loads the program."""
        self._add(_LD | _IMM | _SIZES[U64], dst, _PSEUDO_MAP_FD, immediate=descriptor)
        self._add(0)

    def jump(self, condition: str, dst: int, operand: int, target: str, *, register: bool = False) -> None:
        """Go to `target`, which comes later, if `dst CONDITION operand` holds (jslt: signed)."""
        code = _JMP | _JUMPS[condition]
        if register:
            self._add(code | _REGISTER, dst, operand, target=target)
        else:
            self._add(code, dst, immediate=operand, target=target)

    def goto(self, target: str) -> None:
        """Go to `target`, which comes later."""
        self._add(_JMP | _JA, target=target)

    def call(self, helper: int) -> None:
        """Call a helper of the kernel by its number (enum bpf_func_id)."""
        self._add(_JMP | _CALL, immediate=helper)

    def leave(self) -> None:
        """End the program with 0."""
        self.mov(R0, 0)
        self._add(_JMP | _EXIT)

    def code(self) -> bytes:
        """The instructions as the kernel takes them; ValueError for a label that is nowhere or before its jump."""
        encoded = bytearray()
        for at, one in enumerate(self._instructions):
            offset = one.offset
            if one.target:
                if one.target not in self._places:
                    raise ValueError(f"no place is called {one.target}")
                offset = self._places[one.target] - at - 1
                if offset < 0:
                    raise ValueError(f"{one.target} is before the jump to it")
            encoded += struct.pack("=BBhi", one.code, one.src << 4 | one.dst, offset, one.immediate)
        return bytes(encoded)

    def _add(
        self, code: int, dst: int = 0, src: int = 0, offset: int = 0, immediate: int = 0, target: str = ""
    ) -> None:
        self._instructions.append(_Instruction(code, dst, src, offset, immediate, target))

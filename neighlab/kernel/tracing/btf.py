"""Where a member of a kernel structure lies is told by the running kernel (BTF), not by anybody's header files.

/sys/kernel/btf/vmlinux lists all types of the kernel one after the other, without an index: some megabytes of which
a few dozen bytes are wanted. One pass notes where each type begins, and which of them have a name that is asked for.
The format: Documentation/bpf/btf.rst.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable
from typing import Final

PATH: Final = "/sys/kernel/btf/vmlinux"

_MAGIC: Final = 0xEB9F
_INT, _PTR, _ARRAY, _STRUCT, _UNION, _ENUM, _TYPEDEF, _VOLATILE, _CONST, _RESTRICT = 1, 2, 3, 4, 5, 6, 8, 9, 10, 11
_FUNC_PROTO, _VAR, _DATASEC, _DECL_TAG, _TYPE_TAG, _ENUM64 = 13, 14, 15, 17, 18, 19
_ASKED_FOR: Final = frozenset({_STRUCT, _UNION, _ENUM, _ENUM64, _TYPEDEF})
_TRANSPARENT: Final = frozenset({_TYPEDEF, _VOLATILE, _CONST, _RESTRICT, _TYPE_TAG})
_FIXED_WORDS: Final = {_INT: 1, _ARRAY: 3, _VAR: 1, _DECL_TAG: 1}
"""How many 32-bit words follow the three that every type has."""
_WORDS_PER_MEMBER: Final = {_STRUCT: 3, _UNION: 3, _ENUM: 2, _FUNC_PROTO: 2, _DATASEC: 3, _ENUM64: 3}


class Btf:
    """The types of a kernel, as far as their names were given."""

    def __init__(self, data: bytes, names: Iterable[str]) -> None:
        magic, _version, _flags, header, types_at, types_bytes, strings_at, strings_bytes = struct.unpack_from(
            "=HBBIIIII", data
        )
        if magic != _MAGIC:
            raise ValueError("no BTF")
        begin = header + types_at
        self._words = memoryview(data)[begin : begin + types_bytes].cast("I")
        self._strings = data[header + strings_at : header + strings_at + strings_bytes]
        self._starts = array("I", [0])
        self._named: dict[tuple[str, bool], int] = {}
        self._walked: dict[tuple[str, ...], tuple[int, int]] = {}
        self._index({offset: name for name in names if (offset := self._strings.find(f"\0{name}\0".encode())) >= 0})

    def offset(self, structure: str, *path: str) -> int:
        """How many bytes into `structure` the member at the end of the path is; KeyError if this kernel has none.

        The path goes through members that are structures or unions themselves; those without a name need no mention.
        """
        return self._walk(structure, path)[0]

    def size(self, structure: str, *path: str) -> int:
        """How many bytes the member at the end of the path has."""
        return self._size(self._walk(structure, path)[1])

    def has(self, structure: str, *path: str) -> bool:
        """Does this kernel have such a member?"""
        try:
            self._walk(structure, path)
        except KeyError:
            return False
        return True

    def enum(self, name: str) -> dict[int, str]:
        """The names of an enumeration's values."""
        at, kind, count = self._head(self._find(name))
        if kind not in (_ENUM, _ENUM64):
            raise KeyError(name)
        step = _WORDS_PER_MEMBER[kind]
        rows = range(at + 3, at + 3 + count * step, step)
        return {self._words[row + 1]: self._string(self._words[row]) for row in rows}

    def arguments(self, tracepoint: str) -> int | None:
        """How many arguments a tracepoint gives; None if this kernel does not have it."""
        try:
            at, _kind, _count = self._head(self._find(f"btf_trace_{tracepoint}"))
        except KeyError:
            return None
        pointer, _kind, _count = self._head(self._words[at + 2])
        _at, _kind, count = self._head(self._words[pointer + 2])
        return count - 1  # the first is the tracepoint's own

    def _index(self, wanted: dict[int, str]) -> None:
        words, starts, at, end = self._words, self._starts, 0, len(self._words)
        offsets = {offset + 1: name for offset, name in wanted.items()}
        fixed, per_member = _FIXED_WORDS, _WORDS_PER_MEMBER
        while at < end:
            information = words[at + 1]
            kind = information >> 24 & 0x1F
            if words[at] in offsets and kind in _ASKED_FOR:
                self._named.setdefault((offsets[words[at]], kind == _TYPEDEF), len(starts))
            starts.append(at)
            if kind in per_member:
                at += 3 + per_member[kind] * (information & 0xFFFF)
            else:
                at += 3 + fixed.get(kind, 0)

    def _find(self, name: str) -> int:
        found = self._named.get((name, False)) or self._named.get((name, True))
        if found is None:
            raise KeyError(name)
        return found

    def _head(self, number: int) -> tuple[int, int, int]:
        """Where a type begins, its kind, and how many members it has."""
        at = self._starts[number]
        information = self._words[at + 1]
        return at, information >> 24 & 0x1F, information & 0xFFFF

    def _walk(self, structure: str, path: tuple[str, ...]) -> tuple[int, int]:
        if (known := self._walked.get((structure, *path))) is not None:
            return known
        number, offset = self._find(structure), 0
        for step in path:
            found = self._member(number, step)
            if found is None:
                raise KeyError(f"{structure}.{'.'.join(path)}")
            offset, number = offset + found[0], found[1]
        self._walked[structure, *path] = offset, number
        return offset, number

    def _member(self, number: int, name: str) -> tuple[int, int] | None:
        """Offset in bytes and type of a member, also inside of members that have no name."""
        at, kind, count = self._head(self._resolved(number))
        if kind not in (_STRUCT, _UNION):
            return None
        bit_fields = self._words[at + 1] >> 31
        for row in range(at + 3, at + 3 + 3 * count, 3):
            label, of, place = self._words[row], self._words[row + 1], self._words[row + 2]
            bits = place & 0xFF_FFFF if bit_fields else place
            if label and self._string(label) == name:
                return bits // 8, of
            if not label and (inside := self._member(of, name)) is not None:
                return bits // 8 + inside[0], inside[1]
        return None

    def _resolved(self, number: int) -> int:
        """The type behind typedefs and qualifiers."""
        while True:
            at, kind, _count = self._head(number)
            if kind not in _TRANSPARENT:
                return number
            number = self._words[at + 2]

    def _size(self, number: int) -> int:
        at, kind, _count = self._head(self._resolved(number))
        if kind == _PTR:
            return 8
        if kind == _ARRAY:
            return self._size(self._words[at + 3]) * self._words[at + 5]
        return self._words[at + 2]

    def _string(self, offset: int) -> str:
        return self._strings[offset : self._strings.index(b"\0", offset)].decode()

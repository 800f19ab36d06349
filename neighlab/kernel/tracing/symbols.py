"""An address in the kernel's code belongs to the function that begins last before it (/proc/kallsyms)."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

PATH: Final = "/proc/kallsyms"

_COMPILERS: Final = re.compile(r"\.(?:isra|constprop|part|cold|llvm)\b.*")
_ADDRESS: Final = 16
_NAME_AT: Final = _ADDRESS + len(" T ")


class Symbols:
    """Function names by address.

    The text is kept as it is read, for a few hundred of its 100,000 lines are ever asked for. The kernel's own symbols
    come first and in the order of their addresses; those of modules follow, module by module.
    """

    def __init__(self, text: bytes) -> None:
        self._text = text
        self._known: dict[int, str] = {}
        modules = text.find(b"\t[")
        self._own_end = text.rfind(b"\n", 0, modules) + 1 if modules >= 0 else len(text)
        late = sorted((int(line[:_ADDRESS], 16), line) for line in text[self._own_end :].splitlines())
        self._late_addresses = [address for address, _line in late]
        self._late_lines = [line for _address, line in late]

    @property
    def hidden(self) -> bool:
        """Does the kernel show zeros instead of addresses (kernel.kptr_restrict)?"""
        # the first symbols of many kernels are offsets into per-CPU memory and do begin at 0: the last one tells
        last = self._text.rfind(b"\n", 0, max(0, self._own_end - 1)) + 1
        return not self._text[last : last + _ADDRESS].strip(b"0")

    def caller(self, address: int) -> str:
        """The function that a call returns to: a call that never returns may be its function's last instruction."""
        if address not in self._known:
            self._known[address] = _name(self._line(address - 1))
        return self._known[address]

    def _line(self, address: int) -> bytes:
        """The line of the symbol that begins last at or before an address; empty if it is before them all.

        Modules lie behind the kernel's own code, but some of their symbols (per-CPU ones) are numbered before it.
        """
        late = bisect_right(self._late_addresses, address)
        theirs = self._late_lines[late - 1] if late else b""
        return max(self._own(address), theirs, key=lambda line: line[:_ADDRESS])

    def _own(self, address: int) -> bytes:
        text, low, high, found = self._text, 0, self._own_end, b""
        while low < high:  # both at the beginning of a line
            start = text.rfind(b"\n", low, (low + high) // 2) + 1 or low
            end = text.find(b"\n", start, high) + 1 or high
            if int(text[start : start + _ADDRESS], 16) <= address:
                found, low = text[start:end], end
            else:
                high = start
        return found


def _name(line: bytes) -> str:
    """A symbol's name as the source has it, without what a compiler adds to the parts that it splits off."""
    return _COMPILERS.sub("", line[_NAME_AT:].split(b"\t")[0].strip().decode()) or "?"

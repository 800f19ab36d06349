"""A BPF ring buffer is memory shared with the kernel: reading it is no system call, and who inherits the mapping can.

Its pages: one that tells how far the reader is, one that tells how far the writers are, and the data, mapped twice in a
row so that a record never wraps. Each record has eight bytes before it: length, with a bit while it is being written.
"""

from __future__ import annotations

import mmap
import struct
from typing import Final

_BUSY: Final = 1 << 31
_DISCARDED: Final = 1 << 30
_HEADER: Final = 8
_POSITION: Final = struct.Struct("=Q")
_LENGTH: Final = struct.Struct("=I")


class RingBuffer:
    """The reader's end of a BPF_MAP_TYPE_RINGBUF of `size` bytes; there must be one reader only."""

    __slots__ = ("_consumer", "_data", "_page", "size")

    def __init__(self, descriptor: int, size: int) -> None:
        self.size = size
        self._page = mmap.PAGESIZE
        self._consumer = mmap.mmap(descriptor, self._page, mmap.MAP_SHARED, mmap.PROT_READ | mmap.PROT_WRITE)
        self._data = mmap.mmap(descriptor, self._page + 2 * size, mmap.MAP_SHARED, mmap.PROT_READ, offset=self._page)

    def read(self) -> list[bytes]:
        """All records that are finished, in the order in which their writers began them; their room is free again."""
        (position,) = _POSITION.unpack_from(self._consumer)
        (end,) = _POSITION.unpack_from(self._data)
        if position == end:
            return []
        data, mask, records = self._data, self.size - 1, []
        while position < end:
            at = self._page + (position & mask)
            (length,) = _LENGTH.unpack_from(data, at)
            if length & _BUSY:
                break  # its writer, on another processor, is not done
            kept = length & ~(_BUSY | _DISCARDED)
            if not length & _DISCARDED:
                records.append(data[at + _HEADER : at + _HEADER + kept])
            position += (_HEADER + kept + 7) & ~7
        _POSITION.pack_into(self._consumer, 0, position)
        return records

    def clear(self) -> None:
        """Forget what is there."""
        _POSITION.pack_into(self._consumer, 0, *_POSITION.unpack_from(self._data))

    def close(self) -> None:
        """Let go of the mappings."""
        self._consumer.close()
        self._data.close()

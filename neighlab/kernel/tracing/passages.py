"""perf counts how often a tracepoint is passed, whoever is at work: the runs of a program are held against that.

A program that is not run tells nobody. The kernel counts those that would have interrupted themselves, as misses by
recursion. But there are kernels that leave programs out while certain tasks are at work, and count that nowhere; and a
softirq, so every timer, runs on anybody's time.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import resource
import struct
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Final

PROTOCOLS: Final = (0x0800, 0x86DD, 0x0806)
"""IPv4, IPv6 and ARP: packets whose end (kfree_skb) is counted; those of other sockets are many, and never a lab's."""

_EVENTS: Final = Path("/sys/kernel/tracing/events")
_PROCESSORS: Final = Path("/sys/devices/system/cpu/online")
_NUMBERS: Final = {"x86_64": 298, "aarch64": 241, "riscv64": 241, "loongarch64": 241, "s390x": 331, "ppc64le": 319}
_TYPE_TRACEPOINT, _ATTRIBUTE_BYTES, _FORMAT_GROUP, _CLOEXEC = 2, 64, 1 << 3, 1 << 3
_SET_FILTER: Final = 0x40082406 if os.uname().machine != "ppc64le" else 0x80082406
_MOST_OF_DESCRIPTORS: Final = 4
"""The counters may take one of so many descriptors that a process may have."""

_libc = ctypes.CDLL(None, use_errno=True)


class Passages:
    """Counters of tracepoints, of the whole machine, until they are closed; OSError where they cannot be had."""

    def __init__(self, names: Sequence[str]) -> None:
        processors = _processors()
        descriptors, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if len(processors) * len(names) > descriptors // _MOST_OF_DESCRIPTORS:
            raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))
        numbers = [int((_EVENTS / _subsystem(name) / name / "id").read_text()) for name in names]
        self._values = struct.Struct(f"={1 + len(names)}Q")
        self._leaders: list[int] = []
        with ExitStack() as self._held:
            for processor in processors:
                leader = -1
                for name, number in zip(names, numbers, strict=True):
                    descriptor = _open(number, processor, leader)
                    self._held.callback(os.close, descriptor)
                    if name == "kfree_skb":
                        wanted = "||".join(f"protocol=={protocol}" for protocol in PROTOCOLS)
                        fcntl.ioctl(descriptor, _SET_FILTER, wanted.encode() + b"\0")
                    if leader < 0:
                        leader = descriptor
                        self._leaders.append(leader)
            self._held = self._held.pop_all()

    def totals(self) -> list[int]:
        """How often each has been passed, in the order of their names."""
        counted = [self._values.unpack(os.read(leader, self._values.size))[1:] for leader in self._leaders]
        return [sum(of_all) for of_all in zip(*counted, strict=True)]

    def close(self) -> None:
        """Count no more."""
        self._held.close()


def passages(names: Sequence[str]) -> Passages | None:
    """Counters of tracepoints, or None where there are none: without tracefs or perf, or too many processors."""
    with suppress(OSError, ValueError):
        return Passages(names)
    return None


def _open(tracepoint: int, processor: int, leader: int) -> int:
    """perf_event_open(2): a counter on one processor, which is read together with its leader."""
    attributes = struct.pack("=IIQQQQ", _TYPE_TRACEPOINT, _ATTRIBUTE_BYTES, tracepoint, 0, 0, _FORMAT_GROUP)
    buffer = ctypes.create_string_buffer(attributes, _ATTRIBUTE_BYTES)
    result: int = _libc.syscall(_NUMBERS.get(os.uname().machine, -1), buffer, -1, processor, leader, _CLOEXEC)
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


def _processors() -> list[int]:
    """The processors that are at work, by their numbers."""
    found: list[int] = []
    for part in _PROCESSORS.read_text().strip().split(","):
        first, _, last = part.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


def _subsystem(tracepoint: str) -> str:
    return "skb" if tracepoint == "kfree_skb" else "neigh"

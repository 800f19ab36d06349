"""One lab's ear in the kernel: programs, a ring for their records and a filter, held by nothing but processes.

The machine's real root makes it. A process that is forked afterwards, in whatever namespaces, uses it by reading and
writing memory: it says which network namespaces are the lab's, and reads what happened there.
"""

from __future__ import annotations

import errno
import functools
import mmap
import os
import struct
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel.tracing import btf, programs, records, symbols, syscall
from neighlab.kernel.tracing.passages import Passages
from neighlab.kernel.tracing.ringbuf import RingBuffer
from neighlab.kernel.tracing.writer import FILTER_SLOTS, LOST_SLOT, RUN_SLOTS, Maps

RING_BYTES: Final = 8 << 20
"""Room for some 25,000 records between two looks."""

_SLOT: Final = struct.Struct("=Q")
_LOCKDOWN: Final = Path("/sys/kernel/security/lockdown")


@functools.cache
def kernel_types() -> btf.Btf:
    """The running kernel's types, read once."""
    names = [*programs.STRUCTURES, "skb_drop_reason", *(f"btf_trace_{name}" for name in programs.PROGRAMS)]
    with open(btf.PATH, "rb") as file:
        return btf.Btf(file.read(), names)


@functools.cache
def kernel_symbols() -> symbols.Symbols:
    """The running kernel's symbols, read once."""
    with open(symbols.PATH, "rb") as file:
        return symbols.Symbols(file.read())


@functools.cache
def drop_reasons() -> dict[int, str]:
    """The running kernel's reasons for dropping a packet: NEIGH_QUEUEFULL, ... by their numbers; none before 5.17."""
    with suppress(KeyError):
        named = kernel_types().enum("skb_drop_reason")
        return {number: name.removeprefix("SKB_DROP_REASON_") for number, name in named.items()}
    return {}


@functools.cache
def unavailable() -> str | None:
    """Why the kernel's tracepoints cannot be listened to here, with what would change it; None if they can."""
    if os.geteuid() != 0:
        return "only root hears the kernel's tracepoints: run as root"
    if syscall.number() is None:
        return f"neighlab does not know the number of bpf(2) on {os.uname().machine}"
    if not os.path.exists(btf.PATH):
        return f"this kernel does not tell its types ({btf.PATH}): it wants CONFIG_DEBUG_INFO_BTF"
    try:
        if kernel_symbols().hidden:
            return "the kernel hides its functions' addresses: `sysctl -w kernel.kptr_restrict=1` shows them to root"
        Trace(ring_bytes=mmap.PAGESIZE, attach=False).close()
    except (OSError, KeyError, ValueError) as problem:
        return _why(problem)
    return None


class Trace:
    """What happens to neighbour entries and packets in the network namespaces that are watched, from now on.

    `passages` are the counters of the programs' tracepoints, which show when a program was not run.
    """

    def __init__(self, *, ring_bytes: int = RING_BYTES, attach: bool = True, passages: Passages | None = None) -> None:
        kinds = len(records.Kind)
        slots = RUN_SLOTS + kinds
        with ExitStack() as self._held, syscall.enough_memory():
            self.maps = Maps(
                self._map(syscall.MAP_RINGBUF, 0, 0, ring_bytes, 0, "ring"),
                self._map(syscall.MAP_ARRAY, 4, _SLOT.size, slots, syscall.F_MMAPABLE, "filter"),
                self._map(syscall.MAP_PERCPU_ARRAY, 4, records.RECORD_BYTES, kinds, 0, "scratch"),
            )
            self._filter = self._held.enter_context(closing(mmap.mmap(self.maps.filter, _SLOT.size * slots)))
            self.ring = self._held.enter_context(closing(RingBuffer(self.maps.ring, ring_bytes)))
            self._programs = [self._load(name) for name in programs.PROGRAMS]
            for program, name in zip(self._programs, programs.PROGRAMS, strict=True):
                if attach:
                    self._keep(syscall.attach(program, name))
            self._held = self._held.pop_all()
        self._lost = 0
        self._passages = passages
        self._begin()

    @property
    def fileno(self) -> int:
        """A descriptor that poll() calls readable when there are records."""
        return self.maps.ring

    def watch(self, inum: int) -> None:
        """From now on record what happens in the network namespace of this number (the inode of its file)."""
        at = _SLOT.size * (inum % FILTER_SLOTS)
        (there,) = _SLOT.unpack_from(self._filter, at)
        if there not in (0, inum):
            raise EnvironmentProblem(f"two namespaces of this lab ({there}, {inum}) share a place in its filter")
        _SLOT.pack_into(self._filter, at, inum)

    def read(self) -> list[records.Record]:
        """What has been recorded since the last call."""
        return [records.decode(one) for one in self.ring.read()]

    def lost(self) -> int:
        """How many records found no room since the last call."""
        (total,) = _SLOT.unpack_from(self._filter, _SLOT.size * LOST_SLOT)
        new, self._lost = total - self._lost, total
        return int(new)

    def missed(self) -> int:
        """How often since it is there, or was renewed, a tracepoint was passed and its program not run.

        This is counted for the whole machine: what was missed may have been anybody's. Without counters of passages
        only those are known that would have interrupted themselves.
        """
        if self._passages is None:
            return self._recursions() - self._before[0]
        passed = self._passages.totals()  # before the runs: what happens in between has been run
        return sum(
            max(0, there - run - before) for there, run, before in zip(passed, self._runs(), self._before, strict=True)
        )

    def renew(self) -> None:
        """Watch nothing, and have nothing recorded: ready for another lab."""
        self._filter.seek(0)
        self._filter.write(bytes(_SLOT.size * RUN_SLOTS))
        self._lost = 0
        self._begin()
        self.ring.clear()

    def close(self) -> None:
        """Let go; the kernel frees everything when nobody else holds it."""
        self._held.close()

    def _map(self, kind: int, key_bytes: int, value_bytes: int, entries: int, flags: int, name: str) -> int:
        return self._keep(syscall.make_map(kind, key_bytes, value_bytes, entries, flags, f"neighlab_{name}"))

    def _load(self, tracepoint: str) -> int:
        """The descriptor of the program for a tracepoint."""
        if kernel_types().arguments(tracepoint) is None:
            raise OSError(errno.ENOENT, f"this kernel has no tracepoint {tracepoint}")
        code = programs.assemble(tracepoint, kernel_types(), self.maps)
        return self._keep(syscall.load(code, f"neighlab_{programs.PROGRAMS[tracepoint][0].name.lower()}"))

    def _begin(self) -> None:
        """What has been missed until now does not count."""
        if self._passages is None:
            self._before = [self._recursions()]
        else:
            runs = self._runs()  # before the passages: what happens in between is no miss
            self._before = [there - run for there, run in zip(self._passages.totals(), runs, strict=True)]

    def _runs(self) -> list[int]:
        """How often each program was run."""
        kinds = (kind for kind, _write in programs.PROGRAMS.values())
        return [_SLOT.unpack_from(self._filter, _SLOT.size * (RUN_SLOTS + kind))[0] for kind in kinds]

    def _recursions(self) -> int:
        total = 0
        for program in self._programs:
            with open(f"/proc/self/fdinfo/{program}") as file:
                told = dict(line.split(":", 1) for line in file if ":" in line)
            total += int(told.get("recursion_misses", "0"))
        return total

    def _keep(self, descriptor: int) -> int:
        self._held.callback(os.close, descriptor)
        return descriptor


def _why(problem: Exception) -> str:
    number = problem.errno if isinstance(problem, OSError) else None
    if number == errno.EPERM:
        with suppress(OSError):
            if "[confidentiality]" in _LOCKDOWN.read_text():
                return "this kernel is locked down (confidentiality): it lets nobody read its memory; boot without"
        return "bpf(2) is refused: root lacks CAP_BPF and CAP_PERFMON here; a container needs --privileged"
    return f"this kernel does not take neighlab's programs: {problem}"

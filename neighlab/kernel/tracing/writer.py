"""The words that all programs are written in: follow a pointer, is this ours, begin a record, put, send.

Every program keeps its context in R6 and its record in R7; R8 and R9 are its own, R0 to R5 are gone after each word.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from neighlab.kernel.tracing import records
from neighlab.kernel.tracing.assembler import R0, R1, R2, R3, R4, R6, R7, R9, R10, U32, U64, Assembler
from neighlab.kernel.tracing.btf import Btf
from neighlab.kernel.tracing.records import Field, Kind

FILTER_SLOTS: Final = 1 << 16
LOST_SLOT: Final = FILTER_SLOTS
"""Behind the filter's slots: how many records found no room."""
RUN_SLOTS: Final = LOST_SLOT + 1
"""Behind that, one of each kind: how often its program was run, for whomever."""

KEY, INUM, POINTER, DEVICE = -8, -16, -24, -32
"""Places on a program's stack: a map's key, the namespace's number, what was read last, the device."""

_MAP_LOOKUP, _KTIME, _CURRENT_COMM, _CURRENT_TASK = 1, 5, 16, 35
_CURRENT_PID_TGID, _GET_STACK, _PROBE_READ_KERNEL, _RINGBUF_OUTPUT = 14, 67, 113, 130
_PID_LEVELS: Final = 32


class Maps(NamedTuple):
    """The descriptors of a lab's maps."""

    ring: int
    filter: int
    scratch: int


class Writer(Assembler):
    """What all the programs do, in the words of this subject."""

    def __init__(self, btf: Btf, maps: Maps, kind: Kind) -> None:
        super().__init__()
        self.btf = btf
        self.maps = maps
        self.kind = kind
        self.end = self.new_label()
        self.copy(R6, R1)  # the context: the tracepoint's arguments

    def argument(self, dst: int, number: int) -> None:
        self.load(U64, dst, R6, 8 * number)

    def peek(self, size: int, dst: int, to: int, base: int, offset: int) -> None:
        """Copy `size` bytes of the kernel's memory at `base + offset` to `dst + to`; zeros if nothing is there."""
        self.copy(R1, dst, to)
        self.mov(R2, size)
        self.copy(R3, base, offset)
        self.call(_PROBE_READ_KERNEL)

    def follow(self, dst: int, base: int, offset: int) -> None:
        """`dst =` the pointer at `base + offset`, 0 if nothing is there."""
        self.peek(U64, R10, POINTER, base, offset)
        self.load(U64, dst, R10, POINTER)

    def inum_of_device(self, device: int) -> None:
        """Put the number of a device's network namespace onto the stack."""
        self.follow(R3, device, self.btf.offset("net_device", "nd_net", "net"))
        self.peek(U32, R10, INUM, R3, self.btf.offset("net", "ns", "inum"))

    def unless_ours(self, target: str) -> None:
        """Go to `target` unless the namespace whose number is on the stack is one of the lab's."""
        self.load(U32, R1, R10, INUM)
        self.alu("and", R1, FILTER_SLOTS - 1)
        self.store(U32, R10, KEY, R1)
        self.map(R1, self.maps.filter)
        self.copy(R2, R10, KEY)
        self.call(_MAP_LOOKUP)
        self.jump("jeq", R0, 0, target)
        self.load(U64, R1, R0, 0)
        self.load(U32, R2, R10, INUM)
        self.jump("jeq", R2, 0, target)
        self.jump("jne", R1, R2, target, register=True)

    def begin_record(self) -> None:
        """R7 = room for a record of this program alone, with what every record has in it."""
        self.store_number(U32, R10, KEY, self.kind)
        self.map(R1, self.maps.scratch)
        self.copy(R2, R10, KEY)
        self.call(_MAP_LOOKUP)
        self.jump("jeq", R0, 0, self.end)
        self.copy(R7, R0)
        self.call(_KTIME)
        self.put(records.AT_NS, R0)
        self.store_number(U32, R7, records.KIND.at, self.kind)
        self.load(U32, R1, R10, INUM)
        self.put(records.INUM, R1)
        self.call(_CURRENT_PID_TGID)
        self.put(records.TID, R0)
        self.copy(R1, R7, records.COMM.at)
        self.mov(R2, records.COMM.size)
        self.call(_CURRENT_COMM)
        self._put_pid()

    def put(self, field: Field, src: int) -> None:
        self.store(field.size, R7, field.at, src)

    def put_from(self, field: Field, base: int, structure: str, *path: str) -> None:
        """Copy a member of a structure into the record; one that is smaller than its field leaves the rest 0."""
        size = min(self.btf.size(structure, *path) or field.size, field.size)
        if size < field.size:
            self.store_number(field.size, R7, field.at, 0)
        self.peek(size, R7, field.at, base, self.btf.offset(structure, *path))

    def put_device(self, device: int) -> None:
        self.put_from(records.IFINDEX, device, "net_device", "ifindex")
        self.put_from(records.IFNAME, device, "net_device", "name")

    def send(self, head: int, *, stack: bool) -> None:
        """Hand over the record: its first `head` bytes and, if asked for, where in the kernel this is."""
        self.mov(R9, 0)
        if stack:
            self.copy(R1, R6)
            self.copy(R2, R7, head)
            self.mov(R3, 8 * records.DEPTH)
            self.mov(R4, 0)
            self.call(_GET_STACK)
            none = self.new_label()
            self.jump("jgt", R0, 8 * records.DEPTH, none)  # an error is a negative number: a very great one
            self.copy(R9, R0)
            self.label(none)
        self.put(records.STACK_BYTES, R9)
        self.map(R1, self.maps.ring)
        self.copy(R2, R7)
        self.copy(R3, R9, head)
        self.mov(R4, 0)
        self.call(_RINGBUF_OUTPUT)
        self.jump("jeq", R0, 0, self.end)
        self.count(LOST_SLOT)

    def finish(self) -> bytes:
        self.label(self.end)
        self.leave()
        return self.code()

    def count(self, slot: int) -> None:
        """Add one to a slot."""
        self.store_number(U32, R10, KEY, slot)
        self.map(R1, self.maps.filter)
        self.copy(R2, R10, KEY)
        self.call(_MAP_LOOKUP)
        self.jump("jeq", R0, 0, self.end)
        self.mov(R1, 1)
        self.atomic_add(R0, 0, R1)

    def _put_pid(self) -> None:
        """The process' number as it is in its own pid namespace: the one that people inside the lab know it by."""
        btf = self.btf
        self.call(_CURRENT_TASK)
        self.copy(R9, R0)
        self.follow(R9, R9, btf.offset("task_struct", "group_leader"))
        self.follow(R9, R9, btf.offset("task_struct", "thread_pid"))
        self.peek(U32, R10, KEY, R9, btf.offset("pid", "level"))
        self.load(U32, R1, R10, KEY)
        self.alu("and", R1, _PID_LEVELS - 1)
        self.alu("mul", R1, btf.size("upid"))
        self.alu("add", R9, R1, register=True)
        self.peek(U32, R7, records.PID.at, R9, btf.offset("pid", "numbers") + btf.offset("upid", "nr"))

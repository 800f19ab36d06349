"""What all processes of a jail use together is looked at every few milliseconds, also where no cgroup can be had.

Cgroups would count exactly, but one that was made stays when its maker is killed, and most users may not make any.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
from typing import Final, NamedTuple

_TICK_MS: Final = 10
_FIELD: Final = re.compile(rb"^(VmSize|VmRSS|Threads|NSpid):\s*([\d\t ]+)", re.MULTILINE)
_ADDRESS_FACTOR: Final = 16
"""How much more address space than memory: shared memory that is given back is counted nowhere else."""
_SPARE_BYTES: Final = 64 << 20
"""How much memory the machine must have left."""


class Use(NamedTuple):
    """What the processes of a jail use together."""

    tasks: int
    memory_bytes: int
    address_bytes: int


def watch(first: int, processes: int, memory_bytes: int) -> str:
    """Watch a jail until its first process ends (empty), or until it uses too much: the limit that is broken."""
    pidfd = os.pidfd_open(first)
    ending = select.poll()
    ending.register(pidfd, select.POLLIN)
    try:
        while not ending.poll(_TICK_MS):
            use = measure()
            if use.tasks > processes:
                return f"it had more than {processes} processes at a time"
            if use.memory_bytes > memory_bytes or use.address_bytes > _ADDRESS_FACTOR * memory_bytes:
                return f"it used more than {memory_bytes >> 20} MiB of memory"
            if _available() < _SPARE_BYTES:
                return "the machine's memory ran out"
    finally:
        os.close(pidfd)
    return ""


def measure() -> Use:
    """Add up what is used by the processes that are in a pid namespace below this one, their first excepted."""
    tasks = memory = address = 0
    for name in os.listdir("/proc"):
        if not name.isdigit():
            continue
        with contextlib.suppress(OSError):  # it has ended
            with open(f"/proc/{name}/status", "rb") as file:
                fields = dict(_FIELD.findall(file.read()))
            below = fields[b"NSpid"].split()
            if len(below) < 2 or below[-1] == b"1":
                continue
            tasks += int(fields.get(b"Threads", b"0"))
            memory += int(fields.get(b"VmRSS", b"0")) << 10
            address += int(fields.get(b"VmSize", b"0")) << 10
    return Use(tasks, memory, address)


def _available() -> int:
    with open("/proc/meminfo", "rb") as file:
        found = re.search(rb"^MemAvailable:\s*(\d+)", file.read(), re.MULTILINE)
    return int(found[1]) << 10 if found is not None else _SPARE_BYTES

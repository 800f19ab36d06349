"""bpf(2) makes maps, loads programs and attaches them; what it made lives exactly as long as somebody holds it.

A descriptor, or a mapping of a map's memory, is all that keeps these things in the kernel: nothing is pinned, so
nothing is left when the last process that holds them ends, however it ends.
"""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

MAP_ARRAY: Final = 2
MAP_PERCPU_ARRAY: Final = 6
MAP_RINGBUF: Final = 27
F_MMAPABLE: Final = 1 << 10
PROG_RAW_TRACEPOINT: Final = 17

MAP_CREATE: Final = 0
PROG_LOAD: Final = 5
RAW_TRACEPOINT_OPEN: Final = 17
_NUMBERS: Final = {"x86_64": 321, "aarch64": 280, "riscv64": 280, "loongarch64": 280, "s390x": 351, "ppc64le": 361}
_NAME_BYTES: Final = 16
_LOG_BYTES: Final = 1 << 18

LICENSE: Final = b"Dual BSD/GPL"
"""The kernel lends its helpers for reading its memory only to programs under a licence compatible with its own."""

_libc = ctypes.CDLL(None, use_errno=True)


def number() -> int | None:
    """The number of the system call on this architecture; None where nobody has looked it up."""
    return _NUMBERS.get(os.uname().machine)


def call(command: int, attributes: bytes) -> int:
    """One bpf(2) with the attributes of its command (union bpf_attr); returns a descriptor or 0, raises OSError."""
    buffer = ctypes.create_string_buffer(attributes, len(attributes))
    result: int = _libc.syscall(number() or -1, command, buffer, len(attributes))
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))
    return result


@contextmanager
def enough_memory() -> Iterator[None]:
    """Let maps and programs be as big as they are: before Linux 5.11 they count as locked memory (RLIMIT_MEMLOCK)."""
    before = resource.getrlimit(resource.RLIMIT_MEMLOCK)
    with suppress(OSError, ValueError):  # newer kernels do not ask, and older ones will say EPERM
        resource.setrlimit(resource.RLIMIT_MEMLOCK, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_MEMLOCK, before)


def make_map(kind: int, key_bytes: int, value_bytes: int, entries: int, flags: int, name: str) -> int:
    """A new map's descriptor; for a ring buffer `entries` is its size in bytes, a power of two of whole pages."""
    attributes = struct.pack("=IIIIIII16s", kind, key_bytes, value_bytes, entries, flags, 0, 0, _label(name))
    return call(MAP_CREATE, attributes)


def load(instructions: bytes, name: str) -> int:
    """Load a program for raw tracepoints and return its descriptor; OSError carries the verifier's last words."""
    code = ctypes.create_string_buffer(instructions, len(instructions))
    licence = ctypes.create_string_buffer(LICENSE)

    def attempt(log: ctypes.Array[ctypes.c_char] | None) -> int:
        level, size, where = (1, len(log), ctypes.addressof(log)) if log is not None else (0, 0, 0)
        attributes = struct.pack(
            "=IIQQIIQII16s", PROG_RAW_TRACEPOINT, len(instructions) // 8, ctypes.addressof(code),
            ctypes.addressof(licence), level, size, where, 0, 0, _label(name),
        )  # fmt: skip
        return call(PROG_LOAD, attributes)

    try:
        return attempt(None)  # the verifier's log costs more than its work: it is asked for when there is a complaint
    except OSError as problem:
        log = ctypes.create_string_buffer(_LOG_BYTES)
        try:
            return attempt(log)
        except OSError:
            said = log.value.decode(errors="replace").strip().splitlines()
            why = "; ".join(said[-3:-1] or said)
            raise OSError(problem.errno, f"{problem.strerror}{f' ({why})' if why else ''}", name) from None


def attach(program: int, tracepoint: str) -> int:
    """Attach a loaded program to a raw tracepoint; closing the returned descriptor detaches it."""
    name = ctypes.create_string_buffer(tracepoint.encode())
    return call(RAW_TRACEPOINT_OPEN, struct.pack("=QII", ctypes.addressof(name), program, 0))


def _label(name: str) -> bytes:
    return name.encode()[: _NAME_BYTES - 1]

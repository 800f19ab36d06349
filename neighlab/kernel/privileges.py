"""What a process has given up it never gets back, whatever it executes."""

from __future__ import annotations

import ctypes
import os
import resource
import struct
from collections.abc import Iterable, Mapping
from typing import Final

CAP_NET_BIND_SERVICE: Final = 10
CAP_NET_ADMIN: Final = 12
CAP_NET_RAW: Final = 13
CAP_SYS_ADMIN: Final = 21

RLIMIT_NOTHING_DUMPED: Final = 1
"""A RLIMIT_CORE of one byte: unlike 0 it keeps also the machine's own crash handler away (do_coredump)."""

_PR_SET_DUMPABLE, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 4, 24, 38
_LINUX_CAPABILITY_VERSION_3: Final = 0x20080522
_MOST: Final = 64

_libc = ctypes.CDLL(None, use_errno=True)


def keep_only(capabilities: Iterable[int]) -> None:
    """Keep these capabilities, and let no program have more; also set-user-ID programs then give nothing."""
    wanted = set(capabilities)
    for number in range(_MOST):
        # the kernel knows fewer than that: EINVAL ends the list
        if number not in wanted and _libc.prctl(_PR_CAPBSET_DROP, number, 0, 0, 0) < 0:
            break
    mask = sum(1 << number for number in wanted)
    low, high = mask & 0xFFFF_FFFF, mask >> 32
    header = struct.pack("=Ii", _LINUX_CAPABILITY_VERSION_3, 0)
    # effective, permitted, inheritable: what root of a user namespace executes gets what it may inherit
    data = struct.pack("=6I", low, low, low, high, high, high)
    _check(_libc.capset(header, data), "capset")
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")


def hide() -> None:
    """Let nobody of the same user read this process's memory or descriptors; PR_SET_DUMPABLE."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "dumpable")


def limit(limits: Mapping[int, int]) -> None:
    """Set resource limits (RLIMIT_*) for good; one that is lower already stays."""
    for which, value in limits.items():
        hard = resource.getrlimit(which)[1]
        chosen = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (chosen, chosen))


def _check(result: int, what: str) -> None:
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno), what)

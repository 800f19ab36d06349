"""What is made read-only with mount_setattr(2) is so in all its depth, whatever is mounted below it."""

from __future__ import annotations

import ctypes
import os
from typing import Final

from neighlab.kernel import ns

MOUNT_ATTR_RDONLY: Final = 0x1
MOUNT_ATTR_NOSUID: Final = 0x2
MOUNT_ATTR_NODEV: Final = 0x4

_SYSTEMS_OWN: Final = ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC
"""How /proc and /sys are mounted, and so all that is bound from them: a remount that says less is refused."""

_AT_FDCWD: Final = -100
_AT_RECURSIVE: Final = 0x8000
_MNT_DETACH: Final = 2
# system calls younger than Linux 5.1 have one number on all architectures
_MOUNT_SETATTR: Final = 442

_libc = ctypes.CDLL(None, use_errno=True)
_pivot_root_number: Final = {"x86_64": 155, "aarch64": 41}


class _MountAttr(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64), ("attr_clr", ctypes.c_uint64), ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )  # fmt: skip


def bind(source: str, target: str, attributes: int = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV) -> None:
    """Show `source`, and all that is mounted below it, at `target` with these attributes besides its own."""
    ns.mount(source, target, None, ns.MS_BIND | ns.MS_REC)
    restrict(target, attributes)


def restrict(target: str, attributes: int) -> None:
    """Add attributes to a mount and all below it; mount_setattr(2), since Linux 5.12."""
    wanted = _MountAttr(attr_set=attributes)
    arguments = (ctypes.c_long(_MOUNT_SETATTR), _AT_FDCWD, os.fsencode(target), _AT_RECURSIVE)
    _check(_libc.syscall(*arguments, ctypes.byref(wanted), ctypes.c_size_t(ctypes.sizeof(wanted))), target)


def read_only(target: str) -> None:
    """Make a mount at `target`, of something in /proc or /sys and of nothing below it, read-only; mount(2)."""
    ns.mount("none", target, None, ns.MS_REMOUNT | ns.MS_BIND | ns.MS_RDONLY | _SYSTEMS_OWN)


def enter_root(root: str) -> None:
    """Make the mount at `root` the root directory, and let go of everything else that was mounted; pivot_root(2)."""
    os.chdir(root)
    number = _pivot_root_number[os.uname().machine]
    # the old root is stacked upon the new one, and taken off again
    _check(_libc.syscall(ctypes.c_long(number), b".", b"."), root)
    _check(_libc.umount2(b".", _MNT_DETACH), root)
    os.chdir("/")


def _check(result: int, what: str) -> None:
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno), what)

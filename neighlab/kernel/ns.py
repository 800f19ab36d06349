"""A thread is in one network namespace at a time, and a socket stays for ever in the one it was opened in."""

from __future__ import annotations

import ctypes
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

CLONE_NEWNS: Final = 0x0002_0000
CLONE_NEWCGROUP: Final = 0x0200_0000
CLONE_NEWUTS: Final = 0x0400_0000
CLONE_NEWIPC: Final = 0x0800_0000
CLONE_NEWUSER: Final = 0x1000_0000
CLONE_NEWPID: Final = 0x2000_0000
CLONE_NEWNET: Final = 0x4000_0000

MS_RDONLY: Final = 1
MS_NOSUID: Final = 2
MS_NODEV: Final = 4
MS_NOEXEC: Final = 8
MS_REMOUNT: Final = 32
MS_BIND: Final = 4096
MS_REC: Final = 16384
MS_PRIVATE: Final = 1 << 18

PR_SET_PDEATHSIG: Final = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno), what)


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` (CLONE_NEW*) for new ones; unshare(2)."""
    _check(_libc.unshare(flags), "unshare")


def setns(fd: int, kind: int) -> None:
    """Enter the namespace behind `fd`, which must be of `kind` (CLONE_NEW*), or with a pidfd all those of that process
    that `kind` names; setns(2).
    """
    _check(_libc.setns(fd, kind), "setns")


def mount(source: str, target: str, fstype: str | None, flags: int = 0, data: str | None = None) -> None:
    """Mount, bind or remount; mount(2)."""
    kind = fstype.encode() if fstype is not None else None
    options = data.encode() if data is not None else None
    _check(_libc.mount(os.fsencode(source), os.fsencode(target), kind, ctypes.c_ulong(flags), options), target)


def die_with_parent(signal: int) -> None:
    """Ask the kernel to send this process `signal` when the thread that made it ends; PR_SET_PDEATHSIG."""
    _check(_libc.prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0), "prctl")


def has_own_user(pid: int) -> bool:
    """Is that process in another user namespace than this one?"""
    ours, theirs = os.stat("/proc/self/ns/user"), os.stat(f"/proc/{pid}/ns/user")
    return (ours.st_dev, ours.st_ino) != (theirs.st_dev, theirs.st_ino)


def open_current_net() -> int:
    """A descriptor of the network namespace that this thread is in."""
    return os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)


@contextmanager
def in_net(fd: int, home: int) -> Iterator[None]:
    """Be inside the network namespace `fd` for a moment, then back in `home`."""
    setns(fd, CLONE_NEWNET)
    try:
        yield
    finally:
        setns(home, CLONE_NEWNET)


class NetNS:
    """One network namespace, held by a descriptor; `home` is where the process lives."""

    __slots__ = ("fd", "home", "name")

    def __init__(self, name: str, fd: int, home: int) -> None:
        self.name = name
        self.fd = fd
        self.home = home

    def entered(self) -> Any:
        """Context manager: what runs inside it runs in this namespace (sockets stay, the process does not)."""
        return in_net(self.fd, self.home)

    def socket(self, family: int, kind: int, proto: int = 0) -> socket.socket:
        """A socket that belongs to this namespace."""
        with self.entered():
            return socket.socket(family, kind | socket.SOCK_CLOEXEC, proto)

    def close(self) -> None:
        """Let go of the namespace; it lives on while sockets, processes or mounts hold it."""
        if self.fd >= 0 and self.fd != self.home:
            os.close(self.fd)
        self.fd = -1

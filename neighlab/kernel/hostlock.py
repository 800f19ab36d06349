"""One run at a time holds the machine-wide lock, and no run can die without letting go of it.

The lock is an abstract unix socket's name: the kernel frees it with the last descriptor, so it leaves no file behind.
The name is as wide as the network namespace; its users stand in the initial one.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import struct
import time
from typing import Final

from neighlab.errors import EnvironmentProblem

_BACKLOG: Final = 4096
"""Who waits is a connection that nobody accepts; a full backlog would make the next one fail."""
_ucred = struct.Struct("=iII")


def take(name: str, timeout_s: float, what: str) -> socket.socket:
    """Take the lock, waiting for its holder up to `timeout_s`; closing every copy of the returned socket releases it.

    Raises EnvironmentProblem that names the holder's pid, as the kernel noted it when the holder began to listen.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        try:
            lock.bind("\0" + name)
        except OSError as problem:
            lock.close()
            if problem.errno != errno.EADDRINUSE:
                raise EnvironmentProblem(f"cannot lock {what}: {os.strerror(problem.errno or 0)}") from None
        else:
            lock.listen(_BACKLOG)
            return lock
        pid = _wait_for_release(name, deadline)
        if time.monotonic() >= deadline:
            holder = f"the process {pid}" if pid else "another process"
            raise EnvironmentProblem(
                f"{what}: in use by {holder}, still after {timeout_s:g} s; try again when it has ended"
            )


def _wait_for_release(name: str, deadline: float) -> int:
    """Wait until the holder is gone or the deadline is reached; return the holder's pid, 0 where it cannot be known.

    The kernel hangs up a connection in the holder's backlog when the listening socket goes (unix_release_sock).
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as waiting:
        waiting.setblocking(False)
        pid, watched = 0, select.poll()
        try:
            waiting.connect("\0" + name)
        except OSError:
            # Bound and not listening yet, gone this moment, or a stranger's socket: look again in a moment.
            _poll(watched, min(deadline, time.monotonic() + 0.01))
            return pid
        pid = int(_ucred.unpack(waiting.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _ucred.size))[0])
        watched.register(waiting, select.POLLHUP)
        _poll(watched, deadline)
        return pid


def _poll(watched: select.poll, deadline: float) -> None:
    watched.poll(max(0.0, deadline - time.monotonic()) * 1000)

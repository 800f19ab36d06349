"""Whoever lives in the user namespace that owns a network namespace is root there, and nowhere else.

The hosts that a stranger may administrate belong to such a namespace of its own, below that of the sandbox: inside it
`ip` and `sysctl` work on these hosts, and on nothing that the sandbox itself has (its bridges, its other hosts, its
mounts and processes).
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import ns

_NOBODY: Final = 65534
_KINDS: Final = ("user", "mnt", "pid", "net", "ipc", "uts", "cgroup", "time")
_READY, _NET = b"R", b"N"


class Owner:
    """A user namespace that owns network namespaces; `user_fd` and `net_fd` (an empty one) are descriptors of its.

    When it is closed to new ones (`seal`), nobody in it can make a namespace of any kind.
    """

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair()
        self._pid = os.fork()
        if not self._pid:
            self._ours.close()
            _make_on_demand(theirs)
        theirs.close()
        self.uid = _unprivileged()
        """Who is root in there, as the sandbox sees it: nobody if it has such a user, else its only one."""
        try:
            if self._ours.recv(1) != _READY:
                raise EnvironmentProblem("a sandbox cannot make a user namespace here: see user.max_user_namespaces")
            self.user_fd = os.open(f"/proc/{self._pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
            self._map()
            self.net_fd = self.new_net()
        except OSError as problem:
            raise EnvironmentProblem(f"cannot make a user namespace for the hosts: {problem}") from None

    def new_net(self) -> int:
        """Make a network namespace that belongs to it; returns a descriptor."""
        self._ours.send(_NET)
        _data, fds, _flags, _address = socket.recv_fds(self._ours, 1, 1)
        if not fds:
            raise EnvironmentProblem("cannot make a network namespace for a host: see user.max_net_namespaces")
        return fds[0]

    def seal(self) -> None:
        """Let nobody in it make a namespace from now on: they would be a way to more than it is given."""
        self._ours.close()
        _pid, status = os.waitpid(self._pid, 0)
        if status:
            raise EnvironmentProblem("the user namespace of the hosts cannot be sealed (/proc/sys/user)")

    def _map(self) -> None:
        if not self.uid:  # who has one user only cannot change its groups either
            with contextlib.suppress(OSError):
                Path(f"/proc/{self._pid}/setgroups").write_text("deny")
        for kind in ("uid", "gid"):
            Path(f"/proc/{self._pid}/{kind}_map").write_text(f"0 {self.uid} 1")


def _unprivileged() -> int:
    """Nobody, if the sandbox knows more than one user; else its only one."""
    for line in Path("/proc/self/uid_map").read_text().splitlines():
        first, _outside, count = map(int, line.split())
        if first <= _NOBODY < first + count:
            return _NOBODY
    return 0


def _make_on_demand(channel: socket.socket) -> None:
    """Be the process inside: make one network namespace for each byte, and seal the user namespace in the end."""
    status = 1
    try:
        ns.die_with_parent(signal.SIGKILL)
        ns.unshare(ns.CLONE_NEWNS)
        # the limits of a user namespace are set by somebody inside it, and the sandbox's own /proc is read-only there
        ns.mount("proc", "/proc", "proc", ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC)
        ns.unshare(ns.CLONE_NEWUSER)
        channel.send(_READY)
        while channel.recv(1):
            ns.unshare(ns.CLONE_NEWNET)
            fd = ns.open_current_net()
            socket.send_fds(channel, [_NET], [fd])
            os.close(fd)
        for kind in _KINDS:
            limit = Path(f"/proc/sys/user/max_{kind}_namespaces")
            if limit.exists():
                limit.write_text("0")
        status = 0
    finally:
        os._exit(status)

"""A stranger's program is root of the hosts that it is given, and can reach, see, slow down or outlive nothing else.

Three processes of the sandbox's own stand around it. The *warden*, outside, watches what the jail uses. The *first* is
pid 1 of the jail's pid namespace: it lives in another user namespace than those inside, who can neither look into it
nor end it, and with it ends all that is inside. Its child gives everything up - user namespace, capabilities, system
calls, limits - and becomes the program.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import seccomp
from neighlab.kernel.features import kernel_version
from neighlab.lab import channel, jailed, jailroot
from neighlab.lab.jailed import Limits
from neighlab.lab.owner import Owner

LATE: Final = "it did not end within"
"""How the one limit is told that a busy machine may have broken."""
_OLDEST: Final = (5, 14)
"""Since then RLIMIT_NPROC counts the processes of a user namespace, and not all those of a user."""
_TICK_MS: Final = 20
_PIPE_PAGES: Final = 256
"""What those inside can make their end of a pipe hold (fs.pipe-max-size, 1 MiB): each read takes a page at least."""


@dataclass(slots=True)
class Ended:
    """How a program ended: by itself with a status, or because of a limit."""

    status: int | None = None
    limit: str = ""


class CannotConfine(EnvironmentProblem):
    """This machine cannot make a jail; no program has been started."""


class Jail:
    """A jail with a program in it, which runs from now on; CannotConfine where none can be made."""

    def __init__(
        self, argv: Sequence[str], view: jailroot.View, owner: Owner, limits: Limits, *, keeps_running: bool = False
    ) -> None:
        if kernel_version() < _OLDEST:
            raise CannotConfine(f"strangers' programs are confined since Linux {'.'.join(map(str, _OLDEST))}")
        filters = seccomp.program(os.uname().machine)
        self.limits = limits
        self.output = bytearray()
        self.discarded_bytes = 0
        self._channel, theirs = socket.socketpair()
        self._out, out = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._out, False)
        self._warden: int | None = os.fork()
        if not self._warden:
            plan = jailed.Plan(theirs, out, argv, view, owner, limits, filters, keeps_running)
            jailed.guarded(theirs, lambda: jailed.be_warden(plan))
        theirs.close()
        os.close(out)
        self._inbox = channel.Inbox(self._channel)
        self._first: int | None = None
        self._started = time.monotonic()

    def run(self, meanwhile: Callable[[], str]) -> Ended:
        """Wait until the program has ended, or has gone beyond a limit; what it has started may still run then.

        `meanwhile` is called often, and names a limit of the lab's that has been broken, or returns nothing.
        """
        poll = select.poll()
        for fd in (self._out, self._channel.fileno()):
            poll.register(fd, select.POLLIN)
        while True:
            if any(fd == self._out and not event & select.POLLIN for fd, event in poll.poll(_TICK_MS)):
                poll.unregister(self._out)  # nobody can write any more
            self._read()
            ended = self._heed()
            broken = meanwhile()
            if ended is not None:
                return ended
            if not broken and len(self.output) + self.discarded_bytes > self.limits.output_bytes:
                broken = f"it printed more than {self.limits.output_bytes >> 20} MiB"
            if not broken and time.monotonic() > self._started + self.limits.time_s:
                broken = f"{LATE} {self.limits.time_s:g} s"
            if broken:
                return Ended(limit=broken)

    def broken(self) -> str:
        """The limit that what still runs in it has gone beyond since, if any."""
        ended = self._heed()
        return ended.limit if ended is not None else ""

    def end(self) -> None:
        """End all that is in it; returns when it is gone. A second call does nothing."""
        if self._warden is None:
            return
        if self._first is not None:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._first, signal.SIGKILL)
            os.close(self._first)
        else:
            os.kill(self._warden, signal.SIGKILL)
        os.waitpid(self._warden, 0)
        self._warden = None
        self._read()
        os.close(self._out)
        self._channel.close()

    def _read(self) -> None:
        """Take in what has been printed, at most as much as a pipe holds."""
        for _ in range(_PIPE_PAGES):
            try:
                data = os.read(self._out, 1 << 16)
            except BlockingIOError:
                return
            if not data:
                return
            room = max(0, self.limits.kept_bytes - len(self.output))
            self.output += data[:room]
            self.discarded_bytes += len(data[room:])

    def _heed(self) -> Ended | None:
        messages, gone = self._inbox.read()
        ended = None
        for kind, value in messages:
            match kind:
                case "first":
                    with contextlib.suppress(ProcessLookupError):  # it has ended already, and been reaped
                        self._first = os.pidfd_open(value)
                case "ended":
                    ended = Ended(status=value)
                case "limit":
                    return Ended(limit=value)
                case "problem":
                    raise CannotConfine(value)
        if gone and ended is None:
            return Ended(limit="the machine's memory ran out")  # nobody else ends a first process
        return ended

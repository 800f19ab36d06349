"""A stranger's program is root of the hosts that it is given, and can reach, see, slow down or outlive nothing else.

Three processes of the sandbox's own stand around it. The *warden*, outside, watches what the jail uses. The *first* is
pid 1 of the jail's pid namespace: it lives in another user namespace than those inside, who can neither look into it
nor end it, and with it ends all that is inside. Its child gives everything up - user namespace, capabilities, system
calls, limits - and becomes the program.
"""

from __future__ import annotations

import contextlib
import os
import resource
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import ns, privileges, seccomp
from neighlab.kernel.features import kernel_version
from neighlab.lab import channel, jailroot, warden
from neighlab.lab.commands import BIN
from neighlab.lab.owner import Owner

_OLDEST: Final = (5, 14)
"""Since then RLIMIT_NPROC counts the processes of a user namespace, and not all those of a user."""
_KEPT: Final = (
    privileges.CAP_NET_ADMIN, privileges.CAP_NET_RAW, privileges.CAP_NET_BIND_SERVICE,
    privileges.CAP_SYS_ADMIN,  # setns(2) wants it; in a user namespace that owns hosts alone it opens nothing else
)  # fmt: skip
_NICE: Final = 19
_TICK_MS: Final = 20
_PIPE_PAGES: Final = 256
"""What those inside can make their end of a pipe hold (fs.pipe-max-size, 1 MiB): each read takes a page at least."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program may use; it is ended when it goes beyond (the disk is just full)."""

    time_s: float = 60.0
    processes: int = 64
    memory_bytes: int = 256 << 20
    disk_bytes: int = 16 << 20
    output_bytes: int = 16 << 20
    kept_bytes: int = 64 << 10
    """How much of the output is kept."""
    happenings: int = 50_000
    """Frames and neighbour events that the lab has to write down."""


@dataclass(slots=True)
class Ended:
    """How a program ended: by itself with a status, or because of a limit."""

    status: int | None = None
    limit: str = ""


class Jail:
    """A jail with a program in it; `lab_limit` is asked now and then whether the lab has seen too much of it."""

    def __init__(
        self, argv: Sequence[str], view: jailroot.View, owner: Owner, limits: Limits, *, keeps_running: bool = False
    ) -> None:
        if kernel_version() < _OLDEST:
            raise EnvironmentProblem(f"strangers' programs are confined since Linux {'.'.join(map(str, _OLDEST))}")
        filters = seccomp.program(os.uname().machine)
        self.limits = limits
        self.output = bytearray()
        self.discarded_bytes = 0
        self._channel, theirs = socket.socketpair()
        self._out, out = os.pipe2(os.O_CLOEXEC)
        os.set_blocking(self._out, False)
        self._warden: int | None = os.fork()
        if not self._warden:
            plan = _Plan(theirs, out, argv, view, owner, limits, filters, keeps_running)
            _guarded(theirs, lambda: _be_warden(plan))
        theirs.close()
        os.close(out)
        self._inbox = channel.Inbox(self._channel)
        self._first: int | None = None
        self._messages: list[Any] = []
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
                broken = f"it did not end within {self.limits.time_s:g} s"
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
                    self._first = os.pidfd_open(value)
                case "ended":
                    ended = Ended(status=value)
                case "limit":
                    return Ended(limit=value)
                case "problem":
                    raise EnvironmentProblem(value)
        if gone and ended is None:
            return Ended(limit="the machine's memory ran out")  # nobody else ends a first process
        return ended


def _guarded(end: socket.socket, work: Callable[[], object]) -> NoReturn:
    """Do the work of a process of the jail's machinery, which never returns into its parent's code."""
    status = 70
    try:
        work()
        status = 0
    except (OSError, EnvironmentProblem) as problem:
        with contextlib.suppress(OSError):
            channel.send(end, ("problem", f"cannot confine a program here: {problem}"))
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the jail's own processes know."""

    end: socket.socket
    out: int
    argv: Sequence[str]
    view: jailroot.View
    owner: Owner
    limits: Limits
    filters: bytes
    keeps_running: bool


def _be_warden(plan: _Plan) -> None:
    """Start the jail's first process, and end it when the jail uses too much."""
    _forget_signals()
    ns.unshare(ns.CLONE_NEWPID | ns.CLONE_NEWIPC | ns.CLONE_NEWUTS | ns.CLONE_NEWCGROUP)
    first = os.fork()
    if not first:
        _guarded(plan.end, lambda: _be_first(plan))
    os.close(plan.out)
    channel.send(plan.end, ("first", first))
    broken = warden.watch(first, plan.limits.processes, plan.limits.memory_bytes)
    if broken:
        with contextlib.suppress(OSError):
            channel.send(plan.end, ("limit", broken))
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)


def _be_first(plan: _Plan) -> None:
    """Be pid 1 of the jail: start the program, tell how it ended, and end with all others, unless they may go on."""
    os.setsid()
    ns.unshare(ns.CLONE_NEWNS)
    jailroot.build(plan.view)
    program = os.fork()
    if not program:
        try:
            _become(plan)
        except OSError as problem:
            os.write(plan.out, f"{plan.argv[0]}: {problem}\n".encode())
        finally:
            os._exit(127)
    os.close(plan.out)
    os.closerange(3, plan.end.fileno())
    os.closerange(plan.end.fileno() + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    with contextlib.suppress(ChildProcessError):  # the last one is gone, and nobody is left who could make another
        while True:
            pid, status = os.wait()
            if pid == program:
                channel.send(plan.end, ("ended", os.waitstatus_to_exitcode(status)))
                if not plan.keeps_running:
                    return
    signal.pause()


def _become(plan: _Plan) -> NoReturn:
    """Give everything up and be the program."""
    nothing = os.open("/dev/null", os.O_RDONLY)
    limits = plan.limits
    for fd, target in ((nothing, 0), (plan.out, 1), (plan.out, 2)):
        os.dup2(fd, target)
    os.chdir(jailroot.HOME)
    ns.setns(plan.owner.net_fd, ns.CLONE_NEWNET)
    ns.setns(plan.owner.user_fd, ns.CLONE_NEWUSER)
    with contextlib.suppress(PermissionError):  # an ordinary user's groups cannot be changed
        os.setgroups([])
    os.setresgid(0, 0, 0)
    os.setresuid(0, 0, 0)
    os.closerange(3, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    os.nice(_NICE)
    seconds = int(limits.time_s) + 1
    privileges.limit(
        {
            resource.RLIMIT_AS: 4 * limits.memory_bytes, resource.RLIMIT_CPU: seconds,
            resource.RLIMIT_NPROC: 2 * limits.processes, resource.RLIMIT_NOFILE: 128,
            resource.RLIMIT_FSIZE: limits.disk_bytes, resource.RLIMIT_MEMLOCK: 0, resource.RLIMIT_MSGQUEUE: 0,
            resource.RLIMIT_CORE: privileges.RLIMIT_NOTHING_DUMPED,
        }
    )  # fmt: skip
    privileges.keep_only(_KEPT)
    seccomp.install(plan.filters)
    os.execve(plan.argv[0], list(plan.argv), _environment())


def _environment() -> dict[str, str]:
    here = os.path.dirname(sys.executable)
    system = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {
        "PATH": f"{BIN}:{here}:{system}", "HOME": jailroot.HOME, "TMPDIR": "/tmp", "LANG": "C.UTF-8", "TERM": "dumb",
        "USER": "student", "SHELL": "/bin/sh", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip


def _forget_signals() -> None:
    """React to nothing: a first process without handlers cannot be ended from inside."""
    for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())

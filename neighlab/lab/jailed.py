"""Whoever becomes the program in a jail has given up everything before the first of the program's bytes is read.

The processes of the jail's own: warden, first process, and the one that turns into the program (see lab.jail).
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NoReturn

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import ns, privileges, seccomp
from neighlab.lab import channel, jailroot, warden
from neighlab.lab.commands import BIN
from neighlab.lab.owner import Owner

_KEPT: Final = (
    privileges.CAP_NET_ADMIN, privileges.CAP_NET_RAW, privileges.CAP_NET_BIND_SERVICE,
    privileges.CAP_SYS_ADMIN,  # setns(2) wants it; in a user namespace that owns hosts alone it opens nothing else
)  # fmt: skip
_NICE: Final = 5
"""So much that its lab comes first, and so little that a busy machine does not let it starve."""


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


@dataclass(frozen=True, slots=True)
class Plan:
    """What the jail's own processes know."""

    end: socket.socket
    out: int
    argv: Sequence[str]
    view: jailroot.View
    owner: Owner
    limits: Limits
    filters: bytes
    keeps_running: bool


def guarded(end: socket.socket, work: Callable[[], object]) -> NoReturn:
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


def be_warden(plan: Plan) -> None:
    """Start the jail's first process, and end it when the jail uses too much."""
    _forget_signals()
    ns.unshare(ns.CLONE_NEWPID | ns.CLONE_NEWIPC | ns.CLONE_NEWUTS | ns.CLONE_NEWCGROUP)
    first = os.fork()
    if not first:
        guarded(plan.end, lambda: _be_first(plan))
    os.close(plan.out)
    channel.send(plan.end, ("first", first))
    broken = warden.watch(first, plan.limits.processes, plan.limits.memory_bytes)
    if broken:
        with contextlib.suppress(OSError):
            channel.send(plan.end, ("limit", broken))
    os.kill(first, signal.SIGKILL)
    os.waitpid(first, 0)


def _be_first(plan: Plan) -> None:
    """Be pid 1 of the jail: start the program, tell how it ended, and end with all others, unless they may go on."""
    ns.die_with_parent(signal.SIGKILL)
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


def _become(plan: Plan) -> NoReturn:
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

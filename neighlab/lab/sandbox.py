"""When the first process of a sandbox dies - by anyone's hand, at any moment - the kernel removes everything it made.

A sandbox is a child of the runner in user, mount, network, IPC and pid namespaces of its own. Two processes make
it: the *keeper* leaves the namespaces of the runner, and its child, the *first process* (pid 1 inside), does the
work. Each asks the kernel to be killed when its parent dies, so nobody has to survive in order to clean up.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import ns
from neighlab.lab import enclosure

_MOST_IN_FLIGHT = 250
"""One message carries 253 descriptors at most (SCM_MAX_FD)."""
_REQUESTS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
STOP = signal.SIGUSR1
"""What a keeper dies of when its lab was ended on purpose by somebody else (lab.running.stop)."""


@dataclass(slots=True)
class Sandbox:
    """A running sandbox as its maker sees it: the keeper's pid and the runner's end of the channel."""

    pid: int
    channel: socket.socket
    status: int | None = None
    """The keeper's wait status, once it has been reaped."""

    def kill(self) -> None:
        """End it now, whatever it does; the kernel takes down all that is inside."""
        if self.status is None:
            os.kill(self.pid, signal.SIGKILL)

    def gone(self) -> bool:
        """Has it ended, with all that was inside? Never waits."""
        if self.status is None:
            before = signal.pthread_sigmask(signal.SIG_BLOCK, _REQUESTS)  # who was reaped must be known for it
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
                if not pid:
                    return False
                self.status = status
                self.channel.close()
            finally:
                signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return True

    def stopped(self) -> bool:
        """Was it ended on purpose by somebody else? To be asked when it is gone."""
        return self.status is not None and os.WIFSIGNALED(self.status) and os.WTERMSIG(self.status) == STOP

    def reap(self, patience_s: float = 0.0) -> None:
        """Wait until it is gone; it is killed when it is still there after `patience_s` seconds."""
        if self.gone():
            return
        pidfd = os.pidfd_open(self.pid)
        try:
            ending = select.poll()
            ending.register(pidfd, select.POLLIN)
            if not ending.poll(patience_s * 1000):
                self.kill()
                ending.poll()
        finally:
            os.close(pidfd)
        self.gone()


def spawn(
    work: Callable[[socket.socket], None],
    *,
    interactive: bool = False,
    outlives: bool = False,
    cpu: int | None = None,
) -> Sandbox:
    """Start a sandbox and run `work(channel)` as its first process; return at once.

    `channel` is a connected stream socket to the returned Sandbox's. `interactive` leaves the child in the terminal's
    foreground process group; otherwise it gets a session of its own, so that Ctrl-C reaches the runner only. With
    `outlives` it does not end with its maker, of which it keeps nothing open: its keeper alone holds it. `cpu` binds
    it to one processor: packets between namespaces are queued per processor, and only then do they arrive in the
    order sent. Must be called from the main thread: the kernel's parent-death signal follows the *thread* that forks.
    """
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    runner = os.getpid()
    if signal.getsignal(signal.SIGCHLD) is signal.SIG_IGN:  # then the kernel keeps no status for waitpid(2)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # the terminal's Ctrl-C goes to the child, too, until it has left our process group: it must not see it
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, _REQUESTS)
    pid = os.fork()
    if pid:
        theirs.close()
        box = Sandbox(pid, ours)
        try:
            if os.geteuid() == 0:
                enclosure.map_everybody(pid, ours)
            signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        except BaseException:  # a KeyboardInterrupt that was held back: nobody will know of this box
            box.reap()
            raise
        return box
    status = 70
    try:
        ours.close()
        if outlives:
            _leave_everything(theirs.fileno())
        elif not interactive:
            _leave_the_terminal()
        signal.signal(STOP, signal.SIG_DFL)
        for one in _REQUESTS:
            signal.signal(one, signal.SIG_IGN)  # forgets what is pending
            signal.signal(one, signal.SIG_IGN if interactive else signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
        status = _keep(work, theirs, None if outlives else runner, interactive, cpu)
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


def _keep(
    work: Callable[[socket.socket], None],
    channel: socket.socket,
    runner: int | None,
    interactive: bool,
    cpu: int | None,
) -> int:
    """Be the keeper: make the namespaces, fork the first process, and tell how it ended."""
    if runner is not None:
        ns.die_with_parent(signal.SIGKILL)
        if os.getppid() != runner:
            return 0  # the runner died before the request above was made
    if cpu is not None:
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {cpu})
    try:
        enclosure.enter_namespaces(channel)
    except EnvironmentProblem as problem:
        send_problem(channel, problem)
        return 0
    except ConnectionError:
        return 0  # the runner has given up
    keeper = os.pidfd_open(os.getpid())
    child = os.fork()
    if not child:
        _be_first(work, channel, keeper, interactive)
    channel.close()
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return 128 + os.WTERMSIG(status)
    return os.WEXITSTATUS(status)


def _leave_the_terminal() -> None:
    """Let nobody in here read what is typed, or write between the lines of a report on standard output."""
    os.setsid()
    with contextlib.suppress(OSError):
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)


def _leave_everything(channel: int) -> None:
    """Keep nothing of the maker's but the channel: neither its terminal, nor its files, nor the folder it is in."""
    os.setsid()
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in range(3):
        os.dup2(nothing, fd)
    os.closerange(3, channel)
    os.closerange(channel + 1, os.sysconf("SC_OPEN_MAX"))


def _be_first(
    work: Callable[[socket.socket], None], channel: socket.socket, keeper: int, interactive: bool
) -> NoReturn:
    """Be pid 1 of the sandbox; `keeper` is a pidfd."""
    status = 70
    try:
        ns.die_with_parent(signal.SIGKILL)
        alive = select.poll()
        alive.register(keeper, select.POLLIN)
        if alive.poll(0):
            os._exit(0)  # the keeper died before the request above was made
        os.close(keeper)
        if os.getpid() != 1:
            raise EnvironmentProblem("the sandbox's first process is not pid 1 of its pid namespace")
        if interactive:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        enclosure.private_mounts()
        try:
            work(channel)
            status = 0
        finally:
            if os.getpid() != 1:
                # the story forked and let its child come back here: the report is the parent's alone
                os._exit(0)
    except EnvironmentProblem as problem:
        send_problem(channel, problem)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        _leave_packet_sockets()
        os._exit(status)
    raise AssertionError(keeper)  # not reached


def _leave_packet_sockets() -> None:
    """Let the kernel close this process's packet sockets in its own time.

    Closing one waits for an RCU grace period (packet_release), some ten milliseconds in which this process could not
    be reaped. In a message that only a socket in the same message could receive they are out of everybody's reach,
    and the kernel's collector of such sockets closes them (unix_gc).
    """
    with contextlib.suppress(OSError):
        sender, receiver = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        packet = [fd for fd in map(int, os.listdir("/proc/self/fd")) if _family_of(fd) == socket.AF_PACKET]
        socket.send_fds(sender, [b"."], [receiver.fileno(), *packet[:_MOST_IN_FLIGHT]])


def _family_of(fd: int) -> int | None:
    try:
        found = socket.socket(fileno=fd)
    except OSError:
        return None  # it is no socket
    found.detach()
    return found.family


def send_problem(channel: socket.socket, problem: EnvironmentProblem) -> None:
    """Tell the runner in one message that this machine cannot hold a sandbox."""
    from neighlab.lab.channel import send

    with contextlib.suppress(OSError):
        send(channel, ("environment", str(problem)))

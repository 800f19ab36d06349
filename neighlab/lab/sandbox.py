"""When the first process of a sandbox dies - by anyone's hand, at any moment - the kernel removes everything it made.

A sandbox is a child of the runner in user, mount, network, IPC and pid namespaces of its own. Two processes make
it: the *keeper* leaves the namespaces of the runner, and its child, the *first process* (pid 1 inside), does the
work. Each asks the kernel to be killed when its parent dies, so nobody has to survive in order to clean up.
"""

from __future__ import annotations

import contextlib
import errno
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

_BASE = ns.CLONE_NEWNS | ns.CLONE_NEWNET | ns.CLONE_NEWPID | ns.CLONE_NEWIPC
PRIVATE_TMP = "/run/tmp"
_READ_ONLY = ns.MS_REMOUNT | ns.MS_BIND | ns.MS_RDONLY | ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC
_LEFT, _STAYED = b"L", b"S"
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
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if not pid:
                return False
            self.status = status
            self.channel.close()
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
    # the terminal's Ctrl-C goes to the child, too, until it has left our process group: it must not see it
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, _REQUESTS)
    pid = os.fork()
    if pid:
        theirs.close()
        box = Sandbox(pid, ours)
        try:
            if os.geteuid() == 0:
                _map_everybody(pid, ours)
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


def _map_everybody(keeper: int, channel: socket.socket) -> None:
    """As root, give the sandbox an identity map of all users, so that their files stay readable inside.

    Only somebody with CAP_SETUID outside may write more than one line of a uid_map (user_namespaces(7)), so the
    runner does it, between the keeper's leaving and its going on. A root that may not (in a container) maps itself
    alone.
    """
    with contextlib.suppress(OSError):  # a keeper that is killed meanwhile is found dead by gone()
        if channel.recv(1) == _LEFT:
            _write_maps(keeper)
            channel.send(_LEFT)


def _write_maps(keeper: int) -> None:
    for kind, identifier in (("uid", os.geteuid()), ("gid", os.getegid())):
        try:
            with open(f"/proc/self/{kind}_map") as own:
                everybody = "".join(f"{inside} {inside} {count}\n" for inside, _, count in map(str.split, own))
            _write(f"/proc/{keeper}/{kind}_map", everybody)
        except OSError:
            with contextlib.suppress(OSError):
                _write(f"/proc/{keeper}/setgroups", "deny")
            with contextlib.suppress(OSError):
                _write(f"/proc/{keeper}/{kind}_map", f"0 {identifier} 1")


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
        enter_namespaces(channel)
    except EnvironmentProblem as problem:
        send_problem(channel, problem)
        return 0
    except ConnectionError:
        return 0  # the runner has given up
    keeper = os.getpid()
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
    """Be pid 1 of the sandbox."""
    status = 70
    try:
        ns.die_with_parent(signal.SIGKILL)
        if os.getpid() != 1:
            raise EnvironmentProblem("the sandbox's first process is not pid 1 of its pid namespace")
        if interactive:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        private_mounts()
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


def enter_namespaces(channel: socket.socket) -> None:
    """Leave for new namespaces; root whose machine forbids user namespaces does without one."""
    uid, gid = os.geteuid(), os.getegid()
    try:
        ns.unshare(_BASE | ns.CLONE_NEWUSER)
    except OSError as problem:
        if uid != 0:
            raise EnvironmentProblem(_forbidden(problem)) from None
        channel.send(_STAYED)
        try:
            ns.unshare(_BASE)
        except OSError as second:
            if second.errno == errno.ENOSPC:
                raise EnvironmentProblem(_forbidden(second)) from None
            raise EnvironmentProblem(
                f"even root may not make namespaces here: {second.strerror}; a container needs --privileged for labs"
            ) from None
        return
    if uid == 0:
        channel.send(_LEFT)
        channel.recv(1)
        return
    try:
        _write("/proc/self/setgroups", "deny")
        _write("/proc/self/uid_map", f"0 {uid} 1")
        _write("/proc/self/gid_map", f"0 {gid} 1")
    except OSError as problem:
        raise EnvironmentProblem(_forbidden(problem)) from None


def private_mounts() -> None:
    """Give the sandbox its own /proc, /run, /sys and temporary directory, and no way to the machine's settings."""
    try:
        ns.mount("none", "/", None, ns.MS_REC | ns.MS_PRIVATE)
        ns.mount("tmpfs", "/run", "tmpfs", ns.MS_NOSUID | ns.MS_NODEV, "mode=755")
        ns.mount("proc", "/proc", "proc", ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC)
        protect_settings()
    except OSError as problem:
        raise EnvironmentProblem(
            f"cannot mount {problem.filename} inside a user namespace: {problem.strerror}; "
            "containers mask parts of /proc: run outside, or with --privileged"
        ) from None
    with contextlib.suppress(OSError):
        ns.mount("sysfs", "/sys", "sysfs", ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC | ns.MS_RDONLY)
    os.mkdir("/run/netns")
    os.mkdir(PRIVATE_TMP)
    os.environ["TMPDIR"] = PRIVATE_TMP
    import tempfile

    tempfile.tempdir = PRIVATE_TMP


def protect_settings() -> None:
    """Make /proc/sys read-only except net/, which shows the namespace of whoever opens it: a lab has its own.

    But one switch below net/netfilter (nf_hooks_lwtunnel) is the whole machine's, whoever turns it.
    """
    top, net = "/proc/sys", "/proc/sys/net"
    for path in (top, net):
        ns.mount(path, path, None, ns.MS_BIND)
    ns.mount("none", top, None, _READ_ONLY)
    protect_netfilter()


def protect_netfilter() -> None:
    """Make net/netfilter read-only for this network namespace: each has a directory of its own behind that name."""
    netfilter = "/proc/sys/net/netfilter"
    if os.path.isdir(netfilter):
        ns.mount(netfilter, netfilter, None, ns.MS_BIND)
        ns.mount("none", netfilter, None, _READ_ONLY)


def _write(path: str, text: str) -> None:
    fd = os.open(path, os.O_WRONLY)
    try:
        os.write(fd, text.encode())
    finally:
        os.close(fd)


def _forbidden(problem: OSError) -> str:
    """Name the setting that forbids user namespaces, and the command that would change it."""
    for path, bad, command in (
        ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1"),
        (
            "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
            "1",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
        ("/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=10000"),
    ):
        try:
            with open(path) as file:
                if file.read().strip() == bad:
                    name = path.removeprefix("/proc/sys/").replace("/", ".")
                    return (
                        f"this machine forbids user namespaces ({name}={bad}): run as root, or let root do `{command}`"
                    )
        except OSError:
            continue
    if problem.errno == errno.ENOSPC:
        return "no more namespaces may be made (user.max_*_namespaces): end some, or raise that limit"
    return f"this machine forbids user namespaces ({problem.strerror}): run as root, or outside the container"

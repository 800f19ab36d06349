"""A command in a running lab is one of the lab's own processes: it sees what a host sees, and ends with the lab.

Who enters is a child of the caller, which itself stays where it is. Two forks are needed: a process that joins a pid
namespace is not in it, only its children are.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NoReturn

from neighlab.errors import EnvironmentProblem, NeighlabError, ScenarioError
from neighlab.kernel import ns
from neighlab.lab import problems, running
from neighlab.lab.programs import package_of, with_sbin
from neighlab.lab.running import Running
from neighlab.lab.sandbox import PRIVATE_TMP

INSIDE: Final = ns.CLONE_NEWNS | ns.CLONE_NEWPID | ns.CLONE_NEWNET | ns.CLONE_NEWIPC
_SIGNALLED: Final = 128
_ORPHANED: Final = signal.SIGUSR1
"""What who stands between a caller and a command is sent when the caller has died."""
_HEARD: Final = {signal.SIGCHLD, signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, _ORPHANED}


class CannotRun(NeighlabError):
    """A command cannot be executed; the exit code is the one that shells have for it."""

    def __init__(self, text: str, exit_code: int) -> None:
        super().__init__(text)
        self.exit_code = exit_code


def join(lab: Running, pidfd: int, kinds: int) -> None:
    """Move this process for good into the lab's user namespace and those of `kinds` (CLONE_NEW*).

    To be called in a child that the caller can do without. Raises EnvironmentProblem where it may not.
    """
    if ns.has_own_user(lab.pid):
        kinds |= ns.CLONE_NEWUSER
    try:
        ns.setns(pidfd, kinds)
    except OSError as problem:
        raise EnvironmentProblem(f"cannot enter {lab.name}: {problem.strerror}") from None


def may_enter(lab: Running) -> None:
    """Refuse to enter somebody else's lab: its owner could take over whatever root runs in there."""
    if lab.uid != os.geteuid():
        import pwd

        with contextlib.suppress(KeyError):
            owner = pwd.getpwuid(lab.uid).pw_name
            raise ScenarioError(f"{lab.name} is {owner}'s: only {owner} can enter it (sudo -u {owner} neighlab ...)")
        raise ScenarioError(f"{lab.name} belongs to the user {lab.uid}, who alone can enter it")


def execute(
    lab: Running,
    node: str,
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    before: Callable[[], object] | None = None,
) -> int:
    """Run a command on a node of a running lab, with this process's terminal, and return its exit code (128 + N when
    signal N ended it).

    `node` is a host, a bridge or nothing (the lab's own namespace); `env` is added to the environment; `before` is
    called in there first. CannotRun if there is no such program. What the command leaves in the background lives on
    in the lab.
    """
    lab.net(node)

    def between(pidfd: int, tell: int) -> int:
        return _be_between(lab, pidfd, node, list(argv), dict(env or {}), before, tell)

    return _in_a_child(lab, between)


def call(lab: Running, work: Callable[[int], int]) -> int:
    """Call `work(pidfd)` in a child that is root of a running lab's namespaces, and return the exit code it returns.

    The child sees the machine's files and processes, and is in the lab's own network namespace: sockets that it opens
    there outlive the lab. `pidfd` becomes readable when the lab ends. Ctrl-C is a KeyboardInterrupt in the child, and
    the exit code 130; SIGTERM and SIGHUP end it by SystemExit, as the caller's death does. NeighlabErrors are raised
    here.
    """

    def within(pidfd: int, tell: int) -> int:
        caller = os.getppid()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for one in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(one, _leave)
        join(lab, pidfd, ns.CLONE_NEWNET)
        ns.die_with_parent(signal.SIGTERM)
        if os.getppid() != caller:
            return _SIGNALLED + signal.SIGTERM
        code = work(pidfd)
        sys.stdout.flush()
        return code

    return _in_a_child(lab, within)


def _leave(number: int, _frame: object) -> NoReturn:
    raise SystemExit(_SIGNALLED + number)


def _in_a_child(lab: Running, work: Callable[[int, int], int]) -> int:
    """Call `work(pidfd, tell)` in a child of this process; its problems travel through the pipe `tell`."""
    may_enter(lab)
    told, tell = os.pipe()
    sys.stdout.flush()
    sys.stderr.flush()
    with running.held(lab) as pidfd, _terminal_comes_back(), _signals_wait() as before:
        child = os.fork()
        if not child:
            os.close(told)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            _be_the_child(work, pidfd, tell)
        os.close(tell)
        status = _mind(child)
        with os.fdopen(told, "rb") as pipe:
            said = pipe.read()
    if said:
        kind, text, code = json.loads(said)
        raise problems.KINDS[kind](text) if kind in problems.KINDS else CannotRun(text, code)
    return status


@contextlib.contextmanager
def _signals_wait() -> Iterator[set[signal.Signals | int]]:
    """Let the signals that _mind() hears wait for it; gives the mask of before."""
    handler = signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who starts us may ignore it, and then it never comes
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _HEARD)
    try:
        yield before
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        signal.signal(signal.SIGCHLD, handler)


def _mind(child: int) -> int:
    """Wait for a child, whose exit code is returned, and hand it the signals that somebody sends to us instead.

    What the terminal sends (Ctrl-C) goes to the child, too: it is not handed on.
    """
    while True:
        heard = signal.sigwaitinfo(_HEARD)
        if heard.si_signo == signal.SIGCHLD:
            pid, status = os.waitpid(child, os.WNOHANG)
            if pid:  # else it has only been suspended
                return _exit_code(status)
        elif heard.si_code <= 0:  # SI_USER and its like; SI_KERNEL is positive
            os.kill(child, signal.SIGKILL if heard.si_signo == _ORPHANED else heard.si_signo)


def _be_the_child(work: Callable[[int, int], int], pidfd: int, tell: int) -> NoReturn:
    status = 1
    try:
        status = work(pidfd, tell)
    except KeyboardInterrupt:
        status = _SIGNALLED + signal.SIGINT
    except BrokenPipeError:  # who was told has seen enough
        status = _SIGNALLED + signal.SIGPIPE
    except SystemExit as leaving:
        status = leaving.code if isinstance(leaving.code, int) else 1
    except Exception as problem:
        _tell(tell, *problems.packed(problem))
    finally:
        os._exit(status)


def _exit_code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else _SIGNALLED - code


@contextlib.contextmanager
def _terminal_comes_back() -> Iterator[None]:
    """A shell in there that took the terminal for itself gives it back."""
    ours = _has_the_terminal()
    try:
        yield
    finally:
        if ours and not _has_the_terminal():
            held_back = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            with contextlib.suppress(OSError):
                os.tcsetpgrp(0, os.getpgrp())
            signal.signal(signal.SIGTTOU, held_back)


def _has_the_terminal() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False  # standard input is no terminal, or not ours


def _be_between(
    lab: Running,
    pidfd: int,
    node: str,
    argv: list[str],
    env: dict[str, str],
    before: Callable[[], object] | None,
    tell: int,
) -> int:
    """Be the child outside of the lab's pid namespace: enter the others, fork the command, tell how it ended.

    The command is waited for also when the caller has died: a pid namespace cannot end before all that were in it have
    been reaped, and who inherits orphans out here need not care.
    """
    caller = os.getppid()
    folder = _folder()
    join(lab, pidfd, INSIDE)
    with _signals_wait() as before_all:
        command = os.fork()
        if not command:
            signal.pthread_sigmask(signal.SIG_SETMASK, before_all)
            _be_the_command(lab, node, argv, env, before, folder, tell)
        os.close(tell)
        ns.die_with_parent(_ORPHANED)
        if os.getppid() != caller:
            os.kill(command, signal.SIGKILL)
        return _mind(command)


def _be_the_command(
    lab: Running,
    node: str,
    argv: list[str],
    env: dict[str, str],
    before: Callable[[], object] | None,
    folder: str,
    tell: int,
) -> NoReturn:
    """Be inside, as a host's program is: in its network namespace, with a /sys that shows it."""
    try:
        ns.die_with_parent(signal.SIGKILL)
        if os.getppid():  # its parent is not in this pid namespace: who has one here has lost it
            os._exit(1)
        for one in (signal.SIGINT, signal.SIGPIPE):  # the two that Python sets otherwise
            signal.signal(one, signal.SIG_DFL)
        if before is not None:
            before()
        if node in lab.hosts:
            fd = os.open(f"/run/netns/{node}", os.O_RDONLY | os.O_CLOEXEC)
            ns.setns(fd, ns.CLONE_NEWNET)
            ns.unshare(ns.CLONE_NEWNS)
            with contextlib.suppress(OSError):
                ns.mount("sysfs", "/sys", "sysfs", ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC)
        with contextlib.suppress(OSError):  # below /run, which is the lab's own here
            os.chdir(folder)
        _execute(node or lab.name, argv, {**with_sbin(os.environ), "TMPDIR": PRIVATE_TMP, **env})
    except CannotRun as problem:
        _tell(tell, "cannot run", str(problem), problem.exit_code)
    except Exception as problem:
        _tell(tell, *problems.packed(problem))
    finally:
        os._exit(127)


def _execute(where: str, argv: list[str], env: dict[str, str]) -> NoReturn:
    try:
        os.execvpe(argv[0], argv, env)
    except FileNotFoundError:
        text = f"{where}: there is no program {argv[0]!r} on this machine{package_of(argv[0])}"
        raise CannotRun(text, 127) from None
    except OSError as problem:
        raise CannotRun(f"{where}: {argv[0]!r} cannot be executed: {problem.strerror}", 126) from None


def _tell(pipe: int, kind: str, text: str, code: int = 0) -> None:
    with contextlib.suppress(OSError):
        os.write(pipe, json.dumps((kind, text, code)).encode())


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "/"

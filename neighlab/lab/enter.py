"""A command in a running lab is one of the lab's own processes: it sees what a host sees, and ends with the lab.

Who enters is a child of the caller, which itself stays where it is. Two forks are needed: a process that joins a pid
namespace is not in it, only its children are.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Final, NoReturn

from neighlab.errors import EnvironmentProblem, ScenarioError
from neighlab.kernel import ns
from neighlab.lab import commands, problems, running
from neighlab.lab.enclosure import PRIVATE_TMP
from neighlab.lab.minded import ORPHANED, SIGNALLED, CannotRun, in_a_child, mind, signals_wait, tell_problem
from neighlab.lab.programs import package_of
from neighlab.lab.running import Running

INSIDE: Final = ns.CLONE_NEWNS | ns.CLONE_NEWPID | ns.CLONE_NEWNET | ns.CLONE_NEWIPC
_ENDS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


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
    may_enter(lab)
    lab.net(node)
    with running.held(lab) as pidfd:
        return in_a_child(lambda tell: _be_between(lab, pidfd, node, list(argv), dict(env or {}), before, tell))


def call(lab: Running, work: Callable[[int], int]) -> int:
    """Call `work(pidfd)` in a child that is root of a running lab's namespaces, and return the exit code it returns.

    The child sees the machine's files and processes, and is in the lab's own network namespace: sockets that it opens
    there outlive the lab. `pidfd` becomes readable when the lab ends. Ctrl-C is a KeyboardInterrupt in the child, and
    the exit code 130; SIGTERM and SIGHUP end it by SystemExit, as the caller's death does. NeighlabErrors are raised
    here.
    """

    def within(pidfd: int) -> int:
        caller = os.getppid()
        for one in _ENDS:
            signal.signal(one, _leave)
        join(lab, pidfd, ns.CLONE_NEWNET)
        ns.die_with_parent(signal.SIGTERM)
        if os.getppid() != caller:
            return SIGNALLED + signal.SIGTERM
        code = work(pidfd)
        sys.stdout.flush()
        return code

    may_enter(lab)
    with running.held(lab) as pidfd:
        return in_a_child(lambda _tell: within(pidfd))


def _leave(number: int, _frame: object) -> NoReturn:
    for one in _ENDS:  # some send theirs to us, and to our group as well
        signal.signal(one, signal.SIG_IGN)
    if number == signal.SIGINT:
        raise KeyboardInterrupt
    raise SystemExit(SIGNALLED + number)


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
    with signals_wait() as before_all:
        command = os.fork()
        if not command:
            signal.pthread_sigmask(signal.SIG_SETMASK, before_all)
            _be_the_command(lab, node, argv, env, before, folder, tell)
        os.close(tell)
        ns.die_with_parent(ORPHANED)
        if os.getppid() != caller:
            os.kill(command, signal.SIGKILL)
        return mind(command)


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
        commands.add_programs()
        _execute(node or lab.name, argv, {**commands.environment(os.environ), "TMPDIR": PRIVATE_TMP, **env})
    except CannotRun as problem:
        tell_problem(tell, "cannot run", str(problem), problem.exit_code)
    except Exception as problem:
        tell_problem(tell, *problems.packed(problem))
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


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "/"

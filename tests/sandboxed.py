"""The body of a kernel test is the work of a sandbox, and its failure is the test's."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
import select
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from neighlab.kernel import ns
from neighlab.lab import channel, sandbox

PR_SET_CHILD_SUBREAPER = 36
PATIENCE_S = 120.0


def inside(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call `work` as the first process of a sandbox and return what it returns (as JSON has it)."""

    def report(end: socket.socket) -> None:
        try:
            answer = ["returned", work(*args, **kwargs)]
        except pytest.skip.Exception as reason:
            answer = ["skipped", str(reason)]
        except BaseException:
            answer = ["raised", traceback.format_exc()]
        channel.send(end, answer)

    box = sandbox.spawn(report, cpu=min(os.sched_getaffinity(0)))
    try:
        poll = select.poll()
        poll.register(box.channel, select.POLLIN)
        if not poll.poll(PATIENCE_S * 1000):
            pytest.fail(f"nothing was heard of the sandbox for {PATIENCE_S:.0f} s")
        try:
            kind, value = channel.receive(box.channel)
        except EOFError:
            pytest.fail("the sandbox ended without a word")
    finally:
        box.reap(5)
    if kind == "environment":
        pytest.skip(value)
    if kind == "skipped":
        pytest.skip(value)
    if kind == "raised":
        pytest.fail(value, pytrace=False)
    return value


def sandboxed(test: Callable[..., Any]) -> Callable[..., None]:
    """Run a test inside a sandbox; fixtures are made outside."""

    @functools.wraps(test)
    def outside(*args: Any, **kwargs: Any) -> None:
        inside(test, *args, **kwargs)

    return outside


def in_user_namespace(work: Callable[[], object], *, uid: int = 0) -> None:
    """Call `work` in a process that is user `uid` of a new user namespace and has nothing else of its own."""
    outer, gid, status = os.geteuid(), os.getegid(), 1
    pid = os.fork()
    if not pid:
        try:
            ns.unshare(ns.CLONE_NEWUSER)
            maps = {"setgroups": "deny", "uid_map": f"{uid} {outer} 1", "gid_map": f"{uid} {gid} 1"}
            for name, text in maps.items():
                Path(f"/proc/self/{name}").write_text(text)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    assert os.waitpid(pid, 0)[1] == 0


def adopt_orphans() -> None:
    """Become the parent of all that our children leave behind, so that none of it escapes descendants()."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(pid: int) -> list[int]:
    """The children of all threads of a process, zombies included."""
    found: list[int] = []
    with contextlib.suppress(OSError):  # it has ended, or one of its threads has
        for task in os.listdir(f"/proc/{pid}/task"):
            found += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
    return found


def descendants(pid: int) -> Iterator[int]:
    for child in children(pid):
        yield child
        yield from descendants(child)


def ended(pid: int) -> bool:
    """Is a process gone, or a zombie?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def reap_orphans() -> None:
    """Take leave of adopted processes that have ended."""
    for pid in filter(ended, children(os.getpid())):
        try:
            os.waitpid(pid, os.WNOHANG)
        except OSError:
            continue


def wait_until(what: Callable[[], Any], *, within_s: float = 30.0) -> Any:
    """Ask until the answer is true; return the last one."""
    deadline = time.monotonic() + within_s
    idle = select.poll()
    while not (answer := what()) and time.monotonic() < deadline:
        idle.poll(5)
    return answer

"""The command line as another terminal has it, and labs that it leaves in the background for a test."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from sandboxed import in_user_namespace

from neighlab.kernel import ns

COMMAND = (sys.executable, "-c", "from neighlab.cli import main; main()")


def neighlab(*args: str, said: str = "", **how: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; `said` is what it can read."""
    return subprocess.run([*COMMAND, *args], input=said, capture_output=True, text=True, timeout=180, **how)


def ask(*args: str, code: int = 0, **how: Any) -> str:
    """Run a command that must end with `code`; what it prints, or what it complains of."""
    done = neighlab(*args, **how)
    assert done.returncode == code, done
    return done.stderr if code else done.stdout


@contextlib.contextmanager
def background(*args: str) -> Iterator[str]:
    """A lab in the background, by its name; ended in the end if it has not been before."""
    name = ask("shell", "--detach", *args).strip()
    try:
        yield name
    finally:
        if name in listed():
            ask("stop", name)


def listed() -> dict[str, dict[str, Any]]:
    """What `neighlab ps` knows, by name."""
    return {lab["lab"]: lab for lab in json.loads(ask("ps", "--format", "json"))["labs"]}


def alone(test: Callable[[], None]) -> Callable[[], None]:
    """Run a test where no process of the machine is to be seen: labs of others are none of its."""

    def there() -> None:
        ns.unshare(ns.CLONE_NEWPID | ns.CLONE_NEWNS)
        pid = os.fork()
        if pid:
            assert os.waitpid(pid, 0)[1] == 0
            return
        status = 1
        try:
            ns.mount("none", "/", None, ns.MS_REC | ns.MS_PRIVATE)
            ns.mount("proc", "/proc", "proc", ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC)
            test()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)

    @functools.wraps(test)
    def outside() -> None:
        in_user_namespace(there)

    return outside

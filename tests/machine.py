"""A run that leaks leaves a trace outside its sandbox: two snapshots of the machine differ."""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

MARK = "NEIGHLAB_TEST_RUN"
_ROOT = Path(__file__).resolve().parent.parent


def mark() -> None:
    """Write a name of our own into the environment: whoever carries it was started by this process."""
    os.environ[MARK] = f"{os.getpid()}-{time.time_ns()}"


def snapshot() -> dict[str, set[str]]:
    """Describe what a case could leave behind, as sets of names that must not change."""
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    return {
        "processes": set(marked_processes()),
        "namespaces": names("/run/netns") | {line.split()[4] for line in mounts if " - nsfs " in line},
        "links": {ifname for _, ifname in socket.if_nameindex()},
        "files": {name for place in ("/run", "/tmp") for name in names(place) if "neighlab" in name},
        "knobs": {f"{knob}={value}" for knob, value in host_knobs()},
    }


def marked_processes() -> Iterator[str]:
    mark = f"{MARK}={os.environ.get(MARK)}".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if int(process.name) != os.getpid() and mark in (process / "environ").read_bytes().split(b"\0"):
                command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
                yield f"{process.name} ({command})"


def host_knobs() -> Iterator[tuple[str, str]]:
    for family in ("ipv4", "ipv6"):
        for kind in ("neigh", "conf"):
            for knob in sorted(Path(f"/proc/sys/net/{family}/{kind}/default").glob("*")):
                with contextlib.suppress(OSError):  # stable_secret cannot be read before it is set
                    yield str(knob.relative_to("/proc/sys")), knob.read_text().strip()


def names(directory: str) -> set[str]:
    try:
        return set(os.listdir(directory))
    except OSError:
        return set()


@contextlib.contextmanager
def turn(*, alone: bool) -> Iterator[None]:
    """Let tests run beside each other, in whatever processes, but one that wants to be alone alone.

    Two files of the checkout are the locks. All pass the first on their way to the second: who waits to be alone stands
    in it, and those who come later behind him.
    """
    with (_ROOT / "setup.cfg").open() as turnstile, (_ROOT / "pyproject.toml").open() as room:
        fcntl.flock(turnstile, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        fcntl.flock(turnstile, fcntl.LOCK_UN)
        try:
            yield
        finally:
            fcntl.flock(room, fcntl.LOCK_UN)  # children may have copies of it


@contextlib.contextmanager
def busy(number: int) -> Iterator[None]:
    """Keep `number` processes computing; each ends on its own should this one be killed."""
    spin = f"import os\nwhile os.getppid() == {os.getpid()}: pass"
    spinning = [subprocess.Popen([sys.executable, "-I", "-c", spin]) for _ in range(number)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
        for process in spinning:
            process.wait()

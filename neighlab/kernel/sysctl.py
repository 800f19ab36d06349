"""A sysctl under net/ is read and written in the network namespace of the thread that opens it."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

from neighlab.errors import EnvironmentProblem, ScenarioError, Unsupported
from neighlab.kernel.ns import NetNS

_ROOT = "/proc/sys/net/"


def write_here(values: Mapping[str, object]) -> list[str]:
    """Write sysctls (path below net/, e.g. `ipv4/conf/all/arp_ignore`) in the namespace this thread is in.

    Returns the paths that this kernel does not have. A refused value is a ScenarioError, a read-only /proc/sys an
    EnvironmentProblem.
    """
    lacking: list[str] = []
    for path, value in values.items():
        try:
            fd = os.open(_ROOT + path, os.O_WRONLY | os.O_CLOEXEC)
        except OSError as problem:
            if problem.errno == errno.ENOENT:
                lacking.append(path)
                continue
            raise _refused(path, problem) from None
        try:
            os.write(fd, b"%d" % value if isinstance(value, int) else str(value).encode())
        except OSError as problem:
            if problem.errno == errno.EINVAL:
                raise ScenarioError(f"net.{path.replace('/', '.')}: the kernel refuses the value {value}") from None
            raise _refused(path, problem) from None
        finally:
            os.close(fd)
    return lacking


def read_here(path: str) -> str:
    """Read one sysctl below net/ in the namespace this thread is in."""
    try:
        with open(_ROOT + path, "rb", buffering=0) as file:
            return file.read(4096).decode().strip()
    except FileNotFoundError:
        if _hidden(path):
            raise Unsupported("this kernel hides neigh/ from user namespaces, as all did before Linux 6.0") from None
        raise ScenarioError(f"net.{path.replace('/', '.')}: this kernel has no such setting here") from None
    except OSError as problem:
        raise _refused(path, problem) from None


def _hidden(path: str) -> bool:
    """Whether a neighbour parameter's file is missing for no other reason than that all of this device's are."""
    family, _, rest = path.partition("/neigh/")
    dev = rest.partition("/")[0]
    if not dev or not os.path.isdir(_ROOT + f"{family}/conf/{dev}"):
        return False
    files = _ROOT + f"{family}/neigh/{dev}"
    return not (os.path.isdir(files) and os.listdir(files))


def read(ns: NetNS, path: str) -> str:
    """Read one sysctl below net/ of a namespace."""
    with ns.entered():
        return read_here(path)


def write(ns: NetNS, values: Mapping[str, object]) -> list[str]:
    """Write sysctls below net/ of a namespace; as write_here."""
    with ns.entered():
        return write_here(values)


def _refused(path: str, problem: OSError) -> EnvironmentProblem:
    return EnvironmentProblem(
        f"cannot write net.{path.replace('/', '.')}: {problem.strerror}; labs need a writable /proc/sys/net in "
        "their own namespaces (containers often mount /proc/sys read-only: run outside, or with --privileged)"
    )

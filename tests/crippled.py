"""A machine that cannot hold a sandbox can be played by one that can."""

from __future__ import annotations

import subprocess
import sys

import pytest

_NO_USER_NAMESPACES = """
import ctypes, os, sys
uid, gid = os.geteuid(), os.getegid()
if ctypes.CDLL(None).unshare(0x10000000):  # CLONE_NEWUSER
    sys.exit(77)
for name, text in (("self/setgroups", "deny"), ("self/uid_map", f"1000 {uid} 1"), ("self/gid_map", f"1000 {gid} 1"),
                   ("sys/user/max_user_namespaces", "0")):
    with open(f"/proc/{name}", "w") as file:
        file.write(text)
os.execv(sys.argv[1], sys.argv[1:])
"""
_READ_ONLY = 'mount --bind -o ro /proc/sys /proc/sys && exec "$@"'


def without_user_namespaces() -> list[str]:
    """The beginning of a command whose rest runs as an ordinary user who may make no user namespace."""
    return _usable([sys.executable, "-c", _NO_USER_NAMESPACES])


def read_only_settings() -> list[str]:
    """The beginning of a command whose rest sees a /proc/sys that cannot be written, as in a container."""
    return _usable(["unshare", "-rm", "sh", "-c", _READ_ONLY, "sh"])


def _usable(through: list[str]) -> list[str]:
    if subprocess.run([*through, "/bin/true"], capture_output=True).returncode:
        pytest.skip("there is no namespace to be had in which to take something away")
    return through

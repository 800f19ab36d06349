"""A sandbox has users, mounts, networks, processes and IPC of its own, and of the machine it can change nothing.

Who is root outside gives it everybody's identity; who is not is root inside and nobody else. What has no namespace of
its own, as most of /proc/sys, can only be read.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import mounts, ns

PRIVATE_TMP = "/run/tmp"

_BASE = ns.CLONE_NEWNS | ns.CLONE_NEWNET | ns.CLONE_NEWPID | ns.CLONE_NEWIPC
_LEFT, _STAYED = b"L", b"S"
_SETTINGS, _NET_SETTINGS = "/proc/sys", "/proc/sys/net"
_NETFILTER = "/proc/sys/net/netfilter"
_LWTUNNEL = f"{_NETFILTER}/nf_hooks_lwtunnel"


def enter_namespaces(channel: socket.socket) -> None:
    """Leave for new namespaces; root whose machine forbids user namespaces does without one.

    The user namespace comes first, and is mapped: a network namespace may have to wait for others that are being
    taken down (RTNL), and the runner, which does the mapping, must not wait with it.
    """
    uid, gid = os.geteuid(), os.getegid()
    try:
        ns.unshare(ns.CLONE_NEWUSER)
    except OSError as problem:
        if uid != 0:
            raise EnvironmentProblem(_forbidden(problem)) from None
        channel.send(_STAYED)
        _leave_as_root()
        return
    if uid == 0:
        channel.send(_LEFT)
        if not channel.recv(1):
            raise ConnectionAbortedError("the runner ended before it gave the sandbox its users")
    try:
        if uid != 0:
            _write("/proc/self/setgroups", "deny")
            _write("/proc/self/uid_map", f"0 {uid} 1")
            _write("/proc/self/gid_map", f"0 {gid} 1")
        ns.unshare(_BASE)
    except OSError as problem:
        raise EnvironmentProblem(_forbidden(problem)) from None


def _leave_as_root() -> None:
    try:
        ns.unshare(_BASE)
    except OSError as problem:
        if problem.errno == errno.ENOSPC:
            raise EnvironmentProblem(_forbidden(problem)) from None
        raise EnvironmentProblem(
            f"even root may not make namespaces here: {problem.strerror}; a container needs --privileged for labs"
        ) from None


def map_everybody(keeper: int, channel: socket.socket) -> None:
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
    """Make /proc/sys read-only except net/, which shows the namespace of whoever opens it: a lab has its own."""
    for path in (_SETTINGS, _NET_SETTINGS):  # both before the first is read-only: the second would be so, too
        ns.mount(path, path, None, ns.MS_BIND)
    mounts.read_only(_SETTINGS)
    protect_netfilter()


def protect_netfilter() -> None:
    """Make net/netfilter read-only for this network namespace: each has a directory of its own behind that name."""
    if os.path.isdir(_NETFILTER):
        ns.mount(_NETFILTER, _NETFILTER, None, ns.MS_BIND)
        mounts.read_only(_NETFILTER)


def protect_machine() -> None:
    """Make the one setting below net/ read-only for this network namespace that is the whole machine's, whoever makes
    it, and that nobody takes back before the next boot (nf_hooks_lwtunnel).
    """
    with contextlib.suppress(FileNotFoundError):  # this kernel does not have it
        ns.mount(_LWTUNNEL, _LWTUNNEL, None, ns.MS_BIND)
        mounts.read_only(_LWTUNNEL)


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

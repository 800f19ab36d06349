"""What this kernel can do is asked of the kernel, and its version only where there is nothing to ask."""

from __future__ import annotations

import errno
import functools
import os
import re
import socket
import struct
from collections.abc import Callable
from typing import Final

from neighlab.kernel import links, nlattr
from neighlab.kernel.netlink import NetlinkError, Route

_RTM_NEWQDISC, _TCA_KIND, _TC_H_ROOT = 36, 1, 0xFFFF_FFFF
_NETLINK_GENERIC, _GENL_ID_CTRL, _CTRL_CMD_GETFAMILY, _CTRL_ATTR_FAMILY_NAME = 16, 16, 3, 2
_UNKNOWN: Final = (errno.EOPNOTSUPP, errno.ENOENT)
"""What rtnetlink and generic netlink say of a name that nobody has registered; anything else is a complaint about how
it was asked for."""


@functools.cache
def kernel_release() -> str:
    """The running kernel's release as a person writes it: `6.18.44`, without the build's name."""
    names = os.uname()
    return released(names.release, names.version)


def released(release: str, build: str) -> str:
    """The upstream version behind what `uname -r` and `uname -v` say.

    Debian's 6.1.0-56-amd64 is no 6.1.0: its build names the version (`... Debian 6.1.192-2 (2026-05-01)`).
    """
    match = re.search(r"\bDebian (\d+(?:\.\d+)+)", build) or re.match(r"(\d+(?:\.\d+)*)", release)
    return match[1] if match else release


def kernel_version() -> tuple[int, ...]:
    """The running kernel's version as numbers, fit for comparison."""
    return parse_version(kernel_release())


def parse_version(text: str) -> tuple[int, ...]:
    """`6.18.44` as (6, 18, 44)."""
    return tuple(int(part) for part in re.findall(r"\d+", text))


def has_device(route: Route, kind: str) -> bool:
    """Whether the namespace behind `route` can have a device of this kind; one called try-KIND may be left in it."""
    return _is_known(lambda: route.ask(*links.new_device(f"try-{kind}", kind), f"make a {kind} device"))


def has_qdisc(route: Route, kind: str) -> bool:
    """Whether loopback can have a queueing discipline of this kind; it may be left there."""
    body = struct.pack("=BxHiIII", 0, 0, 1, 0, _TC_H_ROOT, 0) + nlattr.string(_TCA_KIND, kind)
    return _is_known(lambda: route.ask(_RTM_NEWQDISC, nlattr.NLM_F_CREATE | nlattr.NLM_F_REPLACE, body, f"use {kind}"))


def has_generic_family(name: str) -> bool:
    """Whether a generic netlink family (`IPVS`) is there, in the namespace that this thread is in."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETLINK_GENERIC) as sock:
        body = struct.pack("=BBH", _CTRL_CMD_GETFAMILY, 1, 0) + nlattr.string(_CTRL_ATTR_FAMILY_NAME, name)
        return _is_known(lambda: Route(sock, "lab").get(_GENL_ID_CTRL, body, f"look for {name}"))


def _is_known(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except NetlinkError as problem:
        return problem.errno not in _UNKNOWN
    return True

"""What a stranger's program sees of the machine is its system and this Python, read-only, and two places to write.

Nothing else is there to be found: no home, no checkout, no /run of the machine, nobody else's work. The tree is made in
a mount namespace that belongs to the sandbox, so that those inside can mount and unmount nothing.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from neighlab.kernel import mounts, ns
from neighlab.lab.commands import ANSWERS, BIN
from neighlab.lab.enclosure import protect_netfilter, protect_settings

HOME: Final = "/home/student"
_ROOT: Final = "/run/jail"
_SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/gnu")
_ETC: Final = ("alternatives", "ld.so.cache", "iproute2", "protocols", "services", "os-release", "localtime")
_DEVICES: Final = ("null", "zero", "full", "random", "urandom")
_PACKAGES: Final = ("site-packages", "dist-packages")
_FILES: Final = {
    "etc/passwd": f"root:x:0:0:student:{HOME}:/bin/sh\n",
    "etc/group": "root:x:0:\n",
    "etc/nsswitch.conf": "hosts: files\n",
}


@dataclass(frozen=True, slots=True)
class View:
    """What a jail shows besides the system: hosts (by the name of their pinned namespaces), and what it hides."""

    hosts: Sequence[str]
    nets: Sequence[int]
    """Descriptors of the network namespaces in which somebody in it may be."""
    home: int
    """And of the one in which it is built."""
    names: str
    """Its /etc/hosts."""
    hidden: Sequence[Path]
    """Folders that are empty in there, wherever they lie."""
    script: str
    content: bytes
    disk_bytes: int
    uid: int
    """Who owns what can be written, as the sandbox sees it."""


def build(view: View) -> None:
    """Make the tree and make it the root directory; the caller is in new mount and pid namespaces of the sandbox."""
    ns.mount("none", "/", None, ns.MS_REC | ns.MS_PRIVATE)
    ns.mount("proc", "/proc", "proc", ns.MS_NOSUID | ns.MS_NODEV | ns.MS_NOEXEC, "hidepid=2")
    protect_settings()
    for net in view.nets:
        with ns.in_net(net, view.home):
            protect_netfilter()
    os.makedirs(_ROOT, exist_ok=True)
    ns.mount("tmpfs", _ROOT, "tmpfs", ns.MS_NOSUID | ns.MS_NODEV, "mode=755,size=4m")
    for place in ("/tmp", HOME):  # first: the system, or this Python, may lie in one of them
        os.makedirs(_ROOT + place)
        size = f"mode=700,size={view.disk_bytes},nr_inodes=4096,uid={view.uid},gid={view.uid}"
        ns.mount("tmpfs", _ROOT + place, "tmpfs", ns.MS_NOSUID | ns.MS_NODEV, size)
    for path in _SYSTEM:
        _show(path)
    for path in _python():
        _show(path)
    _etc(view)
    _devices()
    os.mkdir(f"{_ROOT}/proc")
    ns.mount("/proc", f"{_ROOT}/proc", None, ns.MS_BIND | ns.MS_REC)
    for folder in view.hidden:
        _hide(folder)
    for host in view.hosts:
        pinned = f"/run/netns/{host}"
        _file(pinned)
        ns.mount(pinned, _ROOT + pinned, None, ns.MS_BIND)
    _show(BIN)
    os.makedirs(_ROOT + ANSWERS)
    ns.mount(ANSWERS, _ROOT + ANSWERS, None, ns.MS_BIND)
    _file(f"/run/neighlab/{view.script}", view.content)
    ns.mount("none", _ROOT, None, ns.MS_REMOUNT | ns.MS_BIND | ns.MS_RDONLY | ns.MS_NOSUID | ns.MS_NODEV)
    mounts.enter_root(_ROOT)


def _show(path: str) -> None:
    """Show a file or folder of the machine at its own name, read-only; a link stays one."""
    inside = _ROOT + path
    if os.path.lexists(inside) or not os.path.exists(path):
        return
    os.makedirs(os.path.dirname(inside), exist_ok=True)
    if os.path.islink(path):
        os.symlink(os.readlink(path), inside)
    elif os.path.isdir(path):
        os.mkdir(inside)
        mounts.bind(path, inside)
    else:
        _file(path)
        mounts.bind(path, inside)


def _file(path: str, content: bytes = b"") -> None:
    target = Path(_ROOT + path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def _python() -> Iterable[str]:
    """Where this Python, its packages and neighlab's own modules lie; never the scenarios."""
    places = {sys.prefix, sys.base_prefix, sys.exec_prefix, str(Path(os.path.realpath(sys.executable)).parent)}
    places.update(path for path in sys.path if os.path.basename(path) in _PACKAGES)
    for name in ("neighlab", "neighlab.topologies"):
        spec = importlib.util.find_spec(name)
        places.update((spec.submodule_search_locations if spec is not None else None) or ())
    # the shortest first: what lies in it is shown with it
    return sorted((place for place in places if not place.startswith("/usr/") and place not in ("/", "/usr")), key=len)


def _etc(view: View) -> None:
    for name in _ETC:
        _show(f"/etc/{name}")
    for path, text in {**_FILES, "etc/hosts": view.names}.items():
        _file(f"/{path}", text.encode())


def _devices() -> None:
    os.mkdir(f"{_ROOT}/dev")
    for name in _DEVICES:
        _file(f"/dev/{name}")
        ns.mount(f"/dev/{name}", f"{_ROOT}/dev/{name}", None, ns.MS_BIND)
    for name, target in {"fd": "/proc/self/fd", "stdin": "fd/0", "stdout": "fd/1", "stderr": "fd/2"}.items():
        os.symlink(target, f"{_ROOT}/dev/{name}")


def _hide(path: Path) -> None:
    """Mount nothing over a folder that would be seen otherwise, at each name that leads to it."""
    for name in {str(path), os.path.realpath(path)}:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            ns.mount("tmpfs", _ROOT + name, "tmpfs", ns.MS_RDONLY | ns.MS_NOSUID | ns.MS_NODEV, "size=4k,mode=755")

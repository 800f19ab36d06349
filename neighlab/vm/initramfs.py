"""A kernel finds this machine's own root by 9p, with nothing but a shell and four small programs of this machine."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.vm.kernels import Kernel

ROOT_TAG: Final = "neighlab-root"
"""What the share is called between the virtual machine and its kernel."""
_SYSTEM_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_PROGRAMS: Final = {"sh": "dash", "insmod": "kmod", "mount": "mount", "switch_root": "util-linux"}
"""What is needed until the root is there, and the Debian packages that bring it."""
_MODULES: Final = ("virtio_pci", "virtio_console", "9pnet_virtio", "9p")
_ROOT_OPTIONS: Final = "ro,trans=virtio,version=9p2000.L,access=any,cache=loose,msize=512000"
"""What nobody writes to may be cached without asking; `access=any`, because it is this machine that checks rights."""


def program(name: str, package: str) -> str:
    """Where a program of this machine is; EnvironmentProblem names the package that brings it."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{_SYSTEM_PATH}")
    if found is None:
        raise EnvironmentProblem(f"a virtual machine needs the program {name}: apt install {package}")
    return found


def initramfs(kernel: Kernel, command: list[str], environment: Mapping[str, str]) -> bytes:
    """An archive whose /init loads what the root needs, mounts it, and becomes `command` there."""
    files: dict[str, tuple[int, bytes]] = {}
    for name, package in _PROGRAMS.items():
        place = program(name, package)
        files[f"bin/{name}"] = 0o755, Path(place).read_bytes()
        for library in _libraries(place):
            files[library.lstrip("/")] = 0o755, Path(library).read_bytes()
    modules = list(dict.fromkeys(module for wanted in _MODULES for module in _modules(kernel, wanted)))
    for module in modules:
        files[f"modules/{module.name}"] = 0o644, module.read_bytes()
    files["init"] = 0o755, _script([module.name for module in modules], command, environment).encode()
    return b"".join(_cpio(files, ["dev", "proc", "root"]))


def _script(modules: Iterable[str], command: list[str], environment: Mapping[str, str]) -> str:
    lines = [
        "#!/bin/sh",
        "export PATH=/bin",
        *(f"insmod /modules/{name}" for name in modules),
        f"mount -n -t 9p -o {_ROOT_OPTIONS} {ROOT_TAG} /root",
        *(f"mount -n -t {kind} {kind} /root/{place}" for kind, place in _OWN.items()),
        *(f"export {name}={shlex.quote(value)}" for name, value in environment.items()),
        f"exec switch_root /root {shlex.join(command)}",
    ]
    return "\n".join(lines) + "\n"


_OWN: Final = {"proc": "proc", "sysfs": "sys", "devtmpfs": "dev", "tmpfs": "run"}
"""What the virtual machine does not share with this one."""


def _libraries(file: str) -> list[str]:
    """The shared libraries of a program and its loader, by their paths; none for a static one."""
    said = subprocess.run(["ldd", file], capture_output=True, text=True, check=False).stdout
    return [word for line in said.splitlines() for word in line.split() if word.startswith("/")]


def _modules(kernel: Kernel, name: str) -> list[Path]:
    """The files of a module and of what it depends on, in the order of loading; none if it is built in."""
    if kernel.modules is None:
        return []
    modprobe = [program("modprobe", "kmod"), "-d", str(kernel.modules), "-S", kernel.release, "--show-depends", name]
    done = subprocess.run(modprobe, capture_output=True, text=True, check=False)
    if done.returncode:
        why = done.stderr.strip().splitlines()[-1:] or ["modprobe says nothing more"]
        raise EnvironmentProblem(f"kernel {kernel.release} cannot share this machine's files: {why[0]}")
    words = [line.split() for line in done.stdout.splitlines()]
    return [Path(line[1]) for line in words if line[:1] == ["insmod"]]


def _cpio(files: Mapping[str, tuple[int, bytes]], folders: Iterable[str]) -> Iterator[bytes]:
    """The entries of an archive of the format `newc` (Documentation/driver-api/early-userspace/buffer-format)."""
    parents = {str(parent) for name in files for parent in Path(name).parents} - {"."}
    entries = [(name, stat.S_IFDIR | 0o755, b"") for name in sorted(parents | set(folders))]
    entries += [(name, stat.S_IFREG | mode, data) for name, (mode, data) in files.items()]
    for number, (name, mode, data) in enumerate([*entries, ("TRAILER!!!", 0, b"")], 1):
        fields = (number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
        yield _padded(head) + _padded(data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)

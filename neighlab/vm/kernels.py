"""A kernel is named by a path, or by as much of its version as tells it from others: `6.1`, `6.12.113`."""

from __future__ import annotations

import difflib
import os
import platform
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from neighlab.errors import EnvironmentProblem, ScenarioError
from neighlab.kernel.features import parse_version, released

_BOOT, _MODULES = Path("/boot"), Path("/lib/modules")
"""Where distributions install images: one or the other."""
_HEADER_MAGIC, _VERSION_POINTER = slice(0x202, 0x206), slice(0x20E, 0x210)
"""Where an x86 image has the mark of a boot header, and where that says its version's text is (x86/boot.rst)."""
HOST: Final = "host"
"""What the kernel that is running here is called: it needs no virtual machine."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """A kernel that can be booted.

    `release` is what `uname -r` says in it, `version` the upstream version (Debian's 6.1.0-56-amd64 is a 6.1.192);
    `modules` is the folder that has lib/modules/RELEASE, None for a kernel that needs none.
    """

    release: str
    version: str
    image: Path
    modules: Path | None
    origin: Literal["installed", "fetched", "file"]

    @property
    def running(self) -> bool:
        """Is it the kernel that is running here?"""
        return self.release == os.uname().release


def cache_dir() -> Path:
    """Where fetched kernels and what is known about this machine's virtualisation are kept, for this user."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(base) if base.startswith("/") else Path.home() / ".cache") / "neighlab"


def fetched_dir() -> Path:
    """Where fetched kernels are kept, each in a folder with the name of its release."""
    return cache_dir() / "kernels"


def available() -> list[Kernel]:
    """The kernels that can be booted, newest first: the installed ones, and those that were fetched."""
    installed = {image.name.partition("-")[2]: image for image in _listed(_BOOT, "vmlinu[xz]-*")}
    installed |= {
        image.parent.name: image for image in _listed(_MODULES, "*/vmlinuz") if image.parent.name not in installed
    }
    images = [(image, "installed") for image in installed.values()]
    images += [(image, "fetched") for image in _listed(fetched_dir(), "*/vmlinuz")]
    found = [_kernel(image, origin) for image, origin in images if os.access(image, os.R_OK)]  # type: ignore[arg-type]
    return sorted(found, key=lambda one: (parse_version(one.version), one.origin), reverse=True)


def find(wanted: str) -> Kernel:
    """The newest kernel that `wanted` names: a path to an image, a release, or the beginning of a version.

    ScenarioError when there is none; EnvironmentProblem when its image cannot be read.
    """
    if "/" in wanted:
        path = Path(wanted)
        if not path.is_file():
            raise ScenarioError(f"no such kernel image: {wanted}")
        if not os.access(path, os.R_OK):
            raise EnvironmentProblem(f"{wanted} cannot be read: let root do `chmod a+r {wanted}`, or fetch a kernel")
        return _kernel(path.resolve(), "file")
    known = available()
    for one in known:
        if wanted in (one.release, one.version) or f"{one.version}.".startswith(f"{wanted}."):
            return one
    if hidden := [image for image in _listed(_BOOT, f"vmlinu[xz]-{wanted}*") if not os.access(image, os.R_OK)]:
        raise EnvironmentProblem(f"{hidden[0]} cannot be read: let root do `chmod a+r {hidden[0]}`, or fetch a kernel")
    names = [one.version for one in known]
    close = difflib.get_close_matches(wanted, names, n=1)
    there = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}" if names else "there is none"
    raise ScenarioError(f"no kernel {wanted!r}: {there} (neighlab kernels fetch {wanted} gets one)")


def default() -> Kernel:
    """The kernel for a virtual machine when none was named: the one that runs here, or the newest that there is."""
    known = available()
    if not known:
        raise EnvironmentProblem("there is no kernel to boot in a virtual machine: neighlab kernels fetch 6.12")
    return next((one for one in known if one.running), known[0])


def _listed(folder: Path, pattern: str) -> list[Path]:
    try:
        return [path for path in sorted(folder.glob(pattern)) if path.is_file() and not path.is_symlink()]
    except OSError:
        return []


def _kernel(image: Path, origin: Literal["installed", "fetched", "file"]) -> Kernel:
    release, build = banner(image)
    modules = next((root for root in _roots(image) if (root / "lib/modules" / release).is_dir()), None)
    return Kernel(release, released(release, build), image, modules, origin)


def _roots(image: Path) -> list[Path]:
    """Where the modules of an image may be: beside it, beside its `boot` folder, or in the machine's own place."""
    return [image.parent, image.parent.parent, Path("/")]


def banner(image: Path) -> tuple[str, str]:
    """What an image says of itself, as `uname -r` and `uname -v` would: from its boot header, else its file name."""
    with image.open("rb") as file:
        head = file.read(0x8000)
    if head[_HEADER_MAGIC] == b"HdrS":
        start = int.from_bytes(head[_VERSION_POINTER], "little") + 0x200
        release, _, build = head[start : head.index(b"\0", start)].decode("ascii", "replace").partition(" ")
        return release, build
    if (name := re.fullmatch(r"(?:vmlinu[xz]|Image)-(.+)", image.name)) is not None:
        return name[1], ""
    if image.name == "vmlinuz" and any(image.is_relative_to(place) for place in (fetched_dir(), _MODULES)):
        return image.parent.name, ""
    raise ScenarioError(f"{image} does not look like a kernel of {platform.machine()}: it names no version")

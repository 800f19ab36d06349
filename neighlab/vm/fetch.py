"""Debian's kernels are fetched by apt as any user may, unpacked without installing anything, and made bootable."""

from __future__ import annotations

import contextlib
import fcntl
import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from neighlab.errors import EnvironmentProblem, ScenarioError
from neighlab.kernel.features import parse_version
from neighlab.vm import kernels, suites
from neighlab.vm.initramfs import program
from neighlab.vm.kernels import Kernel

_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_NO_HARDWARE: Final = (
    "sound",
    *(f"drivers/{name}" for name in ("gpu", "media", "staging", "infiniband", "scsi", "usb", "iio", "hid", "input")),
    *(f"drivers/net/{name}" for name in ("ethernet", "wireless", "usb", "wwan", "can")),
)
"""Modules for what no virtual machine of ours has: most of a package."""


_FIELD: Final = re.compile(r"^(Package|Version|Depends): (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    """A kernel's package: `linux-image-6.1.0-56-amd64`, its version `6.1.192-2`, and the packages of image and modules
    when these are others.
    """

    name: str
    version: str
    parts: tuple[str, ...] = ()

    @property
    def upstream(self) -> tuple[int, ...]:
        """The kernel's version as numbers."""
        return parse_version(self.version.partition("-")[0].partition("~")[0])


def fetch(wanted: str, suite: str | None = None, notice: Callable[[str], object] | None = None) -> Kernel:
    """Get the newest kernel whose version begins with `wanted` from the suites that apt knows, or from another one.

    ScenarioError when there is none, EnvironmentProblem when this machine has no apt or it cannot download.
    """
    if not re.fullmatch(r"\d+(\.\d+)*", wanted):
        raise ScenarioError(f"{wanted!r} is no kernel version (6.1, 6.12.113)")
    _require_apt()
    apt = suites.options(suite) if suite is not None else []
    if apt:
        _called("apt-get", *apt, "-q", "update")
    package = newest(wanted, packages(apt))
    if notice is not None:
        notice(f"fetching {package.name} {package.version}")
    with _workshop() as folder:
        _download(package, folder, apt)
        return _made_bootable(folder)


def packages(apt: list[str]) -> list[Package]:
    """The kernels' packages for this machine's architecture that apt knows, without those for special uses."""
    architecture = _ARCHITECTURES[platform.machine()]
    names = _called("apt-cache", *apt, "--names-only", "search", rf"^linux-image-[0-9].*-{architecture}(-unsigned)?$")
    pattern = re.compile(rf"linux-image-\d[\w.+~-]*-{architecture}(?:-unsigned)?")
    # what follows the version is empty but for kernels of other configurations, and meta-packages have no number
    special = re.compile(rf"-(?:cloud|rt|16k)-{architecture}|linux-image-\d+\.\d+-{architecture}$")
    found = [line.split()[0] for line in names.splitlines() if line]
    wanted = [name for name in found if pattern.fullmatch(name) and not special.search(name)]
    if not wanted:
        return []
    shown = _called("apt-cache", *apt, "show", "--no-all-versions", *wanted)
    return [_package(dict(_FIELD.findall(stanza))) for stanza in shown.split("\n\n") if "Package:" in stanza]


def _package(fields: Mapping[str, str]) -> Package:
    parts = re.findall(r"\blinux-(?:base|binary|modules)-[\w.+~-]+", fields.get("Depends", ""))
    return Package(fields["Package"], fields["Version"], tuple(parts))


def _require_apt() -> None:
    if platform.machine() not in _ARCHITECTURES or not all(map(shutil.which, ("apt-get", "apt-cache", "dpkg-deb"))):
        raise EnvironmentProblem(
            "kernels are fetched by apt, for amd64 and arm64: on this machine name an image by its path (--kernel PATH)"
        )


def newest(wanted: str, among: list[Package]) -> Package:
    """The newest package whose version begins with `wanted`; of equals the signed one, which installations have."""
    numbers = parse_version(wanted)
    hits = [one for one in among if one.upstream[: len(numbers)] == numbers]
    if not hits:
        series = sorted({one.upstream[:2] for one in among})
        there = ", ".join(".".join(map(str, one)) for one in series) or "none; apt-get update may not have run"
        raise ScenarioError(f"apt knows no kernel {wanted} (it knows {there}; --suite asks another suite)")
    return max(hits, key=lambda one: (one.upstream, not one.name.endswith("-unsigned")))


@contextlib.contextmanager
def _workshop() -> Iterator[Path]:
    """An empty folder beside the fetched kernels; one at a time is at work in it, and what a killed one left goes."""
    home = kernels.fetched_dir()
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = os.open(home, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as problem:
        raise EnvironmentProblem(
            f"cannot write to {home}: {problem.strerror} (XDG_CACHE_HOME chooses another)"
        ) from None
    folder = home / ".fetching"
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _download(package: Package, folder: Path, apt: list[str]) -> None:
    wanted = [f"{name}={package.version}" for name in (package.name, *package.parts)]
    _called("apt-get", *apt, "-q", "download", *wanted, cwd=folder)
    for file in folder.glob("*.deb"):
        _called("dpkg-deb", "-x", file.name, "unpacked", cwd=folder)
        file.unlink()


def _made_bootable(folder: Path) -> Kernel:
    """Put image and modules where they are found by their release, and index the modules."""
    unpacked = folder / "unpacked"
    trees = [*unpacked.glob("lib/modules/*"), *unpacked.glob("usr/lib/modules/*")]
    images = [*unpacked.glob("boot/vmlinu[xz]-*"), *(image for tree in trees for image in tree.glob("vmlinuz"))]
    if len(images) != 1 or len(trees) != 1:
        raise EnvironmentProblem(f"the package holds {len(images)} kernels and {len(trees)} folders of modules")
    release = trees[0].name
    made = folder / release
    (made / "lib/modules").mkdir(parents=True)
    images[0].rename(made / "vmlinuz")
    trees[0].rename(made / "lib/modules" / release)
    for name in _NO_HARDWARE:
        shutil.rmtree(made / "lib/modules" / release / "kernel" / name, ignore_errors=True)
    _called(program("depmod", "kmod"), "-b", str(made), release)
    place = kernels.fetched_dir() / release
    shutil.rmtree(place, ignore_errors=True)
    made.rename(place)
    return kernels.find(str(place / "vmlinuz"))


def _called(*command: str, cwd: Path | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode:
        said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        errors = [line for line in said if line.startswith("E:")] or said or ["it says nothing"]
        raise EnvironmentProblem(f"{command[0]} failed: {errors[0].removeprefix('E:').strip()}")
    return done.stdout

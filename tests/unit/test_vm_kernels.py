"""A kernel is found by as much of its version as names it; what is not there is told together with what is."""

import struct
from pathlib import Path

import pytest

from neighlab.errors import EnvironmentProblem, ScenarioError
from neighlab.kernel.features import released
from neighlab.vm import fetch, kernels
from neighlab.vm.fetch import Package

DEBIAN = "6.1.0-56-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-05-01)"


def image(path: Path, release: str, build: str = "#1 SMP") -> Path:
    """What the start of an x86 image looks like: its header, and the text that the header points to."""
    text = f"{release} (someone@somewhere) {build}".encode() + b"\0"
    head = bytearray(0x400) + text
    head[0x202:0x206] = b"HdrS"
    head[0x20E:0x210] = struct.pack("<H", 0x400 - 0x200)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(head)
    return path


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with one installed and three fetched kernels."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(kernels, "_BOOT", tmp_path / "boot")
    monkeypatch.setattr(kernels, "_MODULES", tmp_path / "modules")
    image(tmp_path / "boot/vmlinuz-6.1.0-56-amd64", *DEBIAN)
    for release in ("6.12.9", "6.12.113", "5.10.200"):
        folder = tmp_path / "cache/neighlab/kernels" / release
        image(folder / "vmlinuz", release)
        (folder / "lib/modules" / release).mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(
    ("release", "build", "version"),
    [
        (*DEBIAN, "6.1.192"),
        ("6.12.113+deb12-amd64", "#1 SMP PREEMPT_DYNAMIC Debian 6.12.113-1~deb12u1 (2026-09-01)", "6.12.113"),
        ("6.18.44-fc-v595", "#1 SMP PREEMPT_DYNAMIC @0", "6.18.44"),
        ("6.19-rc3", "#7 SMP", "6.19"),
    ],
)
def test_the_version_is_the_upstream_one(release: str, build: str, version: str) -> None:
    assert released(release, build) == version


def test_kernels_are_listed_newest_first(machine: Path) -> None:
    assert [(one.version, one.origin) for one in kernels.available()] == [
        ("6.12.113", "fetched"),
        ("6.12.9", "fetched"),
        ("6.1.192", "installed"),
        ("5.10.200", "fetched"),
    ]


@pytest.mark.parametrize(
    ("wanted", "release"),
    [
        ("6.12", "6.12.113"),
        ("6", "6.12.113"),
        ("6.12.9", "6.12.9"),
        ("6.1", "6.1.0-56-amd64"),
        ("6.1.192", "6.1.0-56-amd64"),
        ("6.1.0-56-amd64", "6.1.0-56-amd64"),
        ("5", "5.10.200"),
    ],
)
def test_a_kernel_is_found_by_the_beginning_of_its_version(machine: Path, wanted: str, release: str) -> None:
    assert kernels.find(wanted).release == release


def test_a_kernel_beside_its_modules_is_an_installed_one(machine: Path) -> None:
    image(machine / "modules/7.2.13/vmlinuz", "7.2.13")
    image(machine / "modules/6.1.0-56-amd64/vmlinuz", *DEBIAN)

    assert [(one.version, one.image.parent.name) for one in kernels.available() if one.origin == "installed"] == [
        ("7.2.13", "7.2.13"),
        ("6.1.192", "boot"),
    ]


def test_a_kernel_is_found_by_its_path_with_the_modules_beside_it(machine: Path) -> None:
    folder = machine / "cache/neighlab/kernels/6.12.9"

    found = kernels.find(str(folder / "vmlinuz"))

    assert (found.release, found.modules, found.origin) == ("6.12.9", folder, "file")


def test_a_kernel_that_is_not_there_is_told_with_those_that_are(machine: Path) -> None:
    with pytest.raises(ScenarioError, match=r"no kernel '6\.6': .*6\.12\.113.*kernels fetch 6\.6"):
        kernels.find("6.6")
    with pytest.raises(ScenarioError, match=r"no such kernel image: \./vmlinuz"):
        kernels.find("./vmlinuz")


def test_what_is_no_kernel_is_refused(machine: Path) -> None:
    (machine / "notes").write_text("6.12")

    with pytest.raises(ScenarioError, match="does not look like a kernel"):
        kernels.find(str(machine / "notes"))


def test_the_default_is_the_kernel_that_runs_here_if_it_is_there(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert kernels.default().version == "6.12.113"

    monkeypatch.setattr(kernels.Kernel, "running", property(lambda one: one.version == "6.1.192"))

    assert kernels.default().version == "6.1.192"


def test_without_any_kernel_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kernels, "_BOOT", tmp_path)
    monkeypatch.setattr(kernels, "_MODULES", tmp_path)

    with pytest.raises(EnvironmentProblem, match=r"neighlab kernels fetch"):
        kernels.default()


NEEDS = (
    "Depends: kmod, linux-binary-6.1-amd64 (= 6.1.192-2), linux-modules-6.1-amd64 (= 6.1.192-2), linux-base (>= 4.3)"
)
OFFERED = [
    Package("linux-image-6.1.0-55-amd64", "6.1.192-1"),
    Package("linux-image-6.1.0-9-amd64", "6.1.27-1"),
    Package("linux-image-6.12.113+deb12-amd64-unsigned", "6.12.113-1~deb12u1"),
    Package("linux-image-6.12.113+deb12-amd64", "6.12.113-1~deb12u1"),
    Package("linux-image-6.12.9-amd64", "6.12.9-1"),
]


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("6.1", "linux-image-6.1.0-55-amd64"),
        ("6.1.27", "linux-image-6.1.0-9-amd64"),
        ("6.12", "linux-image-6.12.113+deb12-amd64"),
        ("6", "linux-image-6.12.113+deb12-amd64"),
    ],
)
def test_the_newest_package_of_a_version_is_fetched(wanted: str, name: str) -> None:
    assert fetch.newest(wanted, OFFERED).name == name


def test_a_version_that_no_mirror_has_is_told_with_those_it_has() -> None:
    with pytest.raises(ScenarioError, match=r"no kernel 6\.19 \(it knows 6\.1, 6\.12; --suite"):
        fetch.newest("6.19", OFFERED)


def test_what_is_no_version_is_not_looked_for() -> None:
    with pytest.raises(ScenarioError, match="'newest' is no kernel version"):
        fetch.fetch("newest")


def test_packages_for_special_uses_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = "linux-image-6.1.0-56-amd64"
    names = [plain, "linux-image-6.1.0-56-cloud-amd64", "linux-image-6.1.0-56-rt-amd64", "linux-image-6.12-amd64"]
    monkeypatch.setattr(fetch.platform, "machine", lambda: "x86_64")

    def called(*command: str, cwd: Path | None = None) -> str:
        if "search" in command:
            return "".join(f"{name} - Linux for 64-bit PCs\n" for name in names)
        return "".join(f"Package: {name}\nArchitecture: amd64\nVersion: 6.1.192-2\n{NEEDS}\n\n" for name in command[3:])

    monkeypatch.setattr(fetch, "_called", called)

    assert fetch.packages([]) == [Package(plain, "6.1.192-2", ("linux-binary-6.1-amd64", "linux-modules-6.1-amd64"))]

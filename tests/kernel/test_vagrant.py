"""Vagrant takes the Vagrantfile, and provisioning may be ended at any moment: the next one gets the machine ready."""

from __future__ import annotations

import os
import platform
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import machine
import pytest
from sandboxed import wait_until

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ("ip", "ping", "arping", "tcpdump", "nft", "arptables")
PATIENCE_S = 600.0
MOST_BYTES = 2 << 30
"""What a guest needs; it is made in memory if that much is free, where dpkg has no disk to wait for."""
INSIDE = """
mount --make-rprivate /
mount --rbind /dev "$0/dev"
mount -t proc proc "$0/proc"
chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
"""


def needs(*programs: str) -> pytest.MarkDecorator:
    missing = [name for name in programs if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None]
    return pytest.mark.skipif(bool(missing), reason=f"{', '.join(missing)}: not installed")


# The Vagrantfile ------------------------------------------------------------------------------------------------------


def validate(folder: Path, tmp_path: Path, **more: str) -> subprocess.CompletedProcess[str]:
    places = {
        "VAGRANT_HOME": f"{tmp_path}/vagrant",
        "VAGRANT_DOTFILE_PATH": f"{tmp_path}/dotfile",
        "HOME": f"{tmp_path}",
    }
    settings = {"VAGRANT_CHECKPOINT_DISABLE": "1", "VAGRANT_DEFAULT_PROVIDER": "libvirt"}
    return subprocess.run(
        ["vagrant", "validate"], cwd=folder, env=os.environ | places | settings | more, capture_output=True, text=True
    )


@needs("vagrant")
def test_the_vagrantfile_is_valid(tmp_path: Path) -> None:
    done = validate(ROOT / "vagrant", tmp_path, NEIGHLAB_BOX="another", NEIGHLAB_CPUS="4", NEIGHLAB_MEMORY="1024")
    assert done.returncode == 0, done.stdout + done.stderr


@needs("vagrant")
def test_a_vagrantfile_that_is_not_valid_is_found_out(tmp_path: Path) -> None:
    text = (ROOT / "vagrant/Vagrantfile").read_text()
    folder = tmp_path / "wrong"
    folder.mkdir()
    (folder / "Vagrantfile").write_text(text.replace("config.vm.boot_timeout", "config.vm.boots_timeout"))
    done = validate(folder, tmp_path)
    assert done.returncode != 0
    assert "boots_timeout" in done.stdout + done.stderr


# Provisioning ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guest() -> Iterator[Path]:
    """The root directory of a fresh Debian or Ubuntu like this one, with a user vagrant and a checkout in his home."""
    suite = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) and shutil.disk_usage("/dev/shm").free > MOST_BYTES else None
    place = Path(tempfile.mkdtemp(prefix="neighlab-guest-", dir=memory))
    root, checkout = place / "root", place / "neighlab"
    # a machine that has just been installed has the lists of packages, too: fetching them again is nobody's subject
    making = subprocess.Popen(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "mmdebstrap", "--variant=minbase", "--quiet",
         "--skip=cleanup/apt", "--aptopt=APT::Install-Recommends false", "--dpkgopt=path-exclude=/usr/share/doc/*",
         suite, root],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        bring_along(checkout)
    finally:
        _, said = making.communicate()
        if making.returncode != 0:
            shutil.rmtree(place)
    if making.returncode != 0:
        pytest.skip(f"mmdebstrap cannot make a guest here: {said.strip().splitlines()[-1:]}")
    (root / "home/vagrant").mkdir()
    checkout.rename(root / "home/vagrant/neighlab")
    subprocess.run(["chroot", root, "useradd", "vagrant", "--shell", "/bin/bash"], check=True)
    yield root
    shutil.rmtree(place)


def bring_along(checkout: Path) -> None:
    """Make a copy of this checkout, with the wheels that a guest without a network installs from."""
    listed = subprocess.check_output(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT)
    for name in filter(None, listed.decode().split("\0")):
        if (ROOT / name).exists():
            (checkout / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, checkout / name)
    subprocess.run([ROOT / "vagrant/wheels.sh", checkout], check=True)


def provisioning(guest: Path) -> subprocess.Popen[str]:
    """Begin to provision a guest; it sees no process but its own, and none outlives the one that is returned."""
    shutil.copy2("/etc/resolv.conf", guest / "etc/resolv.conf")
    home = "/home/vagrant/neighlab"
    return subprocess.Popen(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", INSIDE, guest, "bash",
         f"{home}/vagrant/provision.sh", home, "vagrant"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def interrupt(guest: Path, begun: Callable[[], bool]) -> None:
    """Provision a guest and kill it when it has come as far as `begun` says."""
    with provisioning(guest) as running:
        wait_until(lambda: begun() or running.poll() is not None, within_s=PATIENCE_S)
        ended = running.poll() is not None
        running.send_signal(signal.SIGKILL)
        said, _ = running.communicate()
    assert not ended, said
    assert begun(), said


def tear(guest: Path, package: str) -> None:
    """Leave a package as an interrupt does that comes when dpkg has replaced its files and not yet said so."""
    status = guest / "var/lib/dpkg/status"
    before = status.read_text()
    after = before.replace(f"Package: {package}\nStatus: install ok installed\n",
                           f"Package: {package}\nStatus: install reinstreq unpacked\n")  # fmt: skip
    assert after != before
    status.write_text(after)


def in_guest(guest: Path, *command: str, user: str = "root") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", INSIDE, guest, "runuser", "-u", user,
         "--", *command],
        capture_output=True, text=True,
    )  # fmt: skip


def ages(guest: Path, *names: str) -> Mapping[str, int]:
    return {name: (guest / name).stat().st_mtime_ns for name in names}


@pytest.mark.long
@pytest.mark.skipif(os.geteuid() != 0, reason="a guest is made as root")
@needs("mmdebstrap", "unshare", "chroot", "git")
def test_interrupted_provisioning_is_taken_up_again(guest: Path) -> None:
    before = machine.names("/etc/modules-load.d")
    stamp = guest / "home/vagrant/neighlab/.venv/lab/run"
    unpacked = guest / "var/lib/dpkg/info/iproute2.list"
    interrupt(guest, unpacked.exists)
    interrupt(guest, (guest / "home/vagrant/neighlab/.venv/bin").exists)
    assert not stamp.exists()
    tear(guest, "iproute2")

    for attempt in ("first", "second"):
        with provisioning(guest) as running:
            said, _ = running.communicate()
        assert running.returncode == 0, f"the {attempt} that was let alone: {said}"
        assert in_guest(guest, "dpkg", "--audit").stdout == ""
        for tool in TOOLS:
            assert in_guest(guest, "sh", "-c", f"command -v {tool}").returncode == 0, tool
        told = in_guest(guest, "/home/vagrant/neighlab/lab", "--version", user="vagrant")
        assert "neighlab" in told.stdout, told.stderr
        now = ages(guest, "var/lib/dpkg/status", "home/vagrant/neighlab/.venv/lab/run")
        if attempt == "first":
            after_first = now
    assert now == after_first, "there was nothing to do, and something was done"
    assert machine.names("/etc/modules-load.d") == before

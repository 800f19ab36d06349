"""What happens in a sandbox changes nothing outside, whoever makes it."""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import sandboxed
from neighlab.topologies import TwoHosts, VictimAttacker
from sandboxed import inside

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import netlink, nlattr, ns
from neighlab.lab import channel, enclosure, sandbox
from neighlab.lab.lab import Lab

pytestmark = pytest.mark.usefixtures("nothing_left")

ROOT = os.geteuid() == 0
RTNLGRP_LINK = 1
LAB_DEVICES = {"eth0", "eth1", "s1", "s1-eth1", "s1-eth2", "h1-eth0"}


@sandboxed.sandboxed
def test_the_first_process_is_pid_1_and_sees_nobody_else() -> None:
    assert os.getpid() == 1
    assert [name for name in os.listdir("/proc") if name.isdigit()] == ["1"]


@sandboxed.sandboxed
def test_root_sees_the_files_of_all_users_and_others_their_own() -> None:
    lines = Path("/proc/self/uid_map").read_text().splitlines()
    mapped = [tuple(map(int, line.split())) for line in lines]

    assert os.geteuid() == 0
    if ROOT:
        assert all(within == without for within, without, _ in mapped)
        assert sum(count for _, _, count in mapped) > 1
        assert os.stat("/etc/passwd").st_uid == 0
    else:
        assert mapped == [(0, mapped[0][1], 1)]


@sandboxed.sandboxed
def test_the_machines_settings_are_read_only() -> None:
    for path in (
        "kernel/hostname",
        "kernel/panic",
        "vm/swappiness",
        "fs/file-max",
        "kernel/random/write_wakeup_threshold",
    ):
        file = Path("/proc/sys", path)
        if file.exists():
            with pytest.raises(OSError, match="Read-only file system"):
                file.write_text(file.read_text())
    name = b"neighlab"
    assert ctypes.CDLL(None).sethostname(name, len(name)) == -1
    assert not Path("/proc/sys/net/ipv4/neigh/default/gc_thresh3").exists()


@sandboxed.sandboxed
def test_devices_and_times_of_the_machine_are_out_of_reach() -> None:
    assert Path("/sys/class/net").is_dir()
    assert [name for _, name in socket.if_nameindex()] == ["lo"]
    with pytest.raises(OSError, match="Read-only file system"):
        Path("/sys/class/net/lo/mtu").write_text("1500")


def test_no_neighbour_setting_of_the_machine_can_be_changed_from_inside() -> None:
    """Each of them is written with another value, in the lab's root namespace and in a host's."""

    def change_everything() -> int:
        lab = Lab(VictimAttacker)
        written = sum(1 for path in numbers() if add_one(path))
        with lab["victim"].node.netns.entered():
            return written + sum(1 for path in numbers() if add_one(path))

    before = {path: value for path in numbers() if (value := number_in(path)) is not None}
    written = inside(change_everything)
    after = {path: number_in(path) for path in before}

    assert written > 100
    assert after == before


def numbers() -> Iterator[Path]:
    for family in ("ipv4", "ipv6"):
        for scope in ("conf", "neigh"):
            yield from Path("/proc/sys/net", family, scope).glob("*/*")


def number_in(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def add_one(path: Path) -> bool:
    value = number_in(path)
    if value is None or path.name == "disable_ipv6":
        return False
    try:
        path.write_text(str(value + 1 if value < 2 else value - 1))
    except OSError:
        return False
    return number_in(path) != value


def test_no_device_of_a_lab_is_ever_in_the_machines_own_namespace() -> None:
    """The kernel announces every link of a namespace there: while labs come and go, none of theirs is among them."""

    def build_and_use() -> None:
        lab = Lab(VictimAttacker)
        lab["attacker"].fence(lab["victim"])
        lab["victim"].link(up=False)

    of_labs = LAB_DEVICES - {name for _, name in socket.if_nameindex()}
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, netlink.NETLINK_ROUTE) as monitor:
        monitor.bind((0, 1 << (RTNLGRP_LINK - 1)))
        for _ in range(5):
            inside(build_and_use)
        announced = set()
        monitor.setblocking(False)
        while data := _received(monitor):
            for _kind, _flags, _seq, _pid, start, end in nlattr.iter_messages(data):
                announced.add(bytes(nlattr.parse_attrs(data, start + 16, end)[3]).rstrip(b"\0").decode())

    assert "s1" in of_labs
    assert not announced & of_labs
    assert not {name for _, name in socket.if_nameindex()} & of_labs


def _received(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except BlockingIOError:
        return b""


@sandboxed.sandboxed
def test_ip_netns_knows_the_hosts_by_name() -> None:
    Lab(VictimAttacker)

    listed = subprocess.check_output(["ip", "netns", "list"], text=True)
    addresses = subprocess.check_output(["ip", "netns", "exec", "victim", "ip", "-br", "addr"], text=True)
    devices = subprocess.check_output(["ip", "netns", "exec", "attacker", "ls", "/sys/class/net"], text=True)

    assert sorted(line.split()[0] for line in listed.splitlines()) == ["attacker", "victim"]
    assert "192.0.2.1/24 2001:db8::1/64" in addresses
    assert devices.split() == ["eth0", "lo"]


@sandboxed.sandboxed
def test_a_hosts_shell_and_programs_see_the_hosts_devices() -> None:
    lab = Lab(TwoHosts)

    assert lab["victim"].cmd("ls /sys/class/net").split() == ["eth0", "lo"]
    assert lab["victim"].run("ls", "/sys/class/net").stdout.split() == ["eth0", "lo"]
    assert os.listdir("/sys/class/net") == ["lo"]


@sandboxed.sandboxed
def test_a_host_cannot_make_the_setting_that_is_the_whole_machines() -> None:
    lab = Lab(TwoHosts)
    name = "nf_hooks_lwtunnel"
    if name not in os.listdir("/proc/sys/net/netfilter"):
        pytest.skip(f"this kernel has no {name}")
    # opened only: what is written there stays until the machine starts again
    for where in (f"exec 3>/proc/sys/net/netfilter/{name}", "exec 3>/proc/sys/net/ipv4/ip_forward"):
        said = [lab[host].run("sh", "-c", where, check=False).stderr for host in ("victim", "peer")]
        assert [("Read-only file system" in one) for one in said] == [name in where] * 2
    with pytest.raises(OSError, match="Read-only"):
        os.close(os.open(f"/proc/sys/net/netfilter/{name}", os.O_WRONLY))


@sandboxed.sandboxed
def test_temporary_files_stay_inside() -> None:
    import tempfile

    assert tempfile.gettempdir() == enclosure.PRIVATE_TMP
    with tempfile.NamedTemporaryFile(delete=False) as file:
        assert file.name.startswith(enclosure.PRIVATE_TMP)
    assert sorted(os.listdir("/run")) == ["netns", "tmp"]


def test_root_does_without_a_user_namespace_where_there_is_none() -> None:
    def work() -> None:
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
        with pytest.raises(OSError, match="No space"):
            ns.unshare(ns.CLONE_NEWUSER)
        assert inside(lambda: [os.getpid(), list(Lab(VictimAttacker).hosts)]) == [1, ["attacker", "victim"]]

    sandboxed.in_user_namespace(work)


def test_an_ordinary_user_is_told_which_setting_forbids_it() -> None:
    def work() -> None:
        with pytest.raises(EnvironmentProblem) as told:
            enclosure.enter_namespaces(socket.socket())
        assert str(told.value) == (
            "this machine forbids user namespaces (user.max_user_namespaces=0): run as root, "
            "or let root do `sysctl -w user.max_user_namespaces=10000`"
        )
        box = sandbox.spawn(lambda _channel: None)
        assert channel.receive(box.channel) == ["environment", str(told.value)]
        box.reap(60)

    def forbid() -> None:
        Path("/proc/sys/user/max_user_namespaces").write_text("1")
        sandboxed.in_user_namespace(lambda: None)
        Path("/proc/sys/user/max_user_namespaces").write_text("0")
        # an ordinary user has no capability: what this process has from its own user namespace goes
        work()

    sandboxed.in_user_namespace(forbid, uid=1000)


def test_a_message_is_whole_or_an_end() -> None:
    box = sandbox.spawn(lambda end: end.sendall(struct.pack("=I", 100) + b"half"))  # type: ignore[arg-type, return-value]

    with pytest.raises(EOFError):
        channel.receive(box.channel)
    box.reap(60)

    assert box.status == 0


def test_a_sandbox_that_does_not_end_is_killed_with_all_its_processes() -> None:
    def work(end: socket.socket) -> None:
        for _ in range(5):
            os.fork()
        channel.send(end, "ready")
        while True:
            os.wait3(0) if os.getpid() == 1 else os.sched_yield()

    box = sandbox.spawn(work)
    for _ in range(32):
        channel.receive(box.channel)

    box.reap()

    assert box.gone()
    assert os.WTERMSIG(box.status or 0) == 9


def test_a_maker_who_ignores_his_children_is_told_of_them_all_the_same() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        box = sandbox.spawn(lambda end: end.sendall(b"x"))
        box.reap(60)
    finally:
        signal.signal(signal.SIGCHLD, before)

    assert box.status == 0


def test_a_maker_who_ends_before_the_sandbox_is_whole_ends_it(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(enclosure, "map_everybody", lambda _pid, ours: (ours.recv(1), ours.close()) if ROOT else None)

    box = sandbox.spawn(lambda _channel: None)
    box.reap(60)

    assert box.status == 0
    assert capfd.readouterr().err == ""


def test_a_keeper_who_ends_before_he_is_watched_leaves_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    told, tells = os.pipe()
    die_with_parent = ns.die_with_parent

    def late(number: int) -> None:
        if os.getpid() == 1:
            os.read(told, 1)
        die_with_parent(number)

    monkeypatch.setattr(ns, "die_with_parent", late)
    box = sandbox.spawn(lambda _channel: signal.pause())
    (first,) = sandboxed.wait_until(lambda: sandboxed.children(box.pid))
    box.reap()
    os.write(tells, b".")

    assert sandboxed.wait_until(lambda: sandboxed.ended(first))
    os.close(told)
    os.close(tells)


def test_an_interrupt_while_it_is_reaped_comes_when_its_end_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    waitpid = os.waitpid

    def interrupted(pid: int, options: int) -> tuple[int, int]:
        found = waitpid(pid, options)
        if found[0]:
            signal.raise_signal(signal.SIGINT)
        return found

    box = sandbox.spawn(lambda end: end.sendall(b"x"))
    with monkeypatch.context() as patch:
        patch.setattr(os, "waitpid", interrupted)
        with pytest.raises(KeyboardInterrupt):
            box.reap(60)

    assert box.gone()
    assert box.status == 0

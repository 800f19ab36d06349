"""The host-table guard, on a machine made of files: no setting of the real one is read or written."""

from __future__ import annotations

import os
import uuid
from pathlib import Path

import pytest

from neighlab.errors import EnvironmentProblem, ScenarioError, Unsupported
from neighlab.kernel import hostjournal, hostlock, hostpins
from neighlab.kernel.hostjournal import Host, Journal
from neighlab.kernel.hostpins import Pin, TableCount
from neighlab.kernel.hosttable import HostTableGuard, require

DEFAULTS = {
    "gc_thresh1": 128,
    "gc_thresh2": 512,
    "gc_thresh3": 1024,
    "gc_interval": 30,
    "base_reachable_time_ms": 30000,
}
V4 = "ipv4/neigh/default/"
GATEWAY = Pin(4, 2, "192.0.2.1")


def machine(directory: Path) -> Host:
    for family in (4, 6):
        settings = directory / f"proc/sys/net/ipv{family}/neigh/default"
        settings.mkdir(parents=True)
        for name, value in DEFAULTS.items():
            (settings / name).write_text(f"{value}\n")
    (directory / "proc/self/ns").mkdir(parents=True)
    (directory / "proc/self/ns/user").symlink_to("user:[4026531837]")
    (directory / "proc/sys/kernel/random").mkdir(parents=True)
    (directory / "proc/sys/kernel/random/boot_id").write_text("this-boot\n")
    return Host(directory / "proc", directory / "run", f"neighlab-test/{uuid.uuid4()}")


class Table:
    """A neighbour table with a gateway that can be pinned and a loopback entry that does not count."""

    def __init__(self) -> None:
        self.foreign = [0]
        self.pinned: set[Pin] = set()
        self.own = 2

    def count(self, _family: int) -> TableCount:
        foreign = self.foreign.pop(0) if len(self.foreign) > 1 else self.foreign[0]
        return TableCount(self.own + foreign, self.own, 1 + len(self.pinned))

    def candidates(self, family: int) -> list[Pin]:
        return [GATEWAY] if family == 4 and GATEWAY not in self.pinned else []

    def pin(self, pins: list[Pin]) -> int:
        self.pinned.update(pins)
        return len(pins)

    def unpin(self, pins: list[Pin]) -> int:
        released = len(self.pinned & set(pins))
        self.pinned -= set(pins)
        return released


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return machine(tmp_path)


class Watchdog:
    """Nobody: what the real one does is checked with real processes (tests/kernel)."""

    def __init__(self, _host: Host, _lock_fd: int) -> None:
        self.told: list[str] = []

    def tell(self, journal: Journal) -> None:
        self.told.append(journal.text())

    def wait_ready(self) -> None: ...

    def dismiss(self) -> None: ...

    def release(self) -> None: ...


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    table = Table()
    for name in ("count", "candidates", "pin", "unpin"):
        monkeypatch.setattr(hostpins, name, getattr(table, name))
    monkeypatch.setattr("neighlab.kernel.hosttable.Watchdog", Watchdog)
    return table


def settings(host: Host, family: int = 4) -> dict[str, int]:
    return {name: host.read(host.knob(family, name)) for name in DEFAULTS}


def test_what_was_set_is_back_after_the_block_and_nothing_is_left(host: Host, table: Table) -> None:
    with HostTableGuard(host=host) as guard:
        assert guard.set(4, gc_thresh3=80, base_reachable_time_ms=1000) == {
            **DEFAULTS,
            "gc_thresh1": 80,
            "gc_thresh2": 80,
            "gc_thresh3": 80,
            "base_reachable_time_ms": 1000,
        }
        assert settings(host, 6) == DEFAULTS
        assert table.pinned == {GATEWAY}
    assert settings(host) == DEFAULTS
    assert not table.pinned
    assert not host.run.exists()


def test_a_failing_case_restores_too(host: Host, table: Table) -> None:
    def fail() -> None:
        with HostTableGuard(host=host) as guard:
            guard.set(6, gc_thresh3=40)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert settings(host, 6) == DEFAULTS
    assert not host.run.exists()


def test_restore_between_cases_is_exact_and_may_be_repeated(host: Host, table: Table) -> None:
    with HostTableGuard(host=host) as guard:
        for _ in range(2):
            guard.set(4, gc_thresh1=1, gc_thresh2=20, gc_thresh3=30, gc_interval=1)
            guard.restore()
            guard.restore()
            assert settings(host) == DEFAULTS
            assert not table.pinned
            journal = hostjournal.load(host)
            assert journal is not None
            assert journal.pins == []


def test_the_journal_knows_before_the_change(host: Host, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[list[Pin], int]] = []

    def write(_host: Host, values: dict[str, int]) -> list[str]:
        journal = hostjournal.load(host)
        assert journal is not None
        seen.append((journal.pins, journal.values[V4 + "gc_thresh3"]))
        return written(_host, values)

    written = hostjournal.write_all
    with HostTableGuard(host=host) as guard:
        monkeypatch.setattr(hostjournal, "write_all", write)
        guard.set(4, gc_thresh3=80)
    assert seen[0] == ([GATEWAY], 1024)


def test_room_counts_what_is_there(host: Host, table: Table) -> None:
    table.foreign = [3]
    with HostTableGuard(host=host) as guard:
        assert guard.entries(4) == TableCount(total=5, own=2, exempt=1)
        assert guard.room(4, 10) == 3 + 10  # the gateway is pinned by then, and loopback's entry never counts
        assert settings(host) == DEFAULTS | {"gc_thresh1": 13, "gc_thresh2": 13, "gc_thresh3": 13}
        assert guard.room(4, 600, exempt=2) == 601
        assert settings(host)["gc_thresh2"] == 601
        assert guard.room(4, 600, soft=100, exempt=2) == 601
        assert settings(host)["gc_thresh2"] == 101
        with pytest.raises(ScenarioError, match=r"^9 of 8 entries without collection"):
            guard.room(4, 8, soft=9)
        with pytest.raises(ScenarioError, match="at least 1"):
            guard.room(4, 0)


def test_a_limit_below_what_others_need_is_refused(host: Host, table: Table) -> None:
    table.foreign = [3]
    with HostTableGuard(host=host) as guard:
        with pytest.raises(EnvironmentProblem, match=r"^IPv4 gc_thresh3=3 is too low .* 3 entries"):
            guard.set(4, gc_thresh3=3)
        assert settings(host) == DEFAULTS
        table.foreign = [50]  # the lab's own
        guard.set(4, gc_thresh3=4)


@pytest.mark.parametrize(
    ("knobs", "text"),
    [
        ({"gc_thresh1": 200, "gc_thresh3": 100}, "gc_thresh1=200 gc_thresh2=100 gc_thresh3=100"),
        ({"gc_thresh2": 2000}, "gc_thresh2=2000 gc_thresh3=1024"),
        ({"gc_thresh1": 0}, "gc_thresh1=0"),
        ({"locktime": 1}, "does not set locktime"),
    ],
)
def test_what_makes_no_sense_is_the_scenarios_fault(host: Host, table: Table, knobs: dict[str, int], text: str) -> None:
    with HostTableGuard(host=host) as guard, pytest.raises(ScenarioError, match=text):
        guard.set(4, **knobs)


def test_a_setting_this_kernel_lacks_is_unsupported(host: Host, table: Table) -> None:
    with HostTableGuard(host=host) as guard:
        with pytest.raises(Unsupported, match=r"net\.ipv4\.neigh\.default\.interval_probe_time_ms"):
            guard.set(4, interval_probe_time_ms=100)
        with pytest.raises(Unsupported, match="IPv5"):
            guard.entries(5)


@pytest.mark.parametrize("before", [(128, 512, 1024), (10, 20, 30), (1, 1, 5000)])
@pytest.mark.parametrize("after", [(128, 512, 1024), (15, 16, 17), (25, 600, 9000)])
def test_thresholds_are_in_order_at_every_moment(
    host: Host, monkeypatch: pytest.MonkeyPatch, before: tuple[int, ...], after: tuple[int, ...]
) -> None:
    names = [V4 + name for name in hostjournal.THRESHOLDS]
    hostjournal.write_all(host, dict(zip(names, before, strict=True)))
    moments: list[list[int]] = []
    write = Host.write

    def watch(self: Host, knob: str, value: int) -> None:
        write(self, knob, value)
        moments.append([self.read(name) for name in names])

    monkeypatch.setattr(Host, "write", watch)
    hostjournal.write_all(host, dict(zip(names, after, strict=True)))
    assert [host.read(name) for name in names] == list(after)
    assert all(moment == sorted(moment) for moment in moments)


def test_entries_of_other_namespaces_may_vanish_or_refuse(
    host: Host, table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    table.foreign = [300, 100, 8]
    with HostTableGuard(host=host):
        pass
    monkeypatch.setattr("neighlab.kernel.hosttable._SETTLE_S", 0.03)
    table.foreign = [300]
    with pytest.raises(EnvironmentProblem, match=r"^this kernel's IPv4 .* 300 entries of other namespaces"):
        HostTableGuard(host=host).__enter__()
    table.foreign, table.own = [0], 513
    with pytest.raises(EnvironmentProblem, match="513 entries, more than half of gc_thresh3=1024"):
        HostTableGuard(host=host).__enter__()
    assert not host.run.exists()
    hostlock.take(host.lock, 0, "it").close()


def test_who_may_not_is_told_why(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    require(host)
    initial = r"only by root in the machine's initial namespaces"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(EnvironmentProblem, match=initial):
        require(host)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    user = host.proc / "self/ns/user"
    user.unlink()
    user.symlink_to("user:[4026532000]")
    with pytest.raises(EnvironmentProblem, match=initial):
        require(host)


def test_a_read_only_proc_sys_is_refused(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, _flags: int) -> int:
        raise OSError(30, "Read-only file system", str(path))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(EnvironmentProblem, match=r"gc_thresh3 cannot be written \(Read-only file system\)"):
        require(host)


def test_a_value_that_does_not_stay_is_noticed(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Host, "read", lambda *_: 7)
    with pytest.raises(EnvironmentProblem, match=r"gc_thresh3 was set to 80 and reads 7"):
        host.write(V4 + "gc_thresh3", 80)


def test_a_second_run_waits_and_then_says_who(host: Host) -> None:
    with hostlock.take(host.lock, 0, "it"), pytest.raises(EnvironmentProblem, match=f"process {os.getpid()}, still"):
        hostlock.take(host.lock, 0.05, "it")
    hostlock.take(host.lock, 0, "it").close()


def test_leftovers_are_put_back_once(host: Host, table: Table) -> None:
    table.pinned = {GATEWAY}
    hostjournal.save(host, Journal(1, host.boot(), {V4 + name: value for name, value in DEFAULTS.items()}, [GATEWAY]))
    hostjournal.write_all(host, {V4 + "gc_thresh3": 80})
    with hostlock.take(host.lock, 0, "it"):
        assert hostjournal.restore_leftovers(host) == []  # a run is at work
    assert hostjournal.restore_leftovers(host) == [
        "net.ipv4.neigh.default.gc_thresh3 80 -> 1024",
        "1 neighbours released",
    ]
    assert settings(host) == DEFAULTS
    assert not host.run.exists()
    assert hostjournal.restore_leftovers(host) == []


def test_a_new_guard_replays_first(host: Host, table: Table) -> None:
    hostjournal.save(host, Journal(1, host.boot(), {V4 + "gc_thresh3": 1024}))
    hostjournal.write_all(host, {V4 + "gc_thresh3": 80})
    with HostTableGuard(host=host):
        assert settings(host) == DEFAULTS


def test_a_journal_of_another_boot_is_only_forgotten(host: Host) -> None:
    hostjournal.save(host, Journal(1, "another-boot", {V4 + "gc_thresh3": 7}))
    assert hostjournal.restore_leftovers(host) == []
    assert settings(host) == DEFAULTS
    assert not host.run.exists()


def test_a_journal_that_cannot_be_read_stops_with_its_name(host: Host) -> None:
    host.run.mkdir(mode=0o700)
    (host.run / "host-table.json").write_text('{"pid": 1')
    with pytest.raises(EnvironmentProblem, match=r"host-table\.json cannot be read"):
        hostjournal.restore_leftovers(host)


def test_a_directory_that_others_can_open_is_refused(host: Host, table: Table) -> None:
    hostjournal.save(host, Journal(1, host.boot(), {V4 + "gc_thresh3": 7}))
    host.run.chmod(0o777)
    with pytest.raises(EnvironmentProblem, match="mode 700"):
        HostTableGuard(host=host).__enter__()
    assert settings(host) == DEFAULTS


def test_a_forked_child_changes_nothing(host: Host, table: Table) -> None:
    with HostTableGuard(host=host) as guard:
        guard.set(4, gc_thresh3=80)
        guard._journal.pid += 1  # as if this were another process
        with pytest.raises(ScenarioError, match="belongs to the process that opened it"):
            guard.restore()
        guard._journal.pid -= 1
        assert settings(host)["gc_thresh3"] == 80

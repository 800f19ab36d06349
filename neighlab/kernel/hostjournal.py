"""A host setting is written down before it is changed: whoever comes next can put it back, whoever was killed."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import hostlock, hostpins
from neighlab.kernel.hostpins import Pin

FAMILIES: Final = (4, 6)
THRESHOLDS: Final = ("gc_thresh1", "gc_thresh2", "gc_thresh3")
KNOBS: Final = (*THRESHOLDS, "gc_interval", "base_reachable_time_ms", "interval_probe_time_ms")
"""What may be changed: settings of `neigh/default` that collection and managed entries of every namespace obey."""
WHAT: Final = "the machine's neighbour tables"

_INITIAL_USER_NS: Final = "user:[4026531837]"
"""PROC_USER_INIT_INO: the one namespace inode number that is the same on every kernel."""
_JOURNAL: Final = "host-table.json"


@dataclass(frozen=True, slots=True)
class Host:
    """Where the machine's settings are, where the journal is kept, and the name of the lock."""

    proc: Path = Path("/proc")
    run: Path = Path("/run/neighlab")
    lock: str = "neighlab/host-table"

    def path(self, knob: str) -> Path:
        """The file of a setting such as `ipv4/neigh/default/gc_thresh3`."""
        return self.proc / "sys/net" / knob

    def knob(self, family: int, name: str) -> str:
        """The setting's path below net/: `ipv6/neigh/default/<name>`."""
        return f"ipv{family}/neigh/default/{name}"

    def is_initial(self) -> bool:
        """Whether this process stands in the initial user and network namespaces.

        `neigh/default` is registered for the initial network namespace alone (arp_init), whose inode number varies.
        """
        return os.readlink(self.proc / "self/ns/user") == _INITIAL_USER_NS and self.path("ipv4/neigh/default").exists()

    def boot(self) -> str:
        """The random name of this boot of the machine."""
        return (self.proc / "sys/kernel/random/boot_id").read_text().strip()

    def read(self, knob: str) -> int:
        """Read a setting."""
        return int(self.path(knob).read_text())

    def write(self, knob: str, value: int) -> None:
        """Write a setting and read it back; a value in milliseconds may come back rounded up to a jiffy."""
        try:
            self.path(knob).write_text(f"{value}\n")
        except OSError as problem:
            raise EnvironmentProblem(f"cannot write {dotted(knob)}: {problem.strerror}") from None
        now = self.read(knob)
        if now != value and not (knob.endswith("_ms") and 0 < now - value <= 10):
            raise EnvironmentProblem(f"{dotted(knob)} was set to {value} and reads {now}: somebody else is changing it")


@dataclass(slots=True)
class Journal:
    """What was in force before the first change: settings, and which neighbours have been pinned since."""

    pid: int
    boot: str
    values: dict[str, int]
    pins: list[Pin] = field(default_factory=list)

    def text(self) -> str:
        """The journal as one line of JSON."""
        return json.dumps(asdict(self)) + "\n"

    @classmethod
    def of(cls, text: str) -> Journal:
        """Read what text() wrote; ValueError for anything else."""
        try:
            known = json.loads(text)
            values = {str(knob): int(value) for knob, value in known["values"].items()}
            return cls(int(known["pid"]), str(known["boot"]), values, [Pin(*pin) for pin in known["pins"]])
        except (KeyError, TypeError, AttributeError) as problem:
            raise ValueError(f"not a journal: {problem!r}") from None


def save(host: Host, journal: Journal) -> None:
    """Keep the journal so that it is on the disk, whole, when this returns: written aside, synced, renamed."""
    try:
        host.run.mkdir(mode=0o700, exist_ok=True)
        _check_private(host)
        aside = host.run / f"{_JOURNAL}.new"
        with aside.open("w") as file:
            file.write(journal.text())
            file.flush()
            os.fsync(file.fileno())
        aside.rename(host.run / _JOURNAL)
        directory = os.open(host.run, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as problem:
        raise EnvironmentProblem(f"cannot keep a journal in {host.run}: {problem.strerror}") from None


def load(host: Host) -> Journal | None:
    """Read the journal that a run left behind; None when there is none, or only one of an earlier boot."""
    path = host.run / _JOURNAL
    if not path.exists():
        return None
    _check_private(host)
    try:
        journal = Journal.of(path.read_text())
    except (OSError, ValueError):
        raise EnvironmentProblem(
            f"{path} cannot be read: set net.ipv4.neigh.default.gc_thresh1..3 and those of ipv6 right, then remove it"
        ) from None
    return journal if journal.boot == host.boot() else None


def forget(host: Host) -> None:
    """Remove the journal, and its directory unless somebody keeps something else there."""
    for name in (_JOURNAL, f"{_JOURNAL}.new"):
        (host.run / name).unlink(missing_ok=True)
    try:
        host.run.rmdir()
    except OSError:  # not empty, or gone already
        return


def _check_private(host: Host) -> None:
    """Refuse a directory in which somebody else could have written what root is going to believe."""
    kept = host.run.lstat()
    if kept.st_uid != os.getuid() or kept.st_mode & 0o170077 != 0o040000:
        raise EnvironmentProblem(f"{host.run} must be a directory of root's that nobody else can open (mode 700)")


def write_all(host: Host, values: Mapping[str, int]) -> list[str]:
    """Write the settings that differ, each read back, and say what was changed from what to what.

    What rises goes first, the highest threshold ahead; then what falls, the lowest ahead: so at no moment are the
    thresholds of a table out of order, if they are in order before and after.
    """
    before = {knob: host.read(knob) for knob in values}
    rising = sorted((knob for knob in values if values[knob] > before[knob]), reverse=True)
    falling = sorted(knob for knob in values if values[knob] < before[knob])
    for knob in (*rising, *falling):
        host.write(knob, values[knob])
    return [f"{dotted(knob)} {before[knob]} -> {values[knob]}" for knob in (*rising, *falling)]


def put_back(host: Host, journal: Journal) -> list[str]:
    """Put back all that the journal remembers, and say what was not as it should be; doing it twice is harmless."""
    done = write_all(host, journal.values)
    released = hostpins.unpin(journal.pins)
    return [*done, f"{released} neighbours released"] if released else done


def restore_leftovers(host: Host | None = None) -> list[str]:
    """Put back what a killed run has left changed, and say what that was; nothing happens while a run is at work.

    Without a journal, or without the rights to see one, it costs one look at a directory.
    """
    host = host or Host()
    if os.geteuid() != 0 or not (host.run / _JOURNAL).exists() or not host.is_initial():
        return []
    try:
        lock = hostlock.take(host.lock, 0, WHAT)
    except EnvironmentProblem:
        return []
    with lock:
        return replay(host)


def replay(host: Host) -> list[str]:
    """Put back and forget what the journal remembers, if there is one; the caller holds the lock."""
    journal = load(host)
    done = put_back(host, journal) if journal is not None else []
    forget(host)
    return done


def dotted(knob: str) -> str:
    """The setting's name as sysctl(8) writes it."""
    return "net." + knob.replace("/", ".")

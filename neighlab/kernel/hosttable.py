"""Thresholds that every namespace shares are lowered for a moment only, and come back whatever ends the run.

arp_tbl and nd_tbl are one per kernel, and only root in the initial namespaces may set their thresholds. Order is what
makes that safe: lock, journal, watchdog, change - put back, forget the journal, dismiss the watchdog, unlock.
"""

from __future__ import annotations

import os
import select
import time
from contextlib import ExitStack
from typing import Final

from neighlab.errors import EnvironmentProblem, ScenarioError, Unsupported
from neighlab.kernel import hostjournal, hostlock, hostpins
from neighlab.kernel.hostjournal import FAMILIES, KNOBS, THRESHOLDS, WHAT, Host, Journal
from neighlab.kernel.hostpins import TableCount
from neighlab.kernel.hostwatchdog import Watchdog

_FEW_FOREIGN: Final = 8
"""Entries of other namespaces that may be there; a machine in use by containers has more."""
_SETTLE_S: Final = 10.0
"""How long the entries of namespaces that have just ended may take to go."""
_LOOK_AGAIN_MS: Final = 20


class HostTableGuard:
    """A context manager inside which the machine's neighbour thresholds may be set; afterwards all is as it was.

    A process forked inside the block owns nothing of it: there every method but abandon() refuses to work.
    """

    def __init__(self, *, timeout_s: float = 60.0, host: Host | None = None) -> None:
        self._host = host or Host()
        self._timeout_s = timeout_s

    def __enter__(self) -> HostTableGuard:
        """Take the lock and make restoring certain; EnvironmentProblem where this machine is not fit for it."""
        require(self._host)
        with ExitStack() as undo:
            self._lock = undo.enter_context(hostlock.take(self._host.lock, self._timeout_s, WHAT))
            hostjournal.replay(self._host)
            self._journal = Journal(os.getpid(), self._host.boot(), self._settings())
            self._foreign = {family: self._usable(family) for family in self._families()}
            undo.callback(hostjournal.forget, self._host)
            hostjournal.save(self._host, self._journal)
            self._watchdog = Watchdog(self._host, self._lock.fileno())
            undo.callback(self._watchdog.dismiss)
            self._watchdog.tell(self._journal)
            self._watchdog.wait_ready()
            undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """Put everything back, then forget the journal, the watchdog and the lock."""
        if os.getpid() != self._journal.pid:
            self.abandon()
            return
        with self._lock:
            try:
                self.restore()
            except BaseException:
                self._watchdog.release()  # it tries too, and the journal stays if it fails as well
                raise
            hostjournal.forget(self._host)
            self._watchdog.dismiss()

    def abandon(self) -> None:
        """Close this process's copies of the lock and the pipe, nothing more: for a child forked inside the block."""
        self._lock.close()
        self._watchdog.let_go()

    def set(self, family: int, **knobs: int) -> dict[str, int]:
        """Set some of gc_thresh1..3, gc_interval, base_reachable_time_ms, interval_probe_time_ms in `neigh/default`.

        A threshold that is not named gives way: gc_thresh3=80 takes the two lower ones down to 80 at most. Returns
        what is in force now. The host's own neighbours are pinned first, for as long as restore() is not called.
        """
        wanted = self._plan(family, knobs)
        self._pin(family)
        here = hostpins.count(family)
        taken = self._foreign[family] + here.own - here.exempt
        if "gc_thresh3" in wanted and wanted["gc_thresh3"] <= taken:
            raise EnvironmentProblem(
                f"IPv{family} gc_thresh3={wanted['gc_thresh3']} is too low for this machine: "
                f"{taken} entries that are not the lab's need room"
            )
        hostjournal.write_all(self._host, {self._host.knob(family, name): wanted[name] for name in wanted})
        return {name: self._host.read(self._host.knob(family, name)) for name in self._names(family)}

    def room(self, family: int, n: int, *, soft: int | None = None, exempt: int = 0) -> int:
        """Set gc_thresh3 so that exactly `n` more counted entries fit; return it.

        Until `soft` of them are in (without it: until the table is full) there is no forced collection: gc_thresh2.
        `exempt` is how many entries of other namespaces are known not to be counted: PERMANENT, externally learned or
        validated ones, and loopback's (0.0.0.0 dev lo). No dump shows them here, and the kernel tells nobody.
        """
        if n < 1:
            raise ScenarioError(f"room for {n} entries: at least 1")
        if soft is not None and not 0 <= soft <= n:
            raise ScenarioError(f"{soft} of {n} entries without collection: at most all of them")
        self._check(family)
        self._pin(family)
        limit = hostpins.count(family).counted - exempt + n
        self.set(family, gc_thresh2=limit if soft is None else limit - n + soft, gc_thresh3=limit)
        return limit

    def entries(self, family: int) -> TableCount:
        """Count the table's entries: all, those of the initial namespace, and of these the ones no threshold counts."""
        self._check(family)
        return hostpins.count(family)

    def restore(self) -> None:
        """Put everything back as it was and read it back, between two cases; doing it twice is harmless."""
        self._check()
        hostjournal.put_back(self._host, self._journal)
        if self._journal.pins:
            self._journal.pins = []
            self._keep_journal()

    def _settings(self) -> dict[str, int]:
        knobs = [self._host.knob(family, name) for family in FAMILIES for name in KNOBS]
        return {knob: self._host.read(knob) for knob in knobs if self._host.path(knob).exists()}

    def _families(self) -> list[int]:
        return [family for family in FAMILIES if self._host.knob(family, "gc_thresh3") in self._journal.values]

    def _names(self, family: int) -> list[str]:
        return [name for name in KNOBS if self._host.knob(family, name) in self._journal.values]

    def _usable(self, family: int) -> int:
        """The number of entries of other namespaces; EnvironmentProblem if the table is too full to play with."""
        deadline = time.monotonic() + _SETTLE_S
        while (count := hostpins.count(family)).foreign > _FEW_FOREIGN:
            if time.monotonic() >= deadline:
                raise EnvironmentProblem(
                    f"this kernel's IPv{family} neighbour table holds {count.foreign} entries of other namespaces "
                    "(containers?), which lower thresholds would hurt: use a machine of its own"
                )
            select.poll().poll(_LOOK_AGAIN_MS)  # no event of another namespace reaches this one
        limit = self._journal.values[self._host.knob(family, "gc_thresh3")]
        if count.total * 2 > limit:
            raise EnvironmentProblem(
                f"this kernel's IPv{family} neighbour table holds {count.total} entries, more than half of "
                f"gc_thresh3={limit}: use a machine of its own"
            )
        return count.foreign

    def _plan(self, family: int, knobs: dict[str, int]) -> dict[str, int]:
        """Complete the thresholds: the named ones as they are named, the others no higher than those above them."""
        self._check(family)
        known = self._names(family)
        for name in knobs:
            if name not in KNOBS:
                raise ScenarioError(f"the host-table guard does not set {name}; it sets {', '.join(KNOBS)}")
            if name not in known:
                raise Unsupported(f"this kernel has no {hostjournal.dotted(self._host.knob(family, name))}")
        wanted = dict(knobs)
        if any(name in knobs for name in THRESHOLDS):
            above = None
            for name in reversed(THRESHOLDS):
                value = wanted.get(name, self._host.read(self._host.knob(family, name)))
                wanted[name] = value if name in knobs or above is None else min(value, above)
                above = wanted[name]
            if not 1 <= wanted["gc_thresh1"] <= wanted["gc_thresh2"] <= wanted["gc_thresh3"]:
                given = " ".join(f"{name}={wanted[name]}" for name in THRESHOLDS)
                raise ScenarioError(f"thresholds must rise from 1: {given}")
        return wanted

    def _pin(self, family: int) -> None:
        """Pin what is new since the last time, written down first."""
        pins = hostpins.candidates(family)
        fresh = [one for one in pins if one not in self._journal.pins]
        if fresh:
            self._journal.pins.extend(fresh)
            self._keep_journal()
        hostpins.pin(pins)

    def _keep_journal(self) -> None:
        hostjournal.save(self._host, self._journal)
        self._watchdog.tell(self._journal)

    def _check(self, family: int = 4) -> None:
        if os.getpid() != self._journal.pid:
            raise ScenarioError("the host-table guard belongs to the process that opened it")
        if family not in self._foreign:
            raise Unsupported(f"this kernel has no IPv{family} neighbour table")


def require(host: Host | None = None) -> None:
    """Refuse, in one line, a process that cannot set the machine's thresholds.

    It needs root, the initial user and network namespaces, and a writable /proc/sys.
    """
    host = host or Host()
    if os.geteuid() != 0 or not host.is_initial():
        raise EnvironmentProblem(
            "the neighbour tables' thresholds can be set only by root in the machine's initial namespaces: "
            "use sudo, outside any container"
        )
    for family in FAMILIES:
        path = host.path(host.knob(family, "gc_thresh3"))
        try:
            if path.exists():
                os.close(os.open(path, os.O_WRONLY | os.O_CLOEXEC))
        except OSError as problem:
            raise EnvironmentProblem(
                f"{path} cannot be written ({problem.strerror}): /proc/sys must be mounted writable"
            ) from None

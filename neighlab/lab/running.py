"""A lab that runs can be found, named and ended by its owner, though it is written down nowhere outside of itself.

Its first process is the one of its owner's processes that is pid 1 somewhere and has a lab's card in its /run.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import re
import select
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from neighlab.errors import EnvironmentProblem, ScenarioError
from neighlab.lab import card
from neighlab.lab.places import Place
from neighlab.lab.sandbox import STOP

_PATIENCE_MS: Final = 5000
_STATUS: Final = re.compile(rb"^(PPid|Uid|NSpid):\t([^\n]*)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Running:
    """One running lab as it is seen from outside: `pid` is its first process, `keeper` that one's parent."""

    pid: int
    keeper: int
    uid: int
    title: str
    families: str
    hosts: tuple[str, ...]
    """In the order of the numbers that monitors hear of them by, from 1."""
    others: tuple[str, ...]
    """Its nodes without a namespace of their own: bridges."""
    epoch_s: float
    places: tuple[Place, ...] = field(repr=False)

    @property
    def name(self) -> str:
        """What the command line calls it: its topology or scenario in small letters, and its pid."""
        last = re.split(r"[(:]", self.title)[0].rpartition("/")[2].lower()
        return f"{re.sub(r'[^a-z0-9_.]+', '-', last).strip('-.') or 'lab'}-{self.pid}"

    @property
    def age_s(self) -> float:
        """How long it has been up, in seconds."""
        return max(0.0, time.time() - self.epoch_s)

    def net(self, node: str) -> str:
        """Where the network namespace of one of its nodes can be opened from outside (the lab's own: one of `others`
        or the empty name); ScenarioError for a name that it has not.
        """
        if node in self.hosts:
            return f"/proc/{self.pid}/root/run/netns/{node}"
        if node in self.others or not node:
            return f"/proc/{self.pid}/ns/net"
        names = [*self.hosts, *self.others]
        raise ScenarioError(f"no host {node!r} in {self.name}" + _nearest(node, names))


def find() -> list[Running]:
    """The running labs that this user may look into, the oldest first: his own; for root those of all users."""
    found = (read(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return sorted((lab for lab in found if lab is not None), key=lambda lab: (lab.epoch_s, lab.pid))


def read(pid: int) -> Running | None:
    """The lab that process `pid` is the first of, or None."""
    try:
        with open(f"/proc/{pid}/status", "rb", buffering=0) as file:
            status = dict(_STATUS.findall(file.read(8192)))
    except OSError:
        return None
    numbers = status.get(b"NSpid", b"").split()
    if len(numbers) < 2 or numbers[-1] != b"1" or (plain := card.read(f"/proc/{pid}/root")) is None:
        return None
    try:
        return _running(pid, int(status[b"PPid"]), int(status[b"Uid"].split()[0]), plain)
    except (LookupError, TypeError, ValueError):
        return None  # somebody else's file of that name


def _running(pid: int, keeper: int, uid: int, plain: dict[str, Any]) -> Running:
    places = [
        Place(where, ifname, {name: (tuple(near), tuple(far) if far else None) for name, (near, far) in ends.items()})
        for where, ifname, ends in plain["places"]
    ]
    return Running(
        pid, keeper, uid, str(plain["title"]), str(plain["families"]), tuple(map(str, plain["hosts"])),
        tuple(map(str, plain["others"])), float(plain["epoch_s"]), tuple(places),
    )  # fmt: skip


def pick(labs: Sequence[Running], wanted: str | None) -> Running:
    """The lab meant by a name, the unique beginning of one, or a pid; without any, the only one there is."""
    if not labs:
        raise ScenarioError("no lab is running (`neighlab shell TOPOLOGY` starts one)")
    names = [lab.name for lab in labs]
    if wanted is None:
        if len(labs) > 1:
            raise ScenarioError(f"several labs are running: say which of {', '.join(names)}")
        return labs[0]
    exact = [lab for lab in labs if wanted in (lab.name, str(lab.pid))]
    meant = exact or [lab for lab in labs if lab.name.startswith(wanted.lower())]
    if len(meant) > 1:
        raise ScenarioError(f"{wanted!r} may mean {' or '.join(lab.name for lab in meant)}: say which")
    if not meant:
        raise ScenarioError(f"no lab {wanted!r} is running" + _nearest(wanted, names))
    return meant[0]


def named(wanted: str | None) -> Running:
    """Find the lab meant by a name (see pick); what is not said means one of the user's own."""
    labs = find()
    own = [lab for lab in labs if lab.uid == os.geteuid()]
    return pick(own if wanted is None else labs, wanted)


@contextlib.contextmanager
def held(lab: Running) -> Iterator[int]:
    """A pidfd of the lab's first process: while it is open, its number is nobody else's.

    Raises ScenarioError if the lab has ended.
    """
    try:
        pidfd = os.pidfd_open(lab.pid)
    except ProcessLookupError:
        raise _ended(lab) from None
    try:
        # what was read of the number before and after the descriptor was opened is the same lab's
        if read(lab.pid) != lab or ended(pidfd):
            raise _ended(lab)
        yield pidfd
    finally:
        os.close(pidfd)


def ended(pidfd: int, *, within_ms: int = 0) -> bool:
    """Has the process behind a pidfd ended, or does it `within_ms`?"""
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(within_ms))


def stop(lab: Running) -> None:
    """End a lab and everything in it; returns when it is gone. Its runner learns that it was stopped on purpose."""
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(held(lab))
        try:
            keeper = os.pidfd_open(lab.keeper)
            stack.callback(os.close, keeper)
        except ProcessLookupError:
            keeper = first  # just gone, and the kernel is about to take the first process, too
        if keeper != first and read(lab.pid) == lab:  # its parent still: that number was nobody else's
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(keeper, STOP)
        if not ended(first, within_ms=_PATIENCE_MS):  # a keeper that is suspended hears of nothing
            for one in (first, keeper):
                with contextlib.suppress(ProcessLookupError):
                    signal.pidfd_send_signal(one, signal.SIGKILL)
        if not (ended(first, within_ms=_PATIENCE_MS) and ended(keeper, within_ms=_PATIENCE_MS)):
            raise EnvironmentProblem(f"{lab.name} (pid {lab.pid}) cannot be ended: the kernel holds it")


def _ended(lab: Running) -> ScenarioError:
    return ScenarioError(f"{lab.name} has ended")


def _nearest(wanted: str, names: Sequence[str]) -> str:
    close = difflib.get_close_matches(wanted, names, n=1)
    return (f": did you mean {close[0]}?" if close else "") + f" (there are {', '.join(names)})"

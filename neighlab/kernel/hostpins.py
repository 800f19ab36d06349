"""The host's own neighbours outlive a full table: marked NTF_EXT_LEARNED they are neither counted nor collected.

Forced collection would take the host's STALE entries, its gateway among them, and a full table refuses to make them
again. Marking and unmarking changes nothing else about an entry: the request leaves out the link-layer address (then
the kernel keeps the one it has) and NLM_F_REPLACE (then it overrides nothing).
"""

from __future__ import annotations

import errno
import os
import re
import socket
from collections.abc import Iterable
from typing import Final, NamedTuple

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import nlattr, rtneigh, rtneightbl
from neighlab.kernel.netlink import NETLINK_ROUTE, NetlinkError, Route
from neighlab.model.neigh import Neigh
from neighlab.model.nud import IN_TIMER, NTF, NUD, VALID

_AF: Final = {4: socket.AF_INET, 6: socket.AF_INET6}
_LOOPBACK_IFINDEX: Final = 1
_EXEMPT: Final = NTF.EXT_LEARNED | NTF.EXT_VALIDATED
_KEPT_BY_USE: Final = IN_TIMER | NUD.NOARP


class Pin(NamedTuple):
    """An entry of the initial namespace that the guard has marked."""

    family: int
    ifindex: int
    addr: str


class TableCount(NamedTuple):
    """The entries of one table: of all namespaces, of this one, and those of this one that no threshold counts."""

    total: int
    own: int
    exempt: int

    @property
    def foreign(self) -> int:
        """Entries of other namespaces, which no dump shows here."""
        return max(0, self.total - self.own)

    @property
    def counted(self) -> int:
        """What gc_thresh2 and gc_thresh3 are compared with, if no entry of another namespace is exempt."""
        return self.foreign + self.own - self.exempt


def count(family: int) -> TableCount:
    """Count the table's entries, proxy entries apart."""
    with _Tables() as tables:
        own = tables.dump(family)
        return TableCount(tables.total(family), len(own), sum(_is_exempt(neigh) for neigh in own))


def candidates(family: int) -> list[Pin]:
    """The entries that should be pinned: those with a link-layer address that collection could take."""
    with _Tables() as tables:
        return [Pin(family, neigh.ifindex, neigh.addr) for neigh in tables.dump(family) if _may_be_taken(neigh)]


def pin(pins: Iterable[Pin]) -> int:
    """Mark the entries; those that have gone or been marked meanwhile are left alone. Returns how many were marked."""
    return _mark(list(pins), NTF.EXT_LEARNED)


def unpin(pins: Iterable[Pin]) -> int:
    """Take the mark away, whatever state the entry is in; one that has gone or become PERMANENT is left alone."""
    return _mark(list(pins), NTF.NONE)


def _mark(pins: list[Pin], mark: NTF) -> int:
    if not pins:
        return 0
    marked = 0
    with _Tables() as tables:
        for family in {one.family for one in pins}:
            chosen = {(one.ifindex, one.addr) for one in pins if one.family == family}
            marked += tables.mark(family, chosen, mark)
    return marked


def _is_exempt(neigh: Neigh) -> bool:
    return bool(neigh.state & NUD.PERMANENT or neigh.flags & _EXEMPT or _is_uncounted_loopback(neigh))


def _may_be_taken(neigh: Neigh) -> bool:
    return bool(neigh.state & VALID) and not _is_exempt(neigh)


def _is_uncounted_loopback(neigh: Neigh) -> bool:
    """6.12 does not count loopback's entries, 6.1 does; unpinning one that is outside the count would bring it in."""
    version = tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])
    return neigh.ifindex == _LOOPBACK_IFINDEX and version >= (6, 12)


class _Tables:
    """The neighbour tables as the namespace of this process sees them."""

    def __enter__(self) -> _Tables:
        try:
            kind = socket.SOCK_RAW | socket.SOCK_CLOEXEC
            self._route = Route(socket.socket(socket.AF_NETLINK, kind, NETLINK_ROUTE), "host")
        except OSError as problem:
            raise EnvironmentProblem(f"cannot open a netlink socket: {problem.strerror}") from None
        return self

    def __exit__(self, *_: object) -> None:
        self._route.close()

    def dump(self, family: int) -> list[Neigh]:
        """Every entry of this namespace, in every state."""
        body = rtneigh.encode_dump(family=_AF[family])
        return self._route.collect(nlattr.RTM_GETNEIGH, body, "list neighbours", rtneigh.decode_neighs)

    def total(self, family: int) -> int:
        """How many entries the table has, those of all namespaces together."""
        body = rtneightbl.encode_dump(_AF[family])
        doing, decode = "read the neighbour table", rtneightbl.decode_tables
        found = self._route.collect(nlattr.RTM_GETNEIGHTBL, body, doing, decode)
        # those of single interfaces have no config
        return next(table.config.entries for table in found if table.config is not None and table.family == _AF[family])

    def mark(self, family: int, chosen: set[tuple[int, str]], mark: NTF) -> int:
        """Give the chosen entries the mark, or none, and look again whether they have it."""
        wrong = self._unlike(family, chosen, mark)
        for neigh in wrong:
            self._update(neigh, mark, gently=True)
        # Before 5.16 NTF_USE makes the kernel look at nothing else.
        for neigh in self._unlike(family, chosen, mark) if wrong else ():
            self._update(neigh, mark, gently=False)
        left = self._unlike(family, chosen, mark) if wrong else ()
        if left:
            raise EnvironmentProblem(f"cannot {'protect' if mark else 'release'} the host's neighbour {left[0].addr}")
        return len(wrong)

    def _unlike(self, family: int, chosen: set[tuple[int, str]], mark: NTF) -> list[Neigh]:
        return [
            neigh
            for neigh in self.dump(family)
            if (neigh.ifindex, neigh.addr) in chosen
            and (_may_be_taken(neigh) if mark else neigh.flags & NTF.EXT_LEARNED and not neigh.state & NUD.PERMANENT)
        ]

    def _update(self, neigh: Neigh, mark: NTF, *, gently: bool) -> None:
        """Ask for the entry's own state and flags, but for the mark.

        With NTF_USE the kernel changes flags only and stops before state, timer and time of confirmation: without it a
        REACHABLE entry would count as confirmed anew, and an INCOMPLETE one lose its timer for good. STALE and FAILED
        have no timer, and for them NTF_USE would mean a probe.
        """
        state, ntf = neigh.state, mark | neigh.flags & NTF.MANAGED
        if gently and state & _KEPT_BY_USE:
            ntf |= NTF.USE
        elif state & NUD.INCOMPLETE:
            state = NUD.FAILED  # the next packet resolves it again
        body = rtneigh.encode_neigh(family=neigh.family, ifindex=neigh.ifindex, addr=neigh.addr, state=state, ntf=ntf)
        try:
            self._route.ask(nlattr.RTM_NEWNEIGH, 0, body, f"mark {neigh.addr}")
        except NetlinkError as problem:
            if problem.errno not in (errno.ENOENT, errno.ENODEV):  # gone meanwhile, or its device
                raise EnvironmentProblem(str(problem)) from None

"""Every change of an entry has an old and a new state, though most tracepoints tell only what came out.

neigh_update is told before and after, everything else (neigh_timer_handler, neigh_event_send_done,
neigh_cleanup_and_release) only after: the state before is what the last record left. Two things need care. What was
told first may be finished last: __neigh_event_send sends its question and lets softirqs run before its tracepoint, so a
near neighbour's answer, with an update of the same entry, lies inside of it. And constructors set states that no
tracepoint tells (NOARP): the next record shows them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple, TypeAlias

from neighlab.kernel.tracing.causes import Cause, Causes
from neighlab.kernel.tracing.records import DropRecord, Kind, NeighRecord, Record
from neighlab.model.nud import ABSENT, NTF, NUD, State

_MOMENT_S: Final = 1e-6
"""How far from its neighbours in time a change is placed that no tracepoint told."""

UPDATE_FLAGS: Final = {
    1 << 0: "OVERRIDE",
    1 << 1: "WEAK_OVERRIDE",
    1 << 2: "OVERRIDE_ISROUTER",
    1 << 3: "USE",
    1 << 4: "MANAGED",
    1 << 5: "EXT_LEARNED",
    1 << 6: "ISROUTER",
    1 << 7: "ADMIN",
    1 << 8: "EXT_VALIDATED",
    1 << 28: "USE",
    1 << 29: "EXT_LEARNED",
    1 << 30: "ISROUTER",
    1 << 31: "ADMIN",
}
"""NEIGH_UPDATE_F_*: bits 28 to 31 are those of older kernels (5.15), which no later one uses for anything else."""


class Entry(NamedTuple):
    """What is known of a neighbour entry."""

    state: State
    lladdr: str | None = None
    flags: NTF = NTF.NONE


Key: TypeAlias = tuple[int, int, str]
"""A neighbour entry: number of the network namespace, index of the device, address."""


@dataclass(slots=True)
class Change:
    """An entry became another (`effect`), or was asked to and did not. `old` is None when nobody knows it any more."""

    key: Key
    ifname: str
    family: int
    at: float
    old: Entry | None
    new: Entry
    cause: Cause | None = None
    effect: bool = True
    wanted: Entry | None = None
    """What an update asked for."""
    update_flags: int = 0
    error: int = 0


@dataclass(slots=True)
class Drop:
    """A packet was given up."""

    record: DropRecord
    cause: Cause


@dataclass(slots=True)
class _Update:
    """An update that has begun."""

    record: NeighRecord
    before: Entry
    told: bool = False
    """Its outcome is known already, from a record of the same entry that came before its own end."""


@dataclass(slots=True)
class _Past:
    """What is known of one entry, and what is going on with it."""

    now: Entry | None = None
    at: float = 0.0
    created: bool = False
    """Nothing has happened to it since it was created."""
    unexplained: Change | None = None
    updates: dict[int, list[_Update]] = field(default_factory=lambda: defaultdict(list))
    """By thread: a softirq may interrupt an update with another one, and has ended before that goes on."""


class Chronicle:
    """Makes changes and drops out of records."""

    def __init__(self, causes: Causes) -> None:
        self.causes = causes
        self._entries: dict[Key, _Past] = defaultdict(_Past)
        self._news: list[Change | Drop] = []

    def take(self, records: Iterable[Record]) -> list[Change | Drop]:
        """What the records tell, in the order in which it happened."""
        self._news = []
        for record in records:
            if isinstance(record, DropRecord):
                self._news.append(Drop(record, self.causes.of(Kind.DROPPED, record.origin)))
            else:
                self._take(record)
        self._news.sort(key=_time)
        return self._news

    def learn(self, key: Key, now: Entry) -> bool:
        """An entry is this now, as somebody else says: is that news?"""
        past = self._entries[key]
        news = past.now != now
        past.now = now
        return news

    def forget(self) -> None:
        """Records were lost: what entries have become is not known until it is told."""
        self._entries.clear()

    def _take(self, record: NeighRecord) -> None:
        key = record.origin.inum, record.origin.ifindex, record.addr
        past = self._entries[key]
        match record.kind:
            case Kind.CREATED:
                self._created(key, past, record)
            case Kind.UPDATE:
                self._begin(key, past, record)
            case Kind.UPDATED:
                self._end(key, past, record)
            case Kind.CLEANED:
                self._settle(key, past, record)
                old = past.now
                if record.state and (old is None or old.state == NUD.NONE):
                    old = _entry(record)  # its constructor had given it this state
                self._tell(key, past, record, Entry(ABSENT), old)
                del self._entries[key]
            case _:
                self._settle(key, past, record)
                self._arrived(key, past, record)

    def _created(self, key: Key, past: _Past, record: NeighRecord) -> None:
        if record.error:
            cause = self.causes.of(record.kind, record.origin)
            absent = Entry(ABSENT)
            self._news.append(
                Change(key, record.origin.ifname, record.family, record.origin.at, absent, absent, cause, False,
                       error=record.error)
            )  # fmt: skip
            return
        self._tell(key, past, record, Entry(NUD.NONE), Entry(ABSENT))
        past.created = True

    def _begin(self, key: Key, past: _Past, record: NeighRecord) -> None:
        """An update begins: the entry is as it was before."""
        self._settle(key, past, record)
        before = _entry(record)
        if past.now is None:
            past.now = before
        elif past.now != before:
            self._imply(key, past, record, before)
        past.updates[record.origin.tid].append(_Update(record, before))

    def _end(self, key: Key, past: _Past, record: NeighRecord) -> None:
        """An update has ended: the entry is as it made it, unless more has happened since."""
        stack = past.updates.get(record.origin.tid)
        if not stack:
            past.now = _entry(record)  # its beginning was lost, or before our time
            return
        update = stack.pop()
        if not update.told:
            self._tell_update(key, past, update, _entry(record), record.error)

    def _settle(self, key: Key, past: _Past, record: NeighRecord) -> None:
        """A record comes before the end of an update that is going on: that has done its work already."""
        for stack in past.updates.values():
            for update in stack:
                if update.told:
                    continue
                update.told = True
                if record.kind is Kind.UPDATE:
                    outcome = _entry(record)
                elif record.kind is Kind.SENT and record.state == NUD.DELAY:
                    outcome = _entry(record)._replace(state=NUD.STALE)  # a packet leads to DELAY from STALE alone
                else:
                    asked = _asked(update.record)
                    outcome = asked._replace(lladdr=asked.lladdr or update.before.lladdr, flags=record.flags)
                self._tell_update(key, past, update, outcome, 0)

    def _tell_update(self, key: Key, past: _Past, update: _Update, after: Entry, error: int) -> None:
        begun = update.record
        change = self._tell(key, past, begun, after, update.before)
        change.wanted, change.update_flags, change.error = _asked(begun), begun.update_flags, error
        change.effect = after != update.before

    def _arrived(self, key: Key, past: _Past, record: NeighRecord) -> None:
        """A timer or a packet has left the entry in a state, in which it may have been before."""
        now = _entry(record)
        waiting, past.unexplained = past.unexplained, None
        if record.kind is Kind.SENT and waiting is not None:
            waiting.cause = self.causes.of(record.kind, record.origin)
        if past.now is None:
            past.now = now
            return
        if record.kind is Kind.TIMER and now.state == NUD.PROBE and past.now.state not in (NUD.DELAY, NUD.PROBE):
            # a timer leads to PROBE from DELAY alone: the record of that is missing, and not to come
            self._imply(key, past, record, now._replace(state=NUD.DELAY))
            past.unexplained = None
        if now != past.now:
            self._tell(key, past, record, now, past.now)

    def _imply(self, key: Key, past: _Past, record: NeighRecord, now: Entry) -> None:
        """The entry is something else than it was left as: that happened without a record, or its record is to come."""
        at = past.at + _MOMENT_S if past.created else record.origin.at - _MOMENT_S
        change = Change(key, record.origin.ifname, record.family, at, past.now, now)
        self._news.append(change)
        past.now, past.created, past.at = now, False, at
        past.unexplained = change

    def _tell(self, key: Key, past: _Past, record: NeighRecord, now: Entry, old: Entry | None) -> Change:
        cause = self.causes.of(record.kind, record.origin)
        change = Change(key, record.origin.ifname, record.family, record.origin.at, old, now, cause)
        self._news.append(change)
        past.now, past.at, past.created = now, record.origin.at, False
        return change


@cache
def update_flag_names(flags: int) -> tuple[str, ...]:
    """NEIGH_UPDATE_F_* by their names without that."""
    return tuple(name for bit, name in UPDATE_FLAGS.items() if flags & bit)


def _entry(record: NeighRecord) -> Entry:
    return Entry(record.state, record.lladdr, record.flags)


def _asked(update: NeighRecord) -> Entry:
    return Entry(update.wanted, update.given, update.flags)


def _time(news: Change | Drop) -> float:
    return news.at if isinstance(news, Change) else news.record.origin.at

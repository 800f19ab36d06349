"""With the kernel's own word a lab's history is what happened to its entries, not what was announced of it.

The trace (kernel.tracing) belongs to the runner, who had the right to make it; the sandbox has inherited its memory.
Announcements still come over netlink and are on the timeline beside it: a change that one of them tells is not hidden.
Where records are missing, announcements stand in for them, and nothing is concluded from what has no record.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, Any, Final

from neighlab.kernel.monitor import NeighEvent
from neighlab.kernel.rtneigh import RTM_DELNEIGH
from neighlab.kernel.tracing.causes import Cause, Causes
from neighlab.kernel.tracing.chronicle import Change, Chronicle, Drop, Entry, update_flag_names
from neighlab.kernel.tracing.trace import Trace, drop_reasons, kernel_symbols
from neighlab.lab.dropped import Dropped
from neighlab.model import timeline
from neighlab.model.frame_words import describe
from neighlab.model.frames import parse
from neighlab.model.neigh import Neigh
from neighlab.model.nud import ABSENT, Absent, flag_names, state_name

if TYPE_CHECKING:
    from neighlab.lab.history import Key
    from neighlab.lab.lab import Lab

_NO_LINK_HEADER: Final = bytes(12)
_NO_SOURCE: Final = " from 00:00:00:00:00:00"
_FEW: Final = 16


class Witness:
    """Takes in what the kernel says of one lab."""

    def __init__(self, lab: Lab, trace: Trace) -> None:
        self.trace = trace
        self.reasons = frozenset(drop_reasons().values())
        """The names of the reasons for which this kernel drops packets."""
        self.dropped: Counter[Dropped] = Counter()
        """How many packets so far."""
        self.counted: Counter[Dropped] = Counter()
        """How many of them expectations have used up."""
        self.updates: dict[Key, list[Change]] = defaultdict(list)
        """What was asked of neigh_update for an entry, with and without effect."""
        self._lab = lab
        self._hosts: dict[int, str] = {}
        self._chronicle = Chronicle(Causes(kernel_symbols()))
        self._telling = False
        self._untold: dict[Key, deque[tuple[Change, timeline.Entry]]] = defaultdict(deque)
        self._told: dict[Key, list[timeline.Entry]] = defaultdict(list)
        self._early: dict[Key, deque[tuple[int, NeighEvent]]] = defaultdict(lambda: deque(maxlen=_FEW))
        self._looks = 0
        self._lossy = False
        self._missed_before = 0

    def watch(self, name: str, descriptor: int) -> None:
        """Record from now on what happens in a network namespace of the lab."""
        inum = os.fstat(descriptor).st_ino
        self._hosts[inum] = name
        self.trace.watch(inum)

    def begin(self) -> None:
        """The story begins: what happens from now on is on the timeline."""
        self.take()
        self._telling = True
        self._early.clear()
        self._lossy, self._missed_before = False, self.trace.missed()

    def take(self) -> None:
        """Take in what has been recorded."""
        self._looks += 1
        lost = self.trace.lost()
        for news in self._chronicle.take(self.trace.read()):
            if isinstance(news, Drop):
                self._take_drop(news)
            else:
                self._take_change(news)
        self._stand_in()
        if lost:
            self._lossy = True
            self._chronicle.forget()
            self._lab.resynchronise(f"{lost} of the kernel's records were lost: no room; tables are read again")

    def conclude(self) -> None:
        """The story is over: say what may be missing."""
        self.take()
        if missing := self._missing():
            self._lab.timeline.add(
                "lab", "trace", "lost",
                f"up to {missing} of the kernel's records are missing: so often, on the whole machine, "
                "a tracepoint was passed and its program not run",
            )  # fmt: skip

    def certain(self) -> bool:
        """Has everything been recorded since the story began? If not, what has no record may have happened."""
        return not self._lossy and not self._missing()

    def uncounted(self, which: Dropped) -> int:
        """How many packets have been dropped since an expectation counted them."""
        return self.dropped[which] - self.counted[which]

    def hidden(self, key: Key) -> list[str]:
        """The states that an entry has entered since the story began and that no announcement told, in their order."""
        return [entry.fields["new"] for entry in self._told[key] if entry.fields["hidden"]]

    def announced(self, key: Key, event: NeighEvent) -> None:
        """The kernel has told a change of an entry: it is not hidden."""
        untold = self._untold[key]
        for place, (change, _entry) in enumerate(untold):
            if _tells(event, change):
                for _ in range(place):
                    untold.popleft()
                untold.popleft()[1].fields["hidden"] = False
                return
        self._early[key].append((self._looks, event))  # it overtook the record, or has none

    # -- inside

    def _missing(self) -> int:
        return self.trace.missed() - self._missed_before

    def _waits_in_vain(self, since: int) -> bool:
        """Has what was announced before that look had no record in the one after it either?"""
        return since < self._looks - 1

    def _stand_in(self) -> None:
        """Where records are missing, what was announced takes their place."""
        waiting = [(key, early) for key, early in self._early.items() if early and self._waits_in_vain(early[0][0])]
        if not waiting or not self._missing():
            return
        inums = {name: inum for inum, name in self._hosts.items()}
        for key, early in waiting:
            host, ifindex, addr = key
            while early and self._waits_in_vain(early[0][0]):
                _look, event = early.popleft()
                neigh = None if event.kind == RTM_DELNEIGH else event.neigh
                now = Entry(ABSENT) if neigh is None else Entry(neigh.state, neigh.lladdr, neigh.flags)
                if self._chronicle.learn((inums[host], ifindex, addr), now):
                    self._lab.saw(key, event.at, neigh)

    def _take_change(self, change: Change) -> None:
        host = self._hosts.get(change.key[0])
        if host is None:
            return
        _inum, ifindex, addr = change.key
        key = host, ifindex, addr
        if change.wanted is not None:
            self.updates[key].append(change)
        entry = self._tell_change(host, change) if self._telling else None
        if not change.effect:
            return
        if host in self._lab.hosts or not self._telling:
            self._lab.saw(key, change.at, _neigh(change))
        if entry is None:
            return
        entry.fields["hidden"] = True
        self._told[key].append(entry)
        early = self._early[key]
        for place, (_look, event) in enumerate(early):
            if _tells(event, change):
                for _ in range(place + 1):
                    early.popleft()
                entry.fields["hidden"] = False
                return
        while early and self._waits_in_vain(early[0][0]) and early[0][1].at < change.at:
            early.popleft()  # of something older
        self._untold[key].append((change, entry))

    def _tell_change(self, host: str, change: Change) -> timeline.Entry:
        old = change.old.state if change.old is not None else None
        before, after = "?" if old is None else state_name(old), state_name(change.new.state)
        kind = "transition" if change.effect else "no-op"
        return self._lab.timeline.add(
            host, "trace", kind, f"{change.key[2]} {_what(change, before, after)}{_why(change.cause)}", at=change.at,
            addr=change.key[2], ifname=change.ifname, old=before, new=after, lladdr=change.new.lladdr,
            flags=list(update_flag_names(change.update_flags)), ntf=flag_names(change.new.flags),
            **_fields(change.cause),
        )  # fmt: skip

    def _take_drop(self, drop: Drop) -> None:
        record = drop.record
        host = self._hosts.get(record.origin.inum)
        if host is None:
            return
        reason = drop_reasons().get(record.reason, f"reason {record.reason:#x}" if record.reason else "NOT_SPECIFIED")
        frame = (record.link_header or _NO_LINK_HEADER + record.ethertype.to_bytes(2)) + _unquoted(record.packet)
        what = describe(frame).removesuffix(_NO_SOURCE)
        text = f"{what} dropped: {reason} ({drop.cause.function})"
        self.dropped[Dropped(host, reason)] += 1
        if (to := parse(frame).target) is not None:
            self.dropped[Dropped(host, reason, to)] += 1
        if self._telling:
            self._lab.timeline.add(
                host, "trace", "drop", text, at=record.origin.at, reason=reason, ifname=record.origin.ifname,
                packet=record.packet.hex(), location=self._chronicle.causes.function_at(record.location),
                **_fields(drop.cause),
            )  # fmt: skip


def _unquoted(packet: bytes) -> bytes:
    """A redirect without the packet that it quotes, of which the kernel's word has only the beginning."""
    if len(packet) < 88 or packet[0] >> 4 != 6 or (packet[6], packet[40]) != (58, 137):
        return packet
    length = 48 if packet[80] == 2 else 40
    return packet[:4] + length.to_bytes(2) + packet[6 : 40 + length]


def _neigh(change: Change) -> Neigh | None:
    state = change.new.state
    if isinstance(state, Absent):
        return None
    return Neigh(change.key[2], state, change.new.lladdr, change.key[1], change.family, change.new.flags)


def _tells(event: NeighEvent, change: Change) -> bool:
    """Is an announcement about this change?"""
    if event.kind == RTM_DELNEIGH:
        return change.new.state is ABSENT
    return event.neigh.state == change.new.state and event.neigh.lladdr == change.new.lladdr


def _what(change: Change, before: str, after: str) -> str:
    if change.effect:
        return f"{before} -> {after}" + _rest(change.new, change.old)
    if change.wanted is None:
        return "is not created: the table is full"
    asked = state_name(change.wanted.state) + _rest(change.wanted, None)
    return f"stays {after}{_rest(change.new, None)}: an update to {asked} is without effect"


def _rest(entry: Entry, before: Entry | None) -> str:
    """Link-layer address and flags, as far as they are news."""
    text = ""
    if entry.lladdr is not None and (before is None or before.lladdr != entry.lladdr):
        text = f" lladdr {entry.lladdr}"
    if entry.flags and (before is None or before.flags != entry.flags):
        text += "".join(f" {name}" for name in flag_names(entry.flags))
    return text


def _why(cause: Cause | None) -> str:
    return f" ({cause.function}, {cause.by})" if cause is not None else ""


def _fields(cause: Cause | None) -> dict[str, Any]:
    if cause is None:
        return {"function": None, "stack": [], "by": None}
    return {"function": cause.function, "stack": list(cause.stack), "by": cause.by}

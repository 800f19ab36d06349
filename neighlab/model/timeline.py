"""One clock orders everything a lab did and saw: frames, neighbour events, settings, commands and verdicts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Entry:
    """One line of a timeline.

    `t_ms` is milliseconds on the monotonic clock since the story began (negative: before it).
    `source` tells where it comes from - `story` (what the scenario did), `netlink` (what the kernel announced or
    a dump showed), `wire` (what a capture saw), `knob` (a setting), `lab` (the machinery), `trace` (what the kernel's
    own tracepoints told) - and `kind` what it is: `sent`, `flood`, `fence`, `command`, `event`, `poll`, `frame`, `set`,
    `expect`, `lost`, `resync`, `note`, `transition`, `no-op`, `drop`.
    """

    t_ms: float
    host: str
    source: str
    kind: str
    text: str
    fields: dict[str, Any] = field(default_factory=dict)


class Timeline:
    """The growing record of one lab; entries are kept in the order of their time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.start = clock()
        self.entries: list[Entry] = []

    def restart(self) -> None:
        """Make now the zero of the clock (the story begins); what is recorded already gets negative times."""
        now = self.clock()
        shift = (now - self.start) * 1000
        for entry in self.entries:
            entry.t_ms -= shift
        self.start = now

    def now_ms(self) -> float:
        """Milliseconds since the story began."""
        return (self.clock() - self.start) * 1000

    def add(self, host: str, source: str, kind: str, text: str, *, at: float | None = None, **fields: Any) -> Entry:
        """Record something; `at` is its time on the monotonic clock in seconds, now when not given."""
        t_ms = ((self.clock() if at is None else at) - self.start) * 1000
        entry = Entry(t_ms, host, source, kind, text, fields)
        self.entries.append(entry)
        return entry

    def put(self, entry: Entry) -> None:
        """Record now what was prepared before."""
        entry.t_ms = self.now_ms()
        self.entries.append(entry)

    def sorted(self) -> list[Entry]:
        """All entries by time; entries of one time stay in the order in which they were recorded."""
        return sorted(self.entries, key=lambda entry: entry.t_ms)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

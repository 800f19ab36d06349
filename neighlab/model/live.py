"""What a running lab looks like at one moment is a value: whoever shows it asks the kernel nothing more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from neighlab.model.countdown import Timer
from neighlab.model.neigh import Neigh


class EntryNow(NamedTuple):
    """One entry of a host's tables, and the next thing that time alone does to it."""

    host: str
    ifname: str
    neigh: Neigh
    timer: Timer | None


class TableNow(NamedTuple):
    """One of the kernel's two tables: `entries` of all its namespaces, `own` of them this lab's."""

    name: str
    entries: int
    own: int
    gc_thresh1: int
    gc_thresh2: int
    gc_thresh3: int


class FrameNow(NamedTuple):
    """A frame as its sender put it on the wire; `t_ms` is since the watching began."""

    t_ms: float
    host: str
    ifname: str
    frame: bytes


class NewsNow(NamedTuple):
    """A change of an entry: `event` is NEWNEIGH, DELNEIGH or GETNEIGH when the kernel announced it, FOUND or MISSED
    when it announced nothing and a look at the table showed the entry so, or showed it no more.
    """

    t_ms: float
    host: str
    ifname: str
    event: str
    neigh: Neigh


class LossNow(NamedTuple):
    """`what` (events, frames) there was no room for, `number` of times."""

    t_ms: float
    what: str
    number: int


@dataclass(frozen=True, slots=True)
class LabNow:
    """A lab at one moment; entries are in the order of the hosts, within one in that of its table."""

    lab: str
    title: str
    families: str
    hosts: Sequence[str]
    t_ms: float
    epoch_s: float
    age_s: float
    entries: Sequence[EntryNow]
    tables: Sequence[TableNow]
    hears: bool
    """Is the lab small enough for its frames to be listened to?"""

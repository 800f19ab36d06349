"""A figure knows where everything stands and what it says, and nothing of colours or of the format it is drawn in.

Lengths are in pixels at zoom 1, x to the right and y downwards. Texts are as they came: whoever draws makes them safe.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

Fields: TypeAlias = tuple[tuple[str, str], ...]
"""What can be told about something: name and value, the most important first."""

Side: TypeAlias = Literal[-1, 1]
"""Left or right."""

MarkKind = Literal[
    "transition", "announcement", "no-op", "drop", "knob", "command", "met", "not-met", "note", "lost", "poll"
]


@dataclass(frozen=True, slots=True)
class Lifeline:
    """One host's line; or, when there are too many hosts, the line of all those that only listened."""

    x: float
    hosts: tuple[str, ...]
    title: str
    about: tuple[str, ...] = ()
    """Its addresses, as they stand under its name."""


@dataclass(frozen=True, slots=True)
class Column:
    """The place beside its host's line where the states of one neighbour entry are drawn."""

    x: float
    width: float
    host: str
    ifname: str
    addr: str
    title: str

    @property
    def wide(self) -> bool:
        """Is there room for the names of states?"""
        return self.width > 40


@dataclass(frozen=True, slots=True)
class Band:
    """An entry's state from `top` to `bottom`; `mixed` when what happened there is folded."""

    column: Column
    state: str
    top: float
    bottom: float
    fields: Fields = ()
    mixed: bool = False
    opened: int | None = None
    """The place of the transition that it begins with; None for a state from before the first event."""

    @property
    def upright(self) -> bool:
        """Is its state's name written upwards, as the column is narrow?"""
        return not self.column.wide and self.bottom - self.top >= 8.6 * len(self.state) + 8


@dataclass(frozen=True, slots=True)
class Label:
    """Words beside an event; `strong` ones stand before them, `slanted` ones were inferred."""

    x: float
    text: str
    strong: str = ""
    leftward: bool = False
    slanted: bool = False


@dataclass(frozen=True, slots=True)
class Head:
    """Where a frame arrived."""

    host: str
    x: float
    y: float
    t_ms: float
    idle: bool = False
    """It is known that it changed nothing there."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A frame on its way: from its sender to every host that received it; without heads nobody is known to have."""

    place: int
    """Of its entry on the timeline."""
    t_ms: float
    host: str
    x: float
    y: float
    label: Label
    heads: tuple[Head, ...] = ()
    kind: Literal["frame", "sent", "fence", "flood"] = "frame"
    toward: Side = 1
    """Where the stub of an arrow without heads points to."""
    whys: tuple[Label, ...] = ()
    """Under the arrow, at the nearest receiver on each side, why what the story sent changed nothing there."""
    fields: Fields = ()
    data: Fields = ()
    """The same for programs: names are fit for attributes."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Anything else that happened, at its host's line."""

    place: int
    t_ms: float
    host: str
    kind: MarkKind
    x: float
    y: float
    label: Label | None = None
    column: Column | None = None
    """The entry that it is about."""
    timer: bool = False
    """A timer ran off, and led to it."""
    fields: Fields = ()
    data: Fields = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """A time written at the figure's edge."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Silence:
    """A break of the time axis: nothing happened for so long."""

    y: float
    ms: float
    text: str


@dataclass(frozen=True, slots=True)
class Fold:
    """A stretch in which entries of the timeline are not drawn, and what they were."""

    top: float
    bottom: float
    places: tuple[int, ...]
    text: str


Event: TypeAlias = Arrow | Mark


@dataclass(slots=True)
class Figure:
    """A case as a ladder; `events` are in the order of the timeline."""

    name: str
    title: str
    length: int
    """Entries of the timeline: each is an event, or in one fold."""
    summary: str
    """What is to be seen, in a sentence, for whoever cannot see it."""
    left: float = 0.0
    """Where times end and lines begin."""
    width: float = 0.0
    height: float = 0.0
    head: float = 0.0
    """The height of what stands over the lines."""
    lifelines: list[Lifeline] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    bands: list[Band] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    silences: list[Silence] = field(default_factory=list)
    folds: list[Fold] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is not drawn, and other things that a reader has to know."""

"""Every transition has one line of cause: told by the kernel's stack where that is known, otherwise inferred."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from neighlab.model.evidence import CapturedFrame, Interface
from neighlab.model.timeline import Entry
from neighlab.model.why.cause import Cause
from neighlab.model.why.inferred import Transition, inferred
from neighlab.model.why.past import Past
from neighlab.model.why.traced import traced

Key: TypeAlias = tuple[str, str, str]
"""A neighbour entry: host, interface, address."""

_ANNOUNCED: Final = (("netlink", "event"), ("netlink", "poll"), ("netlink", "resync"))
_TRACED: Final = (("trace", "transition"), ("trace", "no-op"))
_ACTS: Final = (("story", "command"), ("story", "sent"), ("story", "flood"), ("knob", "set"))


@dataclass(slots=True)
class _Known:
    """An entry as it was last announced or seen, and the last frame that was a cause of something to it."""

    state: str = "ABSENT"
    lladdr: str | None = None
    used: int = -1
    since_ms: float = float("-inf")


def tell_causes(
    timeline: Sequence[Entry], frames: Sequence[CapturedFrame], interfaces: Sequence[Interface] = ()
) -> dict[int, Cause]:
    """Give every transition of a timeline (by time) its fields `cause`, a line, and `cause_inferred`, and return the
    causes by their places.

    `frames` are those that were captured, `interfaces` say who owns which address; without them a cause is poorer.
    """
    found = causes(timeline, frames, interfaces)
    for place, cause in found.items():
        fields = timeline[place].fields
        fields["cause"], fields["cause_inferred"] = str(cause), cause.inferred
    return found


def causes(
    timeline: Sequence[Entry],
    frames: Sequence[CapturedFrame],
    interfaces: Sequence[Interface] = (),
    *,
    untraced: bool = False,
) -> dict[int, Cause]:
    """The cause of each transition by its place on the timeline; `untraced`: as if the kernel had told no stack."""
    if not any(_is_transition(entry) for entry in timeline):
        return {}
    return _Teller(timeline, Past(frames, interfaces), untraced=untraced).run(frames)


def _is_transition(entry: Entry) -> bool:
    key = entry.source, entry.kind
    return (key in _TRACED or (key in _ANNOUNCED and entry.fields.get("event") != "GETNEIGH")) and bool(
        entry.fields.get("ifname")
    )


class _Teller:
    """Goes through frames and entries in the order of their time."""

    def __init__(self, timeline: Sequence[Entry], past: Past, *, untraced: bool) -> None:
        self._timeline = timeline
        self._past = past
        self._untraced = untraced
        self._known: dict[Key, _Known] = defaultdict(_Known)
        self._told: dict[Key, list[tuple[Entry, Cause]]] = defaultdict(list)
        self._spent: dict[Key, int] = defaultdict(int)
        """How many of those have been the cause of an announcement already: the first, or none."""
        self._causes: dict[int, Cause] = {}

    def run(self, frames: Sequence[CapturedFrame]) -> dict[int, Cause]:
        moments = [(one.t_ms, 0, place) for place, one in enumerate(frames)]
        moments += [(one.t_ms, 1, place) for place, one in enumerate(self._timeline)]
        for _t_ms, kind, place in sorted(moments):
            if kind == 0:
                self._past.pass_frame(place)
            else:
                self._take(place, self._timeline[place])
        return self._causes

    def _take(self, place: int, entry: Entry) -> None:
        if (entry.source, entry.kind) in _ACTS:
            self._past.pass_act(entry)
        elif not _is_transition(entry):
            self._past.pass_news(entry)
        elif entry.source != "trace":
            self._announced(place, entry)
        elif not self._untraced:
            key = entry.host, entry.fields["ifname"], entry.fields["addr"]
            cause = traced(entry, self._past, self._known[key].used)
            self._told[key].append((entry, cause))
            self._note(key, place, cause)

    def _note(self, key: Key, place: int, cause: Cause) -> None:
        self._causes[place] = cause
        made = self._timeline[place].fields.get("new") == "NONE"  # the same frame goes on to fill it
        if cause.place is not None and not made:
            self._known[key].used = cause.place

    def _announced(self, place: int, entry: Entry) -> None:
        fields = entry.fields
        key = entry.host, fields["ifname"], fields["addr"]
        known = self._known[key]
        new = "ABSENT" if fields.get("event") == "DELNEIGH" else fields["state"]
        lladdr = None if new == "ABSENT" else fields.get("lladdr")
        if (told := self._traced(key, new, lladdr)) is not None:
            cause = told
        else:
            it = Transition(
                entry.t_ms, *key, known.state, known.lladdr, new, lladdr, known.used, known.since_ms,
                entry.kind == "event",
            )  # fmt: skip
            cause = inferred(it, self._past)
        self._note(key, place, cause)
        known.state, known.lladdr, known.since_ms = new, lladdr, entry.t_ms

    def _traced(self, key: Key, new: str, lladdr: str | None) -> Cause | None:
        """What the kernel told of the change that an announcement is about; what it told before is done with.

        Announcements come in the order of the changes, and sometimes two about one, as long as nothing else has become
        of the entry. A timer announces before it tells (neigh_timer_handler): then there is nothing yet to be found.
        """
        told = self._told[key]
        spent = self._spent[key]
        for place in range(spent if len(told) > spent else 0, len(told)):
            entry, cause = told[place]
            same_lladdr = new == "ABSENT" or lladdr is None or entry.fields["lladdr"] == lladdr
            if entry.fields["new"] == new and same_lladdr and entry.kind == "transition" and cause.kind != "unknown":
                del told[:place]
                self._spent[key] = 1
                return cause
        return None

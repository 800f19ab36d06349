"""Lines of hosts stand far enough apart for the words between them, with the states of their entries beside them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from typing import Final

from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.report.ladder import columns as chosen_columns
from neighlab.report.ladder.figure import Column, Label, Lifeline, Side
from neighlab.report.ladder.history import Key
from neighlab.report.ladder.hosts import Order
from neighlab.report.ladder.metrics import clipped, short, width
from neighlab.report.ladder.words import reasons_of

EDGE: Final = 78.0
"""Left of it stand the times."""
_MARGIN: Final = 16.0
_BESIDE: Final = 12.0
"""Between a line and the words beside it."""
_GAPS: Final = {
    1: (360.0, 620.0),
    2: (360.0, 600.0),
    3: (250.0, 385.0),
    4: (220.0, 330.0),
    5: (170.0, 250.0),
    6: (150.0, 210.0),
}
"""Number of lines -> least and greatest distance between two of them; more lines than these stand closer."""
_CROWDED: Final = (130.0, 160.0)
_NOBODY: Final = 26.0
"""How far right of the first line stands what belongs to no host."""
_NEAR: Final = 200.0
"""Room for words that is enough for most of them."""
_BOX: Final = 50.0
"""The height of a host's box."""
_TITLE_ROOM: Final = {True: 14, False: 18}
"""Characters of the heading of a wide and of a narrow column."""


class Stage:
    """Where lines and columns are, and where words may stand."""

    def __init__(self, case: CaseResult, order: Order, chosen: chosen_columns.Chosen) -> None:
        self.columns: dict[Key, Column] = {}
        self.lifelines: list[Lifeline] = []
        self._case = case
        self._x: dict[str, float] = {}
        self._beside: dict[str, float] = {}
        """What stands right of a host's line."""
        groups = [(name,) for name in order.alone] + ([order.together] if order.together else [])
        gap = _gap(case, len(groups))
        x = EDGE
        for number, hosts in enumerate(groups):
            room = chosen.width(hosts[0]) if len(hosts) == 1 else 0.0
            if number == 0:
                self._place(hosts[0], chosen, x)
                x += room + 6 if room else 42
                self._stand(x, hosts, 0.0)
            else:
                x += gap
                self._stand(x, hosts, room + 8 if room else 0.0)
                self._place(hosts[0], chosen, x + 8)
                x += room + 8 if room and number < len(groups) - 1 else 0.0
        lines = [one.x for one in self.lifelines] or [EDGE]
        self._left, self._right = lines[0], lines[-1] if len(lines) > 1 else lines[0] + gap
        last = self.lifelines[-1].hosts[0] if len(lines) > 1 else ""
        self.width = self._right + max(62.0, self._beside.get(last, 0.0) + _MARGIN)
        upright = [width(one.title, 11) for one in self.columns.values() if not one.wide]
        self.head = _BOX + max([16.0, *(one + 10 for one in upright)])

    @property
    def hosts(self) -> Collection[str]:
        """All that have a line, or share one."""
        return self._x.keys()

    def x(self, host: str) -> float:
        """Where a host's line is; beside the first one for what belongs to no host."""
        return self._x.get(host, self._left + _NOBODY)

    def toward(self, host: str, places: Sequence[float] = ()) -> Side:
        """The side on which there is more room for words, or the one of the farthest of `places`."""
        x = self.x(host)
        if places:
            return -1 if max(places, key=lambda end: (abs(end - x), end)) < x else 1
        left, right = (abs(self._until(x, side, self._has_columns) - self._start(host, side)) for side in (-1, 1))
        return 1 if x == self._left or host not in self._x or (left < _NEAR < right and x != self._right) else -1

    def label(
        self,
        host: str,
        text: str,
        *,
        strong: str = "",
        toward: Side | None = None,
        slanted: bool = False,
        until: float | None = None,
        standing: Callable[[str], bool] | None = None,
    ) -> Label:
        """Words at a host's line, clipped to the room that there is, or to what is left before the line at `until`.

        They do not cover the columns of hosts, or only of those that `standing` says have no states there now.
        """
        toward = toward or self.toward(host)
        start = self._start(host, toward)
        room = (self._until(self.x(host), toward, standing or self._has_columns) - start) * toward
        if until is not None:
            room = min(room, (until - start) * toward - _BESIDE)
        strong = clipped(strong, room, bold=True)
        left = room - (width(f"{strong}  ", bold=True) if strong else 0.0)
        return Label(start, clipped(text, left), strong, toward < 0, slanted)

    def _start(self, host: str, toward: int) -> float:
        return self.x(host) + toward * _BESIDE + (self._beside.get(host, 0.0) if toward > 0 else 0.0)

    def _until(self, x: float, toward: int, standing: Callable[[str], bool]) -> float:
        """Where words from a line at `x` must end: at the next states or the last line in their way."""
        lines = [one for one in self.lifelines if self._has_columns(one.hosts[0]) and standing(one.hosts[0])]
        if toward > 0:
            return min([one.x for one in lines if one.x > x] or [self._right]) - 6
        return max([one.x + self._beside[one.hosts[0]] for one in lines if one.x < x] or [self._left]) + 6

    def _has_columns(self, host: str) -> bool:
        """Do states stand right of a host's line, at some time?"""
        return self._beside[host] > 0

    def _stand(self, x: float, hosts: tuple[str, ...], beside: float) -> None:
        self._x |= dict.fromkeys(hosts, x)
        self._beside |= dict.fromkeys(hosts, beside)
        title = hosts[0] if len(hosts) == 1 else f"{len(hosts)} more hosts"
        self.lifelines.append(Lifeline(x, hosts, title, _about(self._case, hosts)))

    def _place(self, host: str, chosen: chosen_columns.Chosen, x: float) -> None:
        own = chosen.keys.get(host, [])
        several = len({key[1] for key, _width in own}) > 1
        for key, wide in own:
            _host, ifname, addr = key
            title = f"{addr} {ifname}" if several else addr
            room = _TITLE_ROOM[wide == chosen_columns.WIDE]
            self.columns[key] = Column(x, wide, host, ifname, addr, short(title, room))
            x += wide + chosen_columns.GAP


def _gap(case: CaseResult, lines: int) -> float:
    least, most = _GAPS.get(lines, _CROWDED)
    longest = max((width(one[:120]) for entry in case.timeline for one in _sayings(entry)), default=0.0)
    wrong = [
        f"expected {one.expected}, observed {one.observed}  {one.subject}"
        for one in case.expectations
        if not one.passed
    ]
    longest = max([longest, *(width(one[:120], bold=True) for one in wrong)])
    return min(most, max(least, longest + 3 * _BESIDE))


def _sayings(entry: Entry) -> Iterator[str]:
    """What may have to be said of an entry."""
    yield f"{entry.text} {entry.fields.get('cause') or ''}, after 999 ms"
    yield from reasons_of(entry).values()


def _about(case: CaseResult, hosts: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses of a host's interfaces: those of the first, and how many more there are."""
    own = [one for one in (case.evidence.interfaces if case.evidence else ()) if one.host == hosts[0]]
    if len(hosts) > 1 or not own:
        return ()
    addrs = [addr for one in own for addr in one.addrs]
    routed = [addr for addr in addrs if not addr.lower().startswith("fe80")] or addrs
    more = f" +{len(routed) - 1}" if len(routed) > 1 else ""
    return (f"{short(routed[0], 24)}{more}" if routed else "no address", own[0].lladdr)

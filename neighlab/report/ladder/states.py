"""An entry's line is one unbroken row of bands from the moment it is there until it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from neighlab.report.ladder.figure import Band, Column, Fields
from neighlab.report.ladder.history import Change, History, Key


class _Open(NamedTuple):
    state: str
    top: float
    fields: Fields = ()
    mixed: bool = False
    opened: int | None = None


class States:
    """Collects the bands of all entries that have a column."""

    def __init__(self, told: History, columns: Mapping[Key, Column], top: float) -> None:
        self._columns = columns
        self._open = {
            key: _Open(state, top, (("state", f"{state}, from before the first event on"),))
            for key, state in told.before.items()
            if key in columns
        }
        self._bands: list[Band] = []

    def enter(self, change: Change, y: float, fields: Fields, place: int) -> None:
        """The entry's state changes at `y`."""
        self._close(change.key, y)
        told = (("state", f"{change.new} of {change.key[2]}"), *fields)
        self._open[change.key] = _Open(change.new, y, told, opened=place)

    def fold(self, change: Change, top: float, bottom: float) -> None:
        """The entry's state changes somewhere in a fold, perhaps not for the first time."""
        self._close(change.key, top)
        now = self._open.get(change.key)
        if now is None:
            return
        if not (now.mixed and now.top == bottom):
            column = self._columns[change.key]
            self._bands.append(Band(column, "", top, bottom, (("states", "several, folded"),), True))
        self._open[change.key] = _Open(change.new, bottom, (("state", f"{change.new} of {change.key[2]}"),), True)

    def standing(self, host: str) -> bool:
        """Is there a band of one of a host's entries at the height that was last told?"""
        return any(key[0] == host and now.state != "ABSENT" for key, now in self._open.items())

    def conclude(self, bottom: float) -> list[Band]:
        """All bands, those that never ended down to the figure's end."""
        for key in self._open:
            self._close(key, bottom)
        return self._bands

    def _close(self, key: Key, y: float) -> None:
        now = self._open.get(key)
        if now is not None and now.state != "ABSENT" and y > now.top:
            self._bands.append(Band(self._columns[key], now.state, now.top, y, now.fields, opened=now.opened))

"""Whoever waits has looked once when his time was over, whatever held him up."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from neighlab.wire import looks


@pytest.mark.parametrize(
    ("clock", "left"),
    [
        ([0, 0, 0.4, 0.9, 1.1], [1.0, 0.6, 0.1, 0.0]),
        ([0, 0, 5], [1.0, 0.0]),  # held up after the first look
        ([0, 5], [0.0]),  # and before it
    ],
)
def test_the_last_look_begins_when_the_time_is_over(
    clock: list[float], left: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    reading = iter(clock)
    monkeypatch.setattr(looks, "time", SimpleNamespace(monotonic=lambda: next(reading)))
    assert list(looks.looks(1.0)) == pytest.approx(left)


def test_no_time_at_all_is_one_look() -> None:
    assert list(looks.looks(0)) == [0.0]

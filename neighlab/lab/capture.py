"""What a host sent and what reached it is counted, not guessed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Literal

from neighlab.model.result import Expectation
from neighlab.wire.looks import looks
from neighlab.wire.tap import Seen

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab

Direction = Literal["sent", "received"]


class Capture:
    """The frames of one host since the capture was begun, as the lab's taps heard them."""

    def __init__(self, lab: Lab, host: str) -> None:
        self.lab = lab
        self.host = host
        lab.pump()
        self._first = len(lab.frames)

    def frames(self, direction: Direction = "sent", **fields: Any) -> list[Seen]:
        """The frames so far whose fields (of model.frames.Parsed: kind, sender, target, is_broadcast, ...) have these
        values.
        """
        self.lab.pump()
        return [
            seen
            for seen in self.lab.frames[self._first :]
            if seen.host == self.host and seen.direction == direction and fits(seen, fields)
        ]

    def expect(
        self, count: int | range, direction: Direction = "sent", *, within_ms: float = 2000, **fields: Any
    ) -> list[Seen]:
        """Expect `count` such frames (a range: at least its first, at most its last) and return them.

        Waits until the least number is there. That there are no more is true at that moment: put a fence before it.
        """
        least, most = (count.start, count.stop - 1) if isinstance(count, range) else (count, count)
        start = time.monotonic()
        found: list[Seen] = []
        for left in looks(within_ms / 1000 * self.lab.time_scale):
            if len(found := self.frames(direction, **fields)) >= least:
                break
            self.lab.wait(left)
        what = " ".join(f"{key}={value}" for key, value in fields.items())
        number = str(count) if not isinstance(count, range) else f"{least}..{most}"
        self.lab.judge(
            Expectation(
                f"{self.host} {direction} frames {what}".strip(), number, str(len(found)), least <= len(found) <= most,
                self.lab.timeline.now_ms(), (time.monotonic() - start) * 1000,
            )
        )  # fmt: skip
        return found


def fits(seen: Seen, fields: dict[str, Any]) -> bool:
    """Have the fields of a frame (of model.frames.Parsed) these values?"""
    if not fields:
        return True
    parsed = seen.parsed
    return all(getattr(parsed, name) == value for name, value in fields.items())

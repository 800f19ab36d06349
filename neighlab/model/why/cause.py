"""A transition has one cause: a frame, a packet, a timer, a command, a setting or work of the kernel's own."""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["frame", "packet", "timer", "command", "setting", "work", "unknown"]


class Cause(NamedTuple):
    """What made an entry change: `what` in words, `path` the kernel's functions, who decided first.

    `inferred` is True when it was concluded from order and content, and not told by the kernel's stack. `place` is the
    frame's among the frames that were looked at.
    """

    kind: Kind
    what: str = ""
    path: tuple[str, ...] = ()
    inferred: bool = True
    place: int | None = None

    def __str__(self) -> str:
        text = f"{self.kind}: {self.what}" if self.what else self.kind
        return f"{text} ({' -> '.join(self.path)})" if self.path else text


UNKNOWN = Cause("unknown")

OVER = {
    ("REACHABLE", "STALE"): "reachable time is over, unused",
    ("REACHABLE", "DELAY"): "reachable time is over, in use",
    ("REACHABLE", "PROBE"): "reachable time and delay are over, in use",
    ("DELAY", "PROBE"): "not confirmed within delay_first_probe_time",
    ("DELAY", "REACHABLE"): "confirmed by an upper layer in time",
    ("INCOMPLETE", "FAILED"): "no answer",
    ("PROBE", "FAILED"): "no answer",
    ("PROBE", "STALE"): "no answer, but externally validated",
}
"""What neigh_timer_handler has found when it leads from one state to another."""


def timer(old: str, new: str, *, asked: int, inferred: bool) -> Cause:
    """The entry's own timer; `asked` is how many questions were on the wire before it gave up, 0 if nobody counted."""
    what = OVER.get((old, new), f"leads from {old} to {new}")
    if asked and what.startswith("no answer"):
        said = f"no answer to {asked} question{'s' if asked > 1 else ''}"
        what = what.replace("no answer", said, 1)
    path: tuple[str, ...] = ("neigh_timer_handler",)
    if new == "FAILED":
        path += ("neigh_invalidate",)
    return Cause("timer", what, path, inferred)

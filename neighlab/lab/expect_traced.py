"""What only the kernel can tell is counted where it tells it, and elsewhere inferred from what the story can see.

With a trace (as root) drops and updates are those that the kernel's tracepoints recorded. Without one, or when records
may be missing, the story says what captures, counters and tables prove; the verdict is then marked `inferred`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from neighlab.errors import Unsupported
from neighlab.kernel.tracing.chronicle import Change, update_flag_names
from neighlab.lab.dropped import Dropped
from neighlab.model.nud import NUD, state_name
from neighlab.model.result import Expectation
from neighlab.wire.looks import looks

if TYPE_CHECKING:
    from neighlab.lab.history import Key
    from neighlab.lab.lab import Lab
    from neighlab.lab.witness import Witness

T = TypeVar("T")

_POLL_S = 0.005


class Update(NamedTuple):
    """What neigh_update was asked by whom: the function that called, NEIGH_UPDATE_F_* by name, and what came of it."""

    function: str
    flags: frozenset[str]
    effect: bool

    def __str__(self) -> str:
        flags = "|".join(sorted(self.flags)) or "no flags"
        return f"{self.function} {flags}: {'changed' if self.effect else 'without effect'}"


def expect_drop(
    lab: Lab, which: Dropped, count: int | range, within_ms: float, inferred: int | Callable[[], int] | None
) -> None:
    """Count the packets that a host's kernel dropped and no earlier call counted. See Host.expect_drop."""
    witness = lab.witness if lab.witness is not None and which.reason in lab.witness.reasons else None

    def concluded() -> int:
        return _said(inferred, "why a packet was dropped", witness)

    def dropped() -> int:
        lab.pump()
        return concluded() if witness is None else witness.uncounted(which)

    least, most = (count.start, count.stop - 1) if isinstance(count, range) else (count, count)
    started = time.monotonic()
    number = _wait(lab, dropped, lambda seen: seen >= least, within_ms if witness or callable(inferred) else 0)
    exact = witness is not None and witness.certain()
    if witness is not None:
        witness.counted[which] += number
        if not exact and (inferred is not None or number < least):
            number = max(number, concluded())
    wanted = f"{least}..{most}" if isinstance(count, range) else str(count)
    holds = least <= number <= most
    subject = f"{which.host} drops {which.reason}" + (f" for {which.to}" if which.to else "")
    _judge(lab, subject, wanted, str(number), holds, started, inferred=not exact)


def expect_update(
    lab: Lab, key: Key, subject: str, wanted: Update, within_ms: float, inferred: bool | Callable[[], bool] | None
) -> None:
    """Look for an update of an entry among those that the kernel tried since the last act. See Host.expect_update."""
    witness, started = lab.witness, time.monotonic()

    def concluded() -> list[str]:
        return [str(wanted)] if _said(inferred, "an update that changes nothing", witness) else []

    def seen() -> list[str]:
        lab.pump()
        if witness is None:
            return concluded()
        return [str(_told(change)) for change in witness.updates[key] if change.at >= lab.last_act]

    found = _wait(lab, seen, lambda texts: str(wanted) in texts, within_ms if witness or callable(inferred) else 0)
    exact = witness is not None and (str(wanted) in found or witness.certain())
    if witness is not None and not exact:
        found += concluded()
    holds = str(wanted) in found
    observed = str(wanted) if holds else ", ".join(dict.fromkeys(found)) or "none"
    _judge(lab, subject, str(wanted), observed, holds, started, inferred=not exact)


def expect_hidden(lab: Lab, key: Key, subject: str, states: tuple[NUD, ...], within_ms: float) -> None:
    """Look for states that an entry entered without any announcement. See Host.expect_hidden."""
    witness, started = lab.witness, time.monotonic()
    wanted = [state_name(state) for state in states]

    def polled() -> list[str]:
        past = lab.history[key]
        announced = {one.state for one in past if one.event}
        return [state_name(one.state) for one in past if not one.event and one.state not in announced]

    def seen() -> list[str]:
        lab.pump()
        return polled() if witness is None else witness.hidden(key)

    found = _wait(lab, seen, lambda names: set(wanted) <= set(names), within_ms)
    exact = witness is not None and (set(wanted) <= set(found) or witness.certain())
    if not exact:
        found = [*found, *polled()]
    observed = [name for name in wanted if name in found]
    holds = observed == wanted
    _judge(lab, subject, ", ".join(wanted), ", ".join(observed) or "none", holds, started, inferred=not exact)


def _wait(lab: Lab, look: Callable[[], T], enough: Callable[[T], bool], within_ms: float) -> T:
    """Look until there is enough, or the time is over; the last look."""
    for left in looks(within_ms / 1000 * lab.time_scale):
        if enough(seen := look()):
            break
        lab.wait(min(left, _POLL_S))
    return seen


def _said(inferred: T | Callable[[], T] | None, what: str, witness: Witness | None) -> T:
    """What the story concludes from what it sees."""
    if inferred is None and witness is not None:
        raise Unsupported(f"some of the kernel's records are missing, and nothing else tells {what}: run it again")
    if inferred is None:
        raise Unsupported(f"only the kernel's tracepoints tell {what}: run as root")
    return inferred() if callable(inferred) else inferred


def _judge(lab: Lab, subject: str, wanted: str, observed: str, passed: bool, started: float, *, inferred: bool) -> None:
    took_ms = (time.monotonic() - started) * 1000
    lab.judge(Expectation(subject, wanted, observed, passed, lab.timeline.now_ms(), took_ms, inferred))


def _told(change: Change) -> Update:
    function = change.cause.function if change.cause is not None else "?"
    return Update(function, frozenset(update_flag_names(change.update_flags)), change.effect)

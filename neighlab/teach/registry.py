"""An exercise says what it prepares, what is checked, and what somebody who went wrong is told."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from neighlab.errors import ExpectationFailed, ScenarioError
from neighlab.model.families import Families

COMMANDS = ("answer", "check", "frame", "hint", "sheet")
"""What a student can type besides the names of hosts; no host may be called so."""

GIVEN = ("lab", "answers", "captures")
"""What a check may ask for besides hosts: the lab, what was handed in by `answer`, and what each host sent and received
while the student worked."""


class Rejected(ExpectationFailed):
    """The solution is wrong, and this says why in a sentence that helps; `because` raises it."""


@contextlib.contextmanager
def because(sentence: str) -> Iterator[None]:
    """Answer an expectation that fails inside with this sentence instead of the check's own."""
    try:
        yield
    except Rejected:
        raise
    except ExpectationFailed as problem:
        raise Rejected(sentence) from problem


@dataclass(frozen=True, slots=True)
class Check:
    """One check of an exercise: a sentence, what it is worth, and the function that asks the kernel."""

    claim: str
    points: int
    otherwise: str
    function: Callable[..., object]
    kept: bool
    """It holds from the beginning, and must go on to hold: alone it earns nothing."""

    @property
    def name(self) -> str:
        """The function's name."""
        return str(getattr(self.function, "__name__", "check"))

    @property
    def wants(self) -> list[str]:
        """The hosts, and what else is GIVEN, that the function takes, by name."""
        return list(inspect.signature(self.function).parameters)


@dataclass(slots=True)
class Exercise:
    """An exercise's lab definition; `name` is its folder's and is set when that is loaded."""

    prepare: Callable[..., object]
    topology: Any
    title: str
    family: Families
    yours: tuple[str, ...]
    """The hosts that the student administers; empty: all."""
    about: tuple[str, ...]
    minutes: int
    time_s: float
    keeps_running: bool
    room: int
    """So many more entries fit into the kernel's neighbour table while the student works; 0: its limits stay."""
    checks: list[Check] = field(default_factory=list)
    name: str = ""

    def check(
        self, claim: str, *, points: int = 1, otherwise: str, kept: bool = False
    ) -> Callable[[Callable[..., object]], Callable[..., object]]:
        """Register the decorated function as a check: `claim` is what it checks, in one sentence.

        Its parameters name hosts, or `lab`, `answers`, `captures`. It makes expectations, which must all be met;
        `otherwise` is what the student is told when one is not, unless `because` knows better. It may send frames.
        `kept` says that it holds in the untouched lab already: its points count only beside others.
        """

        def register(function: Callable[..., object]) -> Callable[..., object]:
            if not claim or not otherwise:
                raise ScenarioError(f"check {claim!r}: it needs a sentence of what is checked, and one for a failure")
            if not 1 <= points <= 100:
                raise ScenarioError(f"check {claim!r}: it is worth 1 to 100 points (got {points})")
            check = Check(claim, points, otherwise, function, kept)
            if any(one.name == check.name for one in self.checks):
                raise ScenarioError(f"two checks are called {check.name}, and the first would be lost")
            self.checks.append(check)
            return function

        return register

    @staticmethod
    def call(function: Callable[..., object], lab: Any, given: Mapping[str, Any]) -> object:
        """Call a function with the hosts, and what else is GIVEN, that its parameters name."""
        names = inspect.signature(function).parameters
        known = {"lab": lab, **given}
        return function(*(known[name] if name in known else lab[name] for name in names))

    @property
    def needs(self) -> tuple[str, ...]:
        """What it takes besides a sandbox, as scenarios say it."""
        return ("host-table",) if self.room else ()

    @property
    def points(self) -> int:
        """What all of its checks are worth."""
        return sum(one.points for one in self.checks)


def exercise(
    *,
    topology: Any,
    family: Families = "ipv4",
    yours: Iterable[str] = (),
    about: Iterable[str] = (),
    minutes: int = 20,
    time_s: float = 60,
    keeps_running: bool = False,
    room: int = 0,
) -> Callable[[Callable[..., object]], Exercise]:
    """Make the decorated function an exercise: it prepares the lab; its parameters name hosts, or `lab`.

    `yours` names the hosts that the student administers (all, when none is named); the others nobody but the checks
    can touch. `about` names lines of mechanisms.toml; `minutes` is how long a student may need, `time_s` how long a
    graded script may run. With `keeps_running` its processes live on during the checks. With `room` so many more
    entries than there are when the lab is prepared fit into the kernel's neighbour table: such an exercise has the
    table of its machine to itself, which takes root and --host-table.
    """
    if family not in get_args(Families):
        raise ScenarioError(f"family is one of {', '.join(get_args(Families))} (got {family!r})")

    if room < 0:
        raise ScenarioError(f"room for {room} entries: at least 1, or 0 for an exercise that needs no limit")

    def register(prepare: Callable[..., object]) -> Exercise:
        text = inspect.cleandoc(getattr(prepare, "__globals__", {}).get("__doc__") or "")
        title = " ".join(text.partition("\n\n")[0].split())
        if not title:
            raise ScenarioError("the file's docstring must begin with the exercise's title, one sentence")
        return Exercise(
            prepare, topology, title, family, tuple(yours), tuple(about), minutes, float(time_s), keeps_running, room
        )

    return register

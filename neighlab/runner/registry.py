"""What is wrong with a scenario is said when its file is loaded, not when it runs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from neighlab.errors import ScenarioError
from neighlab.model import knobs
from neighlab.model.families import Families

NEEDS: Final[Mapping[str, str]] = {
    "host-table": "the kernel's whole neighbour table (root and --host-table, or a VM)",
}
"""What a scenario may need besides a sandbox, and how that is explained."""

_CASE_NAME: Final = re.compile(r"[a-z0-9][a-z0-9.+-]*")


Story = Callable[..., None]


@dataclass(frozen=True, slots=True)
class Sabotage:
    """One change under which a case must fail: a proof that it can.

    `knobs` keep these values whatever the story sets; `frames` exchanges addresses in the frames that are sent (old
    -> new); `mute` lets no frame of the story onto the wire; `params` replaces arguments of the case, for what is in
    the way by the host's own doing (an entry that is PERMANENT).
    """

    knobs: Mapping[str, int] = field(default_factory=dict)
    frames: Mapping[str, str] = field(default_factory=dict)
    mute: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        said = [f"{name} stays {value}" for name, value in self.knobs.items()]
        said += [f"{old} in sent frames becomes {new}" for old, new in self.frames.items()]
        said += [
            f"{name} is {getattr(value, 'name', None) or getattr(value, '__name__', value)}"
            for name, value in self.params.items()
        ]
        return ", ".join(said + (["no frame is sent"] if self.mute else []))


class Case:
    """One row of a scenario: a name, which starts with what makes it different, and the story's keyword arguments.

    `since` and `until` are kernel versions: the first that behaves so, and the first that does not any more.
    `family` overrides the scenario's. `sabotage` is the change under which this case must fail, when it is not the
    scenario's.
    """

    def __init__(
        self,
        name: str,
        *,
        since: str | None = None,
        until: str | None = None,
        family: Families | None = None,
        sabotage: Sabotage | None = None,
        **params: Any,
    ) -> None:
        if not _CASE_NAME.fullmatch(name):
            raise ScenarioError(
                f"case name {name!r}: it is kebab-case (a-z, 0-9, '-', '.', '+'), as in 2-refuses-off-link"
            )
        if family is not None and family not in get_args(Families):
            raise ScenarioError(f"case {name}: family is one of {', '.join(get_args(Families))} (got {family!r})")
        for version in (since, until):
            if version is not None and not re.fullmatch(r"\d+(\.\d+)+", version):
                raise ScenarioError(f"case {name}: {version!r} is no kernel version (6.0, 5.15.3)")
        self.name = name
        self.since = since
        self.until = until
        self.family = family
        self.sabotage = sabotage
        self.params = params

    def __repr__(self) -> str:
        return f"<Case {self.name}>"


@dataclass(slots=True)
class Scenario:
    """A registered scenario; `name` is its path without `.py` and is set when its file is discovered."""

    story: Story
    topology: Any
    cases: tuple[Case, ...]
    claim: str
    lesson: str
    family: Families
    needs: tuple[str, ...]
    proves: tuple[str, ...]
    kernel: str
    sabotage: Sabotage | None
    timeout_s: float | None
    file: str
    line: int
    trace: bool = False
    name: str = ""

    @property
    def subject(self) -> str:
        """The folder that the scenario is in: `garp` of `garp/arp_accept`; empty for a user's own file."""
        return self.name.split("/")[-2] if "/" in self.name.removesuffix(".py") else ""

    def family_of(self, case: Case) -> Families:
        """The families that a case's lab speaks."""
        return case.family or self.family

    def sabotage_of(self, case: Case) -> Sabotage | None:
        """The change under which a case must fail."""
        return case.sabotage or self.sabotage


def scenario(
    *,
    topology: Any,
    cases: Sequence[Case] | None = None,
    family: Families = "ipv4",
    needs: Iterable[str] = (),
    proves: Iterable[str] = (),
    kernel: str = "",
    sabotage: Sabotage | None = None,
    timeout_s: float | None = None,
    trace: bool = False,
) -> Callable[[Story], Story]:
    """Register the decorated function as a story.

    Its positional parameters name hosts of the topology (or `lab`, `table`), its keyword-only ones get a case's
    values. The claim is the first sentence of the file's docstring, the lesson the rest of it. `kernel` names the
    functions of the kernel that decide. `needs` names what else it takes (`host-table`); `timeout_s` replaces the
    limit that is derived from the knobs. `trace` asks for the kernel's own word (every transition, every dropped
    packet) where it can be had, as root; elsewhere the story must do with what captures and tables prove.
    """
    if family not in get_args(Families):
        raise ScenarioError(f"family is one of {', '.join(get_args(Families))} (got {family!r})")
    wanted = tuple(needs)
    for need in wanted:
        if need not in NEEDS:
            raise ScenarioError(f"needs={need!r}: it is one of {', '.join(NEEDS)}")

    def register(story: Story) -> Story:
        file = inspect.getsourcefile(story) or "?"
        line = inspect.unwrap(story).__code__.co_firstlineno
        rows = tuple(cases) if cases is not None else (Case("default"),)
        where = f"{file}:{line} {story.__name__}"
        if hasattr(story.__globals__.get(story.__name__), "__neighlab__"):
            raise ScenarioError(f"{where}: two stories of this file have this name, and the first would be lost")
        _check_rows(rows, story, where)
        for one in (sabotage, *(row.sabotage for row in rows)):
            for name, value in (one.knobs if one else {}).items():
                knobs.parse_value(knobs.find(name), value)
        text = inspect.cleandoc(story.__globals__.get("__doc__") or story.__doc__ or "")
        claim, _, lesson = text.partition("\n\n")
        if not claim:
            raise ScenarioError(f"{where}: the file's docstring must begin with its claim, one sentence")
        story.__neighlab__ = Scenario(  # type: ignore[attr-defined]
            story, topology, rows, " ".join(claim.split()), lesson.strip(), family, wanted, tuple(proves),
            kernel, sabotage, timeout_s, file, line, trace,
        )  # fmt: skip
        return story

    return register


def parameters(story: Story) -> tuple[list[str], set[str], set[str]]:
    """The hosts that a story names, the keywords that it takes, and those of them that it must be given."""
    hosts, keywords, required = [], set(), set()
    for parameter in inspect.signature(story).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY:
            keywords.add(parameter.name)
            if parameter.default is parameter.empty:
                required.add(parameter.name)
        else:
            hosts.append(parameter.name)
    return hosts, keywords, required


def _check_rows(rows: tuple[Case, ...], story: Story, where: str) -> None:
    _hosts, keywords, required = parameters(story)
    seen: set[str] = set()
    for row in rows:
        if row.name in seen:
            raise ScenarioError(f"{where}: two cases are called {row.name!r}")
        seen.add(row.name)
        if unknown := (row.params.keys() | (row.sabotage.params.keys() if row.sabotage else set())) - keywords:
            raise ScenarioError(
                f"{where}: case {row.name} gives {', '.join(sorted(unknown))}, which the story does not take"
            )
        if missing := required - row.params.keys():
            raise ScenarioError(f"{where}: case {row.name} does not say {', '.join(sorted(missing))}")
    if not rows:
        raise ScenarioError(f"{where}: a scenario needs at least one case")

"""Every mechanism of the neighbouring subsystem has a scenario that proves it, and every scenario proves one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from neighlab.errors import ScenarioError
from neighlab.runner import discovery
from neighlab.runner.registry import Scenario

FILE = "mechanisms.toml"


class Mechanism(NamedTuple):
    """One thing that the subsystem does, and the scenarios that prove it."""

    name: str
    text: str
    scenarios: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The subject that it belongs to: `nud` of `nud/resolve`."""
        return self.name.partition("/")[0]


def mechanisms(scenarios: Iterable[Scenario]) -> list[Mechanism]:
    """All mechanisms in the order of their file; a scenario that names one that is not there is a ScenarioError."""
    with (discovery.bundled() / FILE).open("rb") as file:
        known = {
            f"{subject}/{name}": text for subject, rows in tomllib.load(file).items() for name, text in rows.items()
        }
    proved: dict[str, list[str]] = {name: [] for name in known}
    for one in scenarios:
        for name in one.proves:
            if name not in proved:
                raise ScenarioError(f"{one.name} proves {name!r}, which {FILE} does not know")
            proved[name].append(one.name)
    return [Mechanism(name, text, tuple(proved[name])) for name, text in known.items()]


def markdown(found: Sequence[Mechanism]) -> str:
    """The table as docs/catalogue.md holds it."""
    lines = [
        "# What is proved, and where",
        "",
        "Made by `neighlab catalogue`; `./lab test` fails when it is out of date. To run one: `neighlab run NAME`.",
    ]
    subject = ""
    for one in found:
        if one.subject != subject:
            subject = one.subject
            lines += ["", f"## {subject}", "", "| mechanism | what the kernel does | scenarios |", "|---|---|---|"]
        places = ", ".join(f"`{name}`" for name in one.scenarios) or "**none**"
        lines.append(f"| {one.name.partition('/')[2]} | {one.text.replace('|', '&#124;')} | {places} |")
    return "\n".join(lines) + "\n"

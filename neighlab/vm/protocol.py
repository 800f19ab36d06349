"""What a runner asks of a virtual machine is plain data: which cases of which files, and how they are to be run.

The machine answers with ["hello", ...] once, and for every request with ["started", NAME] and ["result", CaseResult]
per case and ["done"] at its end - or with ["environment", TEXT], when it cannot go on.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from neighlab.errors import EnvironmentProblem
from neighlab.model.knobs import Setting, parse_setting
from neighlab.runner.discovery import Selected, load
from neighlab.runner.execute import Options
from neighlab.runner.registry import Scenario


@dataclass(frozen=True, slots=True)
class Hello:
    """What a machine says when it is up: its kernel's version, and how long a fixed work takes in it (vm.speed)."""

    kernel: str
    work_s: float


def request(rows: Iterable[Selected], options: Options, folder: Path) -> dict[str, Any]:
    """Ask for cases; `folder` is where the runner was started, from which reports name files."""
    return {
        "folder": str(folder),
        "options": {
            "settings": [setting_text(one) for one in options.settings],
            "time_scale": options.time_scale,
            "timeout_s": options.timeout_s,
            "sabotage": options.sabotage,
            "evidence": options.evidence,
            "explain": options.explain,
        },
        "cases": [[one.scenario.file, one.scenario.story.__name__, one.scenario.name, one.case.name] for one in rows],
    }


def asked_options(plain: dict[str, Any]) -> Options:
    """The options of a request, as they are in a machine that has its neighbour table to itself."""
    settings = tuple(parse_setting(text) for text in plain["settings"])
    return Options(**{**plain, "settings": settings, "host_table": True})


def asked_cases(plain: Iterable[list[str]]) -> list[Selected]:
    """The cases of a request; their files are the runner's, and each is loaded once."""
    files: dict[str, dict[str, Scenario]] = {}
    chosen = []
    for file, function, name, case in plain:
        if file not in files:
            files[file] = {one.story.__name__: one for one in load(Path(file), name)}
        scenario = files[file].get(function)
        row = next((one for one in scenario.cases if one.name == case), None) if scenario is not None else None
        if scenario is None or row is None:
            raise EnvironmentProblem(f"{file} is another file in the virtual machine: it has no {function}[{case}]")
        scenario.name = name
        chosen.append(Selected(scenario, row))
    return chosen


def setting_text(one: Setting) -> str:
    """A setting as the command line writes it."""
    family = f"ipv{one.family}." if one.family is not None else ""
    return f"{family}{one.dev}.{one.knob.name}={one.value}" if one.dev else f"{family}{one.knob.name}={one.value}"

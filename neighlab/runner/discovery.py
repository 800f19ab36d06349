"""A scenario's name is its path without `.py`; a user's own file anywhere on disk is as good as a bundled one."""

from __future__ import annotations

import difflib
import fnmatch
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

from neighlab.errors import NeighlabError, ScenarioError
from neighlab.runner.registry import Case, Scenario

_MARK: Final = re.compile(rb"^@(?:\w+\.)*scenario\(", re.MULTILINE)


class Selected(NamedTuple):
    """One case of one scenario, chosen to run."""

    scenario: Scenario
    case: Case

    @property
    def name(self) -> str:
        """`SCENARIO:CASE`."""
        return f"{self.scenario.name}:{self.case.name}"


def bundled() -> Path:
    """The folder of the scenarios that come with neighlab: the checkout's, or the installed package's."""
    spec = importlib.util.find_spec("neighlab.scenarios")
    locations = list(spec.submodule_search_locations or []) if spec is not None else []
    if not locations:
        raise ScenarioError("this installation has no scenarios: install neighlab again")
    return Path(locations[0])


def discover() -> list[Scenario]:
    """All bundled scenarios, ordered by subject and name."""
    root = bundled()
    found: dict[str, Scenario] = {}
    for file in sorted(root.rglob("*.py")):
        parts = file.relative_to(root).with_suffix("").parts
        if file.name.startswith("_") or any(part.startswith((".", "_")) for part in parts):
            continue
        if not holds_scenarios(file):
            continue
        for one in load(file, "/".join(parts)):
            _add(found, one)
    return list(found.values())


def holds_scenarios(file: Path) -> bool:
    """Whether the text of a file decorates something with @scenario; nothing is executed to find out."""
    try:
        return _MARK.search(file.read_bytes()) is not None
    except OSError:
        return False


def load(file: Path, name: str) -> list[Scenario]:
    """The scenarios of one file under the name `name` (`name.FUNCTION` when it holds several)."""
    module = executed(file)
    stories = [one for one in vars(module).values() if isinstance(getattr(one, "__neighlab__", None), Scenario)]
    own: list[Scenario] = [one.__neighlab__ for one in stories if one.__module__ == module.__name__]
    for one in own:
        one.name = name if len(own) == 1 else f"{name}.{one.story.__name__}"
    return own


def executed(file: Path) -> ModuleType:
    """The module that a Python file makes when it is executed; whatever is wrong with it is one ScenarioError."""
    module_name = "neighlab_scenario_" + str(file).encode().hex()  # no dot, which would name a package
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise ScenarioError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except NeighlabError as problem:
        said = str(problem)
        raise ScenarioError(said if said.startswith(str(file)) else f"{file}: {said}") from problem
    except SyntaxError as problem:
        raise ScenarioError(f"{problem.filename or file}:{problem.lineno}: syntax error: {problem.msg}") from None
    except (Exception, SystemExit) as problem:
        lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == str(file)]
        place = f"{file}:{lines[-1]}" if lines else str(file)
        raise ScenarioError(f"{place}: cannot be loaded: {one_line(problem)}") from problem
    return module


def one_line(problem: BaseException) -> str:
    """An exception's kind and text, its line ends made spaces."""
    return f"{type(problem).__name__}: {' '.join(str(problem).split())}".rstrip(": ")


def select(patterns: Sequence[str], among: Iterable[Scenario] | None = None) -> list[Selected]:
    """The cases that the patterns name, in their order, each once; all bundled ones when there is no pattern.

    A pattern is a scenario (`garp/arp_accept`), a folder, a glob (`garp/*`, `*:*-refuses-*`) or a path to a file, each
    with `:CASE` or without.
    """
    known = list(among) if among is not None else None
    chosen: dict[str, Selected] = {}
    for pattern in patterns or ["*"]:
        name, colon, case_pattern = pattern.rpartition(":")
        if not colon or "/" in case_pattern:
            name, case_pattern = pattern, "*"
        scenarios: list[Scenario] = []
        if not name.endswith(".py"):
            if known is None:
                known = discover()
            scenarios = [one for one in known if fnmatch.fnmatchcase(one.name, name) or _within(one.name, name)]
        scenarios = scenarios or _in_file_named(name)
        if not scenarios:
            raise ScenarioError(unknown(name, known or []))
        hits = [
            Selected(one, case)
            for one in scenarios
            for case in one.cases
            if fnmatch.fnmatchcase(case.name, case_pattern)
        ]
        if not hits:
            names = [case.name for one in scenarios for case in one.cases]
            raise ScenarioError(f"no case {case_pattern!r} in {name}{_close(case_pattern, names)}")
        for hit in hits:
            earlier = chosen.setdefault(hit.name, hit)
            if earlier.scenario.file != hit.scenario.file:
                raise ScenarioError(
                    f"two scenarios are called {hit.scenario.name}: {earlier.scenario.file} and {hit.scenario.file}"
                )
    return list(chosen.values())


def in_file(file: Path) -> list[Scenario]:
    """The scenarios of a file: a bundled one under its own name, any other under its path without `.py`."""
    if not file.is_file():
        raise ScenarioError(f"no such scenario file: {file}")
    root = bundled().resolve()
    resolved = file.resolve()
    place = resolved.relative_to(root) if resolved.is_relative_to(root) else file
    scenarios = load(resolved, str(place.with_suffix("")))
    if not scenarios:
        raise ScenarioError(f"{file} holds no @scenario")
    return scenarios


def _in_file_named(name: str) -> list[Scenario]:
    """What a user's own file holds: `my.py`, or as reports name it, `my`, or `my.FUNCTION` if it holds several."""
    if name.endswith(".py"):
        return in_file(Path(name))
    if Path(name + ".py").is_file():
        return in_file(Path(name + ".py"))
    file, dot, _function = name.rpartition(".")
    if dot and Path(file + ".py").is_file():
        return [one for one in in_file(Path(file + ".py")) if one.name == name]
    return []


def _within(name: str, folder: str) -> bool:
    return name.startswith(folder.rstrip("/") + "/")


def unknown(name: str, known: list[Scenario]) -> str:
    """What is said of a name that no scenario has."""
    return f"no scenario {name!r}{_close(name, [one.name for one in known])} (neighlab list shows them all)"


def _close(wanted: str, names: list[str]) -> str:
    close = (
        difflib.get_close_matches(wanted, names, n=1, cutoff=0.5)
        or [one for one in names if wanted.strip("*") and wanted.strip("*") in one][:1]
    )
    return f": did you mean {close[0]}?" if close else ""


def _add(found: dict[str, Scenario], one: Scenario) -> None:
    if one.name in found:
        raise ScenarioError(f"two scenarios are called {one.name}: {found[one.name].file} and {one.file}")
    found[one.name] = one

"""A scenario's name is its path without `.py`; a user's own file anywhere on disk is as good as a bundled one."""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from neighlab.errors import NeighlabError, ScenarioError
from neighlab.runner.registry import Case, Scenario

MARK: Final = b"@scenario"


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
        if MARK not in file.read_bytes():
            continue
        for one in load(file, "/".join(parts)):
            _add(found, one)
    return list(found.values())


def load(file: Path, name: str) -> list[Scenario]:
    """The scenarios of one file under the name `name` (`name.FUNCTION` when it holds several)."""
    module_name = "neighlab_scenario_" + hashlib.sha1(str(file).encode(), usedforsecurity=False).hexdigest()[:12]
    spec = importlib.util.spec_from_file_location(module_name, file)
    if spec is None or spec.loader is None:
        raise ScenarioError(f"{file} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    try:
        spec.loader.exec_module(module)
    except NeighlabError as problem:
        raise ScenarioError(f"{file}: {problem}") from problem
    except SyntaxError as problem:
        raise ScenarioError(f"{problem.filename or file}:{problem.lineno}: syntax error: {problem.msg}") from None
    except OSError as problem:
        raise ScenarioError(f"{file}: {problem.strerror}") from None
    except Exception as problem:
        lines = [frame.lineno for frame in traceback.extract_tb(problem.__traceback__) if frame.filename == str(file)]
        place = f"{file}:{lines[-1]}" if lines else str(file)
        raise ScenarioError(f"{place}: cannot be loaded: {type(problem).__name__}: {problem}") from problem
    stories = [one for one in vars(module).values() if isinstance(getattr(one, "__neighlab__", None), Scenario)]
    own: list[Scenario] = [one.__neighlab__ for one in stories if one.__module__ == module_name]
    for one in own:
        one.name = name if len(own) == 1 else f"{name}.{one.story.__name__}"
    return own


def select(patterns: Sequence[str], among: Iterable[Scenario] | None = None) -> list[Selected]:
    """The cases that the patterns name, in their order, each once; all bundled ones when there is no pattern.

    A pattern is a scenario (`garp/arp_accept`), a glob (`garp/*`, `*:*-refuses-*`), either with `:CASE`, or a path
    to a file.
    """
    known = list(among) if among is not None else None
    chosen: dict[str, Selected] = {}
    for pattern in patterns or ["*"]:
        path, _, rest = pattern.partition(".py")
        is_file = (pattern.endswith(".py") or rest.startswith((":", "."))) and ".py" in pattern
        if is_file:
            scenarios, case_pattern = _from_file(Path(path + ".py"), rest)
        else:
            if known is None:
                known = discover()
            name, colon, case_pattern = pattern.partition(":")
            scenarios = [one for one in known if fnmatch.fnmatchcase(one.name, name) or _within(one.name, name)]
            if not scenarios:
                raise ScenarioError(_unknown(name, known))
            if not colon:
                case_pattern = "*"
        hits = [
            Selected(one, case)
            for one in scenarios
            for case in one.cases
            if fnmatch.fnmatchcase(case.name, case_pattern)
        ]
        if not hits:
            names = [case.name for one in scenarios for case in one.cases]
            raise ScenarioError(f"no case {case_pattern!r} in {pattern.split(':')[0]}{_close(case_pattern, names)}")
        for hit in hits:
            earlier = chosen.setdefault(hit.name, hit)
            if earlier.scenario.file != hit.scenario.file:
                raise ScenarioError(
                    f"two scenarios are called {hit.scenario.name}: {earlier.scenario.file} and {hit.scenario.file}"
                )
    return list(chosen.values())


def _from_file(file: Path, rest: str) -> tuple[list[Scenario], str]:
    if not file.is_file():
        raise ScenarioError(f"no such scenario file: {file}")
    case_pattern = rest.removeprefix(":") or "*"
    root = bundled().resolve()
    resolved = file.resolve()
    name = (
        str(resolved.relative_to(root).with_suffix("")) if resolved.is_relative_to(root) else str(file.with_suffix(""))
    )
    scenarios = load(resolved, name)
    if not scenarios:
        raise ScenarioError(f"{file} holds no @scenario")
    return scenarios, case_pattern


def _within(name: str, folder: str) -> bool:
    return name.startswith(folder.rstrip("/") + "/")


def _unknown(name: str, known: list[Scenario]) -> str:
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

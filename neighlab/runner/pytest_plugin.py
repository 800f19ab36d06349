"""A run of pytest that meets neither a scenario nor the `lab` fixture pays nothing for neighlab being installed.

pytest finds this module by its entry point and imports it in every run, so it imports the standard library and pytest
alone. What scenario files need is in pytest_cases, what the fixture needs in pytest_lab and in
pytest_inside.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator

    from neighlab.lab.lab import Lab

MARKER = (
    "lab(topology=VictimAttacker, family='ipv4', timeout=60, **knobs): "
    "the network that the `lab` fixture builds, the seconds the test may take, and knobs that differ from the baseline"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what is worth saying anew in every run; the rest is in the scenario or in the mark."""
    group = parser.getgroup("neighlab", "claims about the kernel (neighlab)")
    group.addoption(
        "--neighlab-time-scale", type=_scale, default=1.0, metavar="X", help="stretch all deadlines (slow machines: 3)"
    )
    group.addoption(
        "--neighlab-host-table",
        action="store_true",
        help="also run what needs the kernel's whole neighbour table (root; guarded)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the mark, for --strict-markers."""
    config.addinivalue_line("markers", MARKER)


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(
    file_path: Path, parent: pytest.Collector
) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
    """Collect a scenario file whatever its name; one that pytest takes itself is collected by makemodule below."""
    found = yield
    if file_path.suffix == ".py" and _holds_scenarios(file_path):
        from neighlab.runner.pytest_cases import ScenarioModule

        if not any(isinstance(one, ScenarioModule) for one in found):
            found = [*found, ScenarioModule.from_parent(parent, path=file_path)]
    return found


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Let a file that is named on the command line, or is called test_*.py, hold scenarios beside its tests."""
    if not _holds_scenarios(module_path):
        return None
    from neighlab.runner.pytest_cases import ScenarioModule

    module = ScenarioModule.from_parent(parent, path=module_path)
    module.with_tests = True
    return module


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Run a test that wants a lab inside a sandbox; leave every other one alone."""
    if not _wants_lab(item):
        return None
    from neighlab.runner.pytest_lab import run

    run(item, nextitem)
    return True


@pytest.fixture
def lab() -> Lab:
    """A network of hosts, `lab["victim"]`, in a sandbox in which the whole test runs; the mark `lab` describes it."""
    from neighlab.runner.pytest_inside import inside

    if inside is None:
        pytest.fail("the lab fixture is there only for a test that has it as a parameter", pytrace=False)
    return inside.build()


def _wants_lab(item: pytest.Item) -> bool:
    """Whether `lab` is our fixture for this test: not one of the user's own, unless that one builds on ours."""
    # name2fixturedefs is the only place that tells, the innermost definition last
    known = getattr(getattr(item, "_fixtureinfo", None), "name2fixturedefs", {}).get("lab", ())
    for one in reversed(known):
        if getattr(one.func, "__module__", None) == __name__:
            return True
        if "lab" not in one.argnames:
            return False
    return False


def _holds_scenarios(file: Path) -> bool:
    """Read the file, and load neighlab only when the words are there."""
    try:
        text = file.read_bytes()
    except OSError:
        return False
    if b"scenario(" not in text or b"neighlab" not in text:
        return False
    from neighlab.runner.discovery import holds_scenarios

    return holds_scenarios(file)


def _scale(text: str) -> Any:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.1 <= value <= 100:
        raise argparse.ArgumentTypeError(f"a number from 0.1 to 100 (got {text})")
    return value

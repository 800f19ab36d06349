"""A problem that one process of neighlab tells another keeps its kind, and with it its exit code."""

from __future__ import annotations

from typing import Final

from neighlab.errors import EnvironmentProblem, ExpectationFailed, NeighlabError, ScenarioError, Unsupported

KINDS: Final[dict[str, type[NeighlabError]]] = {
    "environment": EnvironmentProblem, "scenario": ScenarioError, "unsupported": Unsupported,
    "expectation": ExpectationFailed,
}  # fmt: skip


def packed(problem: Exception) -> tuple[str, str]:
    """A problem as it is sent: its kind and its line; what is no NeighlabError is the request's fault."""
    kind = next((name for name, cls in KINDS.items() if isinstance(problem, cls)), "scenario")
    text = str(problem) if isinstance(problem, NeighlabError) else f"{type(problem).__name__}: {problem}"
    return kind, text

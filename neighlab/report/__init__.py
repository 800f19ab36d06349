"""A report is a pure function of a run's result: the same result gives the same bytes, and they end with a newline."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Final, TypeAlias, cast

from neighlab.model.result import RunResult

Report: TypeAlias = Callable[[RunResult], str]


def _later(module: str) -> Report:
    """Import a report's module when the report is asked for, so that nobody pays for formats they do not use."""

    def report(run: RunResult) -> str:
        function = getattr(import_module(f"neighlab.report.{module}"), f"{module}_report")
        return cast(Report, function)(run)

    return report


FORMATS: Final[dict[str, Report]] = {name: _later(name) for name in ("text", "json", "junit", "ktap")}
"""The values of `--format`."""

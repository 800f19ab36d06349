"""A run's reports go where they were asked for, each in its format; what cannot be written is named before it runs."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, TextIO

import click

from neighlab.errors import EnvironmentProblem, ScenarioError
from neighlab.model.result import RunResult

FORMATS: Final = ("text", "json", "junit", "ktap")
_BY_ENDING: Final = {".txt": "text", ".json": "json", ".xml": "junit", ".ktap": "ktap", ".html": "html"}


class Outputs:
    """Where a run's reports go: standard output, or files, the first in the format that was said, others by name."""

    def __init__(self, format_: str, files: Sequence[tuple[str, TextIO]]) -> None:
        self.format = format_
        self._files = files

    @property
    def stream(self) -> TextIO | None:
        """Where progress is shown; None when standard output is a machine's and nobody looks at standard error."""
        if self._files or self.format == "text":
            return sys.stdout
        return sys.stderr if sys.stderr.isatty() else None

    def report(self, run: RunResult, *, verbose: int) -> None:
        """Write every report; the totals are told on standard output in any case."""
        from neighlab.report.text import summary

        for format_, file in self._files:
            _write(_text(run, format_, verbose), file)
        if not self._files and self.format != "text":
            _write(_text(run, self.format, verbose), sys.stdout)
            return
        text = summary(run)
        if color(sys.stdout):
            from neighlab.report.paint import paint

            text = paint(text)
        click.echo(text, nl=not text.endswith("\n"))


@contextlib.contextmanager
def opened(format_: str | None, paths: Sequence[Path]) -> Iterator[Outputs]:
    """Open every file before anything runs; ScenarioError for one that cannot be written or has no known format.

    No format: the first file's ending tells it, if it is one that does; otherwise text.
    """
    format_ = format_ or told_by_ending(paths[0] if paths else None, FORMATS)
    formats = [format_, *(_told_by_name(path) for path in paths[1:])]
    with contextlib.ExitStack() as files:
        yield Outputs(
            format_, [(one, files.enter_context(_file(path))) for one, path in zip(formats, paths, strict=False)]
        )


def told_by_ending(path: Path | None, formats: Sequence[str]) -> str:
    """The one of `formats` that a file's ending stands for; text when there is no file, or it tells nothing."""
    found = _BY_ENDING.get(path.suffix, "text") if path is not None else "text"
    return found if found in formats else "text"


def color(stream: TextIO) -> bool:
    """Is this a terminal that wants colours?"""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _told_by_name(path: Path) -> str:
    found = _BY_ENDING.get(path.suffix, "")
    if found not in FORMATS:
        raise ScenarioError(
            f"--output {path}: --format speaks of the first file; the format of this one is told by its ending, "
            f"one of {', '.join(end for end, one in _BY_ENDING.items() if one in FORMATS)}"
        )
    return found


@contextlib.contextmanager
def _file(path: Path) -> Iterator[TextIO]:
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as problem:
        raise ScenarioError(f"cannot write {path}: {problem.strerror}") from None
    try:
        yield file
    finally:
        with contextlib.suppress(OSError):  # _write has flushed what there is, and has said what was wrong
            file.close()


def _text(run: RunResult, format_: str, verbose: int) -> str:
    from neighlab.report import FORMATS as reports
    from neighlab.report.text import text_report

    return text_report(run, verbose=verbose) if format_ == "text" else reports[format_](run)


def _write(text: str, target: TextIO) -> None:
    try:
        target.write(text)
        target.flush()
    except BrokenPipeError:
        raise
    except OSError as problem:
        raise EnvironmentProblem(f"cannot write the report: {problem.strerror}") from None

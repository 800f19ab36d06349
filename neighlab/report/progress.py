"""A run in parallel reads like a run in sequence: results appear in the order of selection, whenever they came in."""

from __future__ import annotations

from collections import Counter
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from neighlab.model.result import OUTCOMES, CaseResult
from neighlab.report.plain import printable
from neighlab.report.text import case_text

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


class Progress:
    """What a person sees while a run goes on: the text report as far as it is known, on a terminal with a bar below.

    `started` is called in the order of selection; a result whose case was never started (skipped without
    being tried) takes its place when it comes in. What is left in the buffer is shown on leaving.
    """

    def __init__(
        self, stream: TextIO, *, total: int, live: bool, verbose: int = 0, color: bool = False, kernel: str = ""
    ) -> None:
        self._stream = stream
        self._verbose = verbose
        self._color = color
        self._kernel = kernel
        self._starts: Counter[str] = Counter()
        self._waiting: dict[tuple[str, int], CaseResult | None] = {}
        self._counts: Counter[str] = Counter()
        self._previous: CaseResult | None = None
        self._bar = _bar(stream, total, color) if live else None

    def __enter__(self) -> Progress:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for case in self._waiting.values():
            if case is not None:
                self._show(case)
        self._waiting.clear()
        if self._bar is not None:
            self._bar.stop()

    def started(self, name: str) -> None:
        """Give `SCENARIO:CASE` the next place; the second start of a name is its second repetition."""
        self._starts[name] += 1
        self._waiting[name, self._starts[name]] = None
        self._update()

    def finished(self, case: CaseResult) -> None:
        """Show the result, and those that waited for it, as soon as nothing before it is missing."""
        self._waiting[case.name, case.repetition] = case
        self._counts[case.outcome] += 1
        for place, result in list(self._waiting.items()):
            if result is None:
                break
            self._show(result)
            del self._waiting[place]
        self._update()

    def _show(self, case: CaseResult) -> None:
        text = case_text(case, previous=self._previous, kernel=self._kernel, verbose=self._verbose)
        self._previous = case
        if self._bar is not None:
            from rich.text import Text

            from neighlab.report.paint import styled

            self._bar.console.print(styled(text) if self._color else Text(text), end="", soft_wrap=True)
            return
        if self._color:
            from neighlab.report.paint import paint

            text = paint(text)
        self._stream.write(text)
        self._stream.flush()

    def _update(self) -> None:
        if self._bar is None:
            return
        names = [name for (name, _), result in self._waiting.items() if result is None]
        more = f" +{len(names) - 2}" if len(names) > 2 else ""
        counts = ", ".join(f"{self._counts[one]} {one}" for one in OUTCOMES if self._counts[one])
        self._bar.update(
            self._bar.task_ids[0],
            completed=self._counts.total(),
            counts=counts,
            running=printable(" ".join(names[:2])) + more,
        )
        self._bar.refresh()


def _bar(stream: TextIO, total: int, color: bool) -> Bar:
    """A bar that is drawn only when told: a drawing thread would be forked, lock and all, with every case."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Bar

    bar = Bar(
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[counts]}", markup=False),
        TextColumn("{task.fields[running]}", markup=False, style="dim"),
        console=Console(file=stream, force_terminal=True, no_color=not color),
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task("", total=total, counts="", running="")
    return bar

"""A matrix asks several kernels the same questions, and ends with 1 when one answers otherwise and nobody says why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Final

import click

from neighlab.cli.interrupts import heeded_once
from neighlab.cli.outputs import told_by_ending
from neighlab.cli.run import Number
from neighlab.errors import ScenarioError
from neighlab.model.result import CaseResult, RunResult

_FORMATS: Final = ("text", "json", "junit", "html")


@click.command("matrix", short_help="Run scenarios under several kernels and compare.")
@click.argument("patterns", nargs=-1, metavar="[SCENARIO[:CASE] | FILE]...")
@click.option("--kernels", "wanted", required=True, metavar="K,K...", help="Versions, paths, or `host`.")
@click.option(
    "-j", "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Cases (and machines) at a time."
)
@click.option("--time-scale", type=Number(0.1, 100), default=1.0, show_default=True, help="Stretch all deadlines.")
@click.option("--timeout", type=Number(0.1, 86_400), metavar="SECONDS", help="Limit for each case.")
@click.option("--host-table", is_flag=True, help="Also run on `host` what needs its whole neighbour table (root).")
@click.option("-v", "--verbose", count=True, help="List what is the same under every kernel, too.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(_FORMATS),
    help="Report to print.  [default: text, or as --output's ending]",
)
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the report there.")
@heeded_once()
def command(
    patterns: tuple[str, ...],
    wanted: str,
    jobs: int,
    time_scale: float,
    timeout: float | None,
    host_table: bool,
    verbose: int,
    format_: str | None,
    output: Path | None,
) -> int:
    """Run scenarios (all, when none is named) under several kernels and show where these differ.

    A difference is explained when the case says since or until which version it holds, or when a kernel lacks what
    it needs. Exits with 1 when one is not. `host` is the kernel that runs here; the others run in virtual machines.

    \b
      neighlab matrix --kernels 6.1,6.12,host garp nud
      neighlab matrix --kernels 6.1,host -j2 --output matrix.html
    """
    from neighlab.cli.files import writable_folder, write_whole
    from neighlab.cli.run import table_keeper, waiting
    from neighlab.report.matrix import FORMATS
    from neighlab.report.matrix_words import conclusion
    from neighlab.runner.discovery import select
    from neighlab.runner.execute import Options
    from neighlab.runner.pool import Runner
    from neighlab.vm.kernels import HOST
    from neighlab.vm.matrix import Column, matrix
    from neighlab.vm.runner import VmRunner

    selection = select(patterns)
    kernels = _kernels(wanted)
    options = Options(time_scale=time_scale, timeout_s=timeout, host_table=host_table)
    if output is not None:
        writable_folder(output.parent)
    columns: list[Column] = []
    for name, kernel in kernels.items():
        ticker = Ticker(name, len(selection))
        runner: Any = (
            Runner(options, jobs, listener=ticker, table=table_keeper(host_table), waiting=waiting)
            if kernel is None
            else VmRunner(kernel, options, jobs, listener=ticker, notice=ticker.notice)
        )
        run: RunResult = runner.run(selection)
        ticker.done()
        columns.append(Column(f"{run.kernel} ({HOST})" if kernel is None else run.kernel, run))
        if run.interrupted:
            columns += _never_begun(list(kernels)[len(columns) :])
            break
    table = matrix(selection, columns)
    text = FORMATS[format_ or told_by_ending(output, _FORMATS)](table, verbose=verbose)
    if output is None:
        click.echo(text, nl=False)
    else:
        write_whole(output, text.encode())
        click.echo("\n".join(conclusion(table)))
    return table.exit_code()


def _kernels(wanted: str) -> dict[str, Any]:
    """The kernels to compare by what they are called, each once; None is the one that runs here."""
    from neighlab.vm.kernels import HOST, find

    found: dict[str, Any] = {}
    for name in filter(None, (part.strip() for part in wanted.split(","))):
        kernel = None if name == HOST else find(name)
        found.setdefault(kernel.version if kernel is not None else HOST, kernel)
    if not found:
        raise ScenarioError("--kernels names none (as in 6.1,6.12,host)")
    return found


def _never_begun(names: list[str]) -> list[Any]:
    """The columns of kernels that an interrupted matrix did not come to."""
    from neighlab.vm.matrix import Column

    return [Column(name, RunResult(name, "vm", interrupted=True)) for name in names]


class Ticker:
    """A pool.Listener that shows on a terminal's standard error how far a kernel has come, and every failure."""

    def __init__(self, label: str, total: int) -> None:
        self._label, self._total, self._count, self._bad = label, total, 0, 0
        self._live = sys.stderr.isatty()

    def started(self, name: str) -> None:
        """Show what runs now."""
        self._show(name)

    def finished(self, result: CaseResult) -> None:
        """Count a result; let its evidence go, of which a matrix shows nothing."""
        self._count += 1
        if result.outcome in ("failed", "error"):
            self._bad += 1
            self.notice(f"{self._label}: {result.name} {result.outcome}")
        self._show("")

    def notice(self, text: str) -> None:
        """Print a line that stays."""
        self._clear()
        click.echo(f"neighlab: {text}", err=True)

    def done(self) -> None:
        """Leave nothing of what was live."""
        self._clear()

    def _show(self, name: str) -> None:
        if self._live:
            self._clear()
            click.echo(f"{self._label}: {self._count}/{self._total}, {self._bad} bad  {name}"[:100], err=True, nl=False)

    def _clear(self) -> None:
        if self._live:
            click.echo("\r\x1b[2K", err=True, nl=False)

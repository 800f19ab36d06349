"""A case is drawn from what it does now: it runs with all evidence, and the figure is whole or absent."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from neighlab.cli.files import write_whole
from neighlab.errors import EnvironmentProblem, ScenarioError, Unsupported

if TYPE_CHECKING:
    from neighlab.model.result import RunResult
    from neighlab.runner.discovery import Selected

_STDOUT: Final = Path("-")
_NAMED: Final = 8
"""Cases that are named when it is not clear which one is meant."""


@click.command("draw", short_help="Draw what one case did as a ladder, for a slide or a paper.")
@click.argument("name", metavar="SCENARIO:CASE")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, allow_dash=True),
    required=True,
    metavar="FILE",
    help="FILE.svg or FILE.png; -: SVG to standard output.",
)
@click.option(
    "--width", type=click.IntRange(100, 10_000), metavar="PIXELS", help="[default: as wide as it needs to be]"
)
@click.option("--theme", type=click.Choice(["light", "dark"]), default="light", show_default=True)
@click.option("--host-table", is_flag=True, help="Allow a case that needs the kernel's whole neighbour table (root).")
@click.option("--kernel", metavar="K", help="Run under another kernel, in a VM: a version, a path, or `host`.")
@click.option("--vm", is_flag=True, help="Run it in a VM.")
def command(
    name: str, output: Path, width: int | None, theme: Any, host_table: bool, kernel: str | None, vm: bool
) -> int:
    """Run one case and draw what happened: hosts as lines, frames as arrows, each neighbour entry's states as a band.

    The claim stands above it, kernel, settings and verdict below. As root the figure has every transition with its
    cause and every dropped packet with its reason, by the kernel's own word; otherwise what it announced. The exit
    status is 1 when the case failed (it is drawn all the same).

    \b
      neighlab draw garp/arp_accept:2-creates-on-link -o garp.svg
      neighlab draw nud/life_cycle:ipv4 -o slide.png --width 1920 --theme dark
      neighlab draw spoof/mitm:forwarding -o - | inkscape --pipe
    """
    from neighlab.report.ladder.poster import poster

    selected = _one(name)
    written = _writer(output, width)
    run = _run(selected, host_table, kernel, vm)
    if run.interrupted or not run.cases:
        return 130
    case = run.cases[0]
    if case.outcome == "skipped":
        raise Unsupported(f"{case.name} cannot be drawn: {case.reason}")
    if case.outcome == "error" and not case.timeline:
        raise EnvironmentProblem(f"{case.name} cannot be drawn: {case.reason}")
    # the word of --explain that there is nothing to explain: nobody has asked
    case.timeline = [one for one in case.timeline if one.kind != "explain"]
    written(poster(case, run.kernel, theme=theme, width=width))
    if case.outcome != "passed":
        click.echo(f"neighlab: {case.name} {case.outcome}: {case.reason}", err=True)
    return run.exit_code()


def _one(name: str) -> Selected:
    """The case that is meant; ScenarioError if there are several."""
    from neighlab.runner.discovery import select

    chosen = select([name])
    if len(chosen) > 1:
        names = ", ".join(one.name for one in chosen[:_NAMED])
        more = f" and {len(chosen) - _NAMED} more" if len(chosen) > _NAMED else ""
        raise ScenarioError(f"{name} names {len(chosen)} cases: draw one of {names}{more}")
    return chosen[0]


def _writer(output: Path, width: int | None) -> Callable[[str], None]:
    """What puts a figure in its place; whatever would be in its way is said before anything runs."""
    if output == _STDOUT:
        return lambda svg: click.echo(svg, nl=False)
    if output.suffix not in (".svg", ".png"):
        raise ScenarioError(f"cannot draw to {output}: its name has to end in .svg or .png")
    try:
        if output.is_dir():
            raise IsADirectoryError(None, "it is a folder")
        tempfile.TemporaryFile(dir=output.parent).close()
    except OSError as problem:
        raise ScenarioError(f"cannot write {output}: {problem.strerror}") from None
    if output.suffix == ".svg":
        return lambda svg: write_whole(output, svg.encode())
    from neighlab.report.ladder.png import Converter

    converter = Converter()
    return lambda svg: write_whole(output, converter.png(svg, width=width))


def _run(selected: Selected, host_table: bool, kernel: str | None, vm: bool) -> RunResult:
    from neighlab.cli.run import table_keeper, waiting
    from neighlab.runner.execute import Options
    from neighlab.runner.pool import Runner

    booted = None
    if kernel is not None or vm:
        from neighlab.cli import machines

        booted = machines.chosen(kernel, vm)
    options = Options(host_table=host_table, evidence=True, explain=True)
    runner: Any = Runner(options, table=table_keeper(host_table and booted is None), waiting=waiting)
    if booted is not None:
        runner = machines.runner(booted, runner, apart_only=False)
    run: RunResult = runner.run([selected])
    return run

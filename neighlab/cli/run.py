"""A run prints what the kernel did, case by case, and ends with a code that says whether all claims held."""

from __future__ import annotations

import contextlib
import math
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

import click

from neighlab.cli.interrupts import heeded_once
from neighlab.cli.outputs import FORMATS, color, opened
from neighlab.errors import ScenarioError
from neighlab.model.result import RunResult


class Number(click.FloatRange):
    """A range in which "nan" and "inf" are no numbers."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Convert as click does, and refuse what no clock can be set to."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not a number.", param, ctx)
        return number


@click.command("run", short_help="Run scenarios and print what the kernel did.")
@click.argument("patterns", nargs=-1, metavar="[SCENARIO[:CASE] | FILE]...")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Cases to run at a time.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="KNOB=VALUE",
    help="Start from another setting than the baseline, in every host.",
)
@click.option("--repeat", type=click.IntRange(1, 100_000), default=1, show_default=True, help="Run everything N times.")
@click.option("--fail-fast", is_flag=True, help="Stop after the first failure.")
@click.option(
    "--time-scale",
    type=Number(0.1, 100),
    default=1.0,
    show_default=True,
    help="Stretch all deadlines (slow machines: 3).",
)
@click.option(
    "--timeout", type=Number(0.1, 86_400), metavar="SECONDS", help="Limit for each case [default: from its knobs]."
)
@click.option(
    "--host-table", is_flag=True, help="Also run what needs the kernel's whole neighbour table (root; guarded)."
)
@click.option("--kernel", metavar="K", help="Run under another kernel, in a VM: a version, a path, or `host`.")
@click.option("--vm", is_flag=True, help="Give what needs the kernel's whole neighbour table a VM; no root needed.")
@click.option(
    "--sabotage", is_flag=True, help="Run each case under the change that must make it fail; it passes if it fails."
)
@click.option(
    "--explain",
    is_flag=True,
    help="Tell at each frame that changed nothing which check of the kernel stopped it; as -v.",
)
@click.option(
    "--evidence",
    is_flag=True,
    help="Keep every frame on every link and, as root, the kernel's own word: "
    "each transition with its cause, each dropped packet with its reason.",
)
@click.option(
    "--pcap",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write what each case saw to DIR/SUBJECT-SCENARIO-CASE.pcapng, in the place of an older capture of it.",
)
@click.option(
    "--report",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write DIR/index.html: all results on one page that needs no network, each case drawn as a ladder.",
)
@click.option("--shell-on-fail", is_flag=True, help="Open Mininet's prompt inside the lab of a failing case.")
@click.option("-v", "--verbose", count=True, help="Show the timeline of passed cases too; -vv unfolds long ones.")
@click.option(
    "--format", "format_", type=click.Choice(FORMATS), help="Report to print.  [default: text, or as --output's ending]"
)
@click.option(
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the report there, and progress to the terminal. May be repeated. A FILE's ending tells its format "
    "(.txt, .json, .xml, .ktap), but --format is for the first.",
)
@heeded_once()
def command(
    patterns: tuple[str, ...],
    jobs: int,
    settings: tuple[str, ...],
    repeat: int,
    fail_fast: bool,
    time_scale: float,
    timeout: float | None,
    host_table: bool,
    kernel: str | None,
    vm: bool,
    sabotage: bool,
    explain: bool,
    evidence: bool,
    pcap: Path | None,
    report: Path | None,
    shell_on_fail: bool,
    verbose: int,
    format_: str | None,
    outputs: tuple[Path, ...],
) -> int:
    """Run scenarios (all, when none is named) and print what the kernel did.

    A SCENARIO is a name from `neighlab list`, a folder or a glob, with :CASE or :GLOB for some of its cases; a FILE
    is a scenario file of your own.

    \b
      neighlab run                                  everything
      neighlab run garp -j2                         one subject, two at a time
      neighlab run garp/arp_accept:2-refuses-off-link -v
      neighlab run ./my_scenario.py --shell-on-fail
      neighlab run arp/dropped --explain            why frames had no effect
      neighlab run 'nud/*' --set retrans_time_ms=20 --repeat 20
      neighlab run --output report.xml --output report.json
      neighlab run nud/life_cycle --pcap captures   for Wireshark
      neighlab run garp -j2 --report garp           a page with every case drawn: garp/index.html
      neighlab run garp --kernel 6.1                under another kernel (neighlab kernels list)
      neighlab run gc --vm                          or: sudo neighlab run gc --host-table
    """
    from neighlab.cli.audience import Audience
    from neighlab.model.knobs import Scope, parse_setting
    from neighlab.runner.discovery import select
    from neighlab.runner.execute import Options
    from neighlab.runner.pool import Runner

    chosen = tuple(parse_setting(text) for text in settings)
    for one in chosen:
        if one.knob.scope is Scope.HOST:
            raise ScenarioError(
                f"{one.knob.name} belongs to the whole host: a lab cannot set it (neighlab list --needs host-table)"
            )
    if shell_on_fail and (jobs > 1 or not sys.stdin.isatty()):
        raise ScenarioError("--shell-on-fail needs a terminal and one job at a time (-j1)")
    if shell_on_fail and (kernel is not None or vm):
        raise ScenarioError("--shell-on-fail: a virtual machine has no prompt (leave --kernel and --vm out)")
    selection = select(patterns)
    booted = _booted(kernel, vm)
    kept = evidence or pcap is not None or report is not None
    told = explain or report is not None
    options = Options(chosen, time_scale, timeout, host_table, sabotage, shell_on_fail, kept, told)
    verbose = max(verbose, int(explain))
    captures = _captures(pcap, repeat)
    drawn = _report(report, selection, options, explain)
    if evidence and booted is None:
        _say_what_is_lacking()
    with contextlib.ExitStack() as stack:
        reports = stack.enter_context(opened(format_, outputs))
        progress = stack.enter_context(_progress(reports.stream, len(selection) * repeat, verbose, shell_on_fail))
        listeners = [one for one in (drawn, progress, captures) if one is not None]
        listener = Audience(listeners) if captures or drawn else progress
        table = table_keeper(host_table and booted is None)
        runner: Any = Runner(options, jobs, fail_fast, repeat, listener, table, waiting)
        if booted is not None:
            from neighlab.cli import machines

            runner = machines.runner(booted, runner, apart_only=kernel is None)
        run: RunResult = runner.run(selection)
        reports.report(run, verbose=verbose)
    if captures is not None:
        click.echo(f"neighlab: {captures.summary()}", err=True)
    if drawn is not None:
        click.echo(f"neighlab: {drawn.write(run)}", err=True)
    return run.exit_code()


def _booted(kernel: str | None, vm: bool) -> Any:
    """The kernel of a virtual machine, if one was asked for."""
    if kernel is None and not vm:
        return None
    from neighlab.cli.machines import chosen

    return chosen(kernel, vm)


def _say_what_is_lacking() -> None:
    """Tell why there will be no word of the kernel's own, if so."""
    from neighlab.kernel.tracing.trace import unavailable

    if (why := unavailable()) is not None:
        click.echo(f"neighlab: evidence without the kernel's own transitions and drops: {why}", err=True)


def _captures(folder: Path | None, repeat: int) -> Any:
    """Who writes a capture of each case, if that was asked for."""
    if folder is None:
        return None
    from neighlab.cli.captures import Captures

    return Captures(folder, repeat=repeat)


def _report(folder: Path | None, selection: Sequence[Any], options: Any, explain: bool) -> Any:
    """Who draws each case and writes the page, if that was asked for."""
    if folder is None:
        return None
    from neighlab.cli.reports import Report

    return Report(folder, selection, options, explain=explain)


def _progress(stream: TextIO | None, total: int, verbose: int, shell: bool) -> Any:
    """Who shows on a stream what is going on."""
    from neighlab.kernel.features import kernel_release
    from neighlab.report.progress import Progress

    if stream is None:
        return contextlib.nullcontext(None)
    live = stream.isatty() and not shell and os.environ.get("TERM") != "dumb"
    return Progress(stream, total=total, live=live, verbose=verbose, color=color(stream), kernel=kernel_release())


def table_keeper(host_table: bool) -> Any:
    """What takes hold of the kernel's neighbour table, if it was asked for and may be had."""
    if not host_table:
        return None
    from neighlab.kernel.hosttable import require
    from neighlab.runner.table_keeper import GuardKeeper

    require()
    return GuardKeeper


def waiting() -> None:
    """Tell why nothing happens."""
    click.echo("neighlab: waiting for a run with --host-table on this machine to end", err=True)

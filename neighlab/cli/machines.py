"""What runs in a virtual machine is run beside what runs here, and one report tells of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import click

from neighlab.errors import ScenarioError
from neighlab.model.result import RunResult
from neighlab.runner.discovery import Selected
from neighlab.runner.pool import Runner
from neighlab.vm import kernels
from neighlab.vm.kernels import Kernel
from neighlab.vm.runner import VmRunner


class Runs(Protocol):
    """What runs cases: runner.pool.Runner, or vm.runner.VmRunner."""

    def run(self, selection: Sequence[Selected]) -> RunResult:
        """Run all of them."""


@dataclass
class HereAndThere:
    """Runs here what can share a kernel with others, then in a virtual machine what needs the whole neighbour table."""

    here: Runs
    there: Runs
    fail_fast: bool

    def run(self, selection: Sequence[Selected]) -> RunResult:
        """Run both parts; the result is the local run's, with all cases in the order of selection."""
        apart = [one for one in selection if "host-table" in one.scenario.needs]
        if len(apart) == len(selection):
            return self.there.run(selection)
        run = self.here.run([one for one in selection if one not in apart])
        if apart and not run.interrupted and not (self.fail_fast and run.exit_code() == 1):
            other = self.there.run(apart)
            places = {one.name: place for place, one in enumerate(selection)}
            run.cases = sorted([*run.cases, *other.cases], key=lambda one: (one.repetition, places[one.name]))
            run.duration_ms += other.duration_ms
            run.interrupted = other.interrupted
        return run


def chosen(kernel: str | None, vm: bool) -> Kernel | None:
    """The kernel to boot, if any: the one that was named, or with `--vm` alone the most fitting there is."""
    if kernel is not None and kernel != kernels.HOST:
        return kernels.find(kernel)
    if kernel == kernels.HOST and vm:
        raise ScenarioError("--kernel host needs no virtual machine, and --vm wants one: give one of them")
    return kernels.default() if vm else None


def runner(kernel: Kernel, here: Runner, *, apart_only: bool) -> Runs:
    """A runner as `here` is, under `kernel`; with `apart_only` for nothing but what needs a kernel of its own."""
    there = VmRunner(kernel, here.options, here.jobs, here.fail_fast, here.repeat, here.listener, notice)
    return HereAndThere(here, there, here.fail_fast) if apart_only else there


def notice(text: str) -> None:
    """Tell a person what takes a while."""
    click.echo(f"neighlab: {text}", err=True)

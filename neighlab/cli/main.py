"""Every command says what it does, with examples, and ends with an exit code that a script can rely on."""

from __future__ import annotations

import errno
import os
import signal
import sys
from typing import Any

import click

from neighlab import __version__
from neighlab.cli import interrupts
from neighlab.cli.lazy import LazyGroup
from neighlab.errors import EnvironmentProblem, NeighlabError

COMMANDS = {
    "run": "Run scenarios and print what the kernel did.",
    "list": "List the scenarios: name, claim, cases, needs.",
    "show": "Show one scenario's story: claim, drawing, settings, steps.",
    "draw": "Draw what one case did as a ladder: SVG or PNG.",
    "shell": "Open Mininet's prompt in a lab; Ctrl-D ends it.",
    "ps": "List the labs that are running.",
    "exec": "Run a command on a host of a running lab.",
    "watch": "Watch a running lab: tables, timers, frames.",
    "stop": "End a running lab and everything in it.",
    "exercise": "Learn by doing: labs with a task, checks and hints; fair grading.",
    "predict": "Say what each case will do before it runs.",
    "catalogue": "Map every mechanism to the scenarios that prove it.",
    "matrix": "Run scenarios under several kernels and compare.",
    "kernels": "List and fetch kernels for `run --kernel`.",
    "doctor": "Tell what this machine can do, and how to change that.",
}


class Commands(LazyGroup):
    """All commands; a reader that has seen enough is no failure."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; click itself would call a closed pipe a failure."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as problem:
            raise PipeClosed from problem


class PipeClosed(Exception):
    """Whoever read our output has seen enough (`| head`)."""


@click.group(
    cls=Commands, package="neighlab.cli", modules=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(__version__, prog_name="neighlab")
def neighlab() -> None:
    """Ask the real Linux kernel what it does with an ARP or ND packet.

    \b
      neighlab run                          everything this user and machine can run
      neighlab run garp/arp_accept -v       one scenario, with its timeline
      neighlab show nud/life_cycle          why the kernel behaves so
      neighlab shell VictimAttacker         a lab to play in

    Each case runs in a sandbox of its own: no root needed, nothing left behind.

    Exit codes: 0 passed, 1 something failed, 2 usage, 3 environment, 4 everything skipped, 130 interrupted.
    """
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        click.get_current_context().color = False


def run_cli(args: list[str] | None = None) -> None:
    """Run the command line and leave the process with the contract's exit code."""
    interrupts.keep()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who ignores it (some daemons) has us ignore it, too
    try:
        code = call(args)
        for one in (signal.SIGINT, signal.SIGALRM):  # nothing is left to be interrupted, not even a moment later
            signal.signal(one, signal.SIG_IGN)
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def call(args: list[str] | None = None) -> int:
    """Run the command line and return the exit code; every problem is one line on standard error."""
    try:
        with interrupts.heeded():
            outcome: Any = neighlab.main(args=args, prog_name="neighlab", standalone_mode=False)
        sys.stdout.flush()
        return outcome if isinstance(outcome, int) else 0
    except NeighlabError as problem:
        click.echo(f"neighlab: {problem}", err=True)
        return problem.exit_code
    except click.exceptions.NoArgsIsHelpError as problem:
        click.echo(problem.format_message())
        return 2
    except click.UsageError as problem:
        where = f" (see `{problem.ctx.command_path} --help`)" if problem.ctx is not None else ""
        click.echo(f"neighlab: {problem.format_message()}{where}", err=True)
        return 2
    except click.ClickException as problem:
        click.echo(f"neighlab: {problem.format_message()}", err=True)
        return 2
    except (click.Abort, KeyboardInterrupt):
        return 130
    except (BrokenPipeError, PipeClosed):
        # end as quietly as other tools do: what is still buffered goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EIO, errno.EDQUOT):
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        click.echo(f"neighlab: cannot write the output: {problem.strerror}", err=True)
        return EnvironmentProblem.exit_code

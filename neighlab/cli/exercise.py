"""An exercise is listed, read, worked on and graded by one command each, all below `neighlab exercise`."""

from __future__ import annotations

import importlib
from typing import Any

import click

COMMANDS = {
    "list": "List the exercises: name, title, points.",
    "show": "Show an exercise's sheet.",
    "start": "Open an exercise's lab in a shell; it lives until it is stopped.",
    "check": "Ask the lab how far the work has come.",
    "hint": "Give the next hint.",
    "reset": "Build the lab afresh.",
    "solution": "Show the reference solution (teachers).",
    "grade": "Grade a folder of submissions, each in a jail of its own.",
    "new": "Make the skeleton of a new exercise.",
    "test": "Try an exercise on its own solutions, right and wrong ones.",
    "walk": "Follow an exercise's sheet in a terminal, as a student would.",
}


class Commands(click.Group):
    """Imports a command's module only when that command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order in which a student, then a teacher, meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import and return a command."""
        if name not in COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"neighlab.cli.exercises.{name}").command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command for one that does not exist."""
        import difflib

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f": did you mean {close[0]}?" if close else f" (commands: {', '.join(COMMANDS)})"
            raise click.UsageError(f"no command `exercise {args[0]}`{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group("exercise", cls=Commands, short_help="Learn by doing: labs with a task, checks and hints; fair grading.")
def command(**_: Any) -> None:
    """Exercises: a lab with a task, checked on the live kernel.

    \b
      neighlab exercise list
      neighlab exercise start arp_flux                 then `check`, `hint`, `sheet` inside
      neighlab exercise grade submissions/ -o grades.csv --feedback pages

    Exit codes of check, grade, test and walk: 0 everything is solved, 1 something is not, 2 usage, 3 environment.
    """

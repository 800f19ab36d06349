"""The sheet is all that a student needs to begin; the checks are told as well, their answers are not."""

from __future__ import annotations

import sys

import click


@click.command("show")
@click.argument("name", metavar="EXERCISE")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str, format_: str) -> int:
    """Show an exercise's sheet, and what is checked for how many points.

    EXERCISE is a name from `neighlab exercise list`, or the path of a folder of your own.

    \b
      neighlab exercise show arp_flux
    """
    from neighlab.cli.exercises.list import SCHEMA, plain
    from neighlab.report.json import json_text
    from neighlab.teach.folder import find

    folder = find(name)
    if format_ == "json":
        text = json_text({"schema": SCHEMA, "exercises": [{**plain(folder), "sheet": folder.sheet}]})
        click.echo(text, nl=False)
        return 0
    rows = "\n".join(f"- {one.points:>2}  {one.claim}" for one in folder.exercise.checks)
    markdown(f"{folder.sheet.rstrip()}\n\n## Points\n\n{rows}\n")
    if "/" not in name:
        lent = " --host-table    (as root: it needs the kernel's whole neighbour table)" if folder.exercise.room else ""
        click.echo(f"\nWork on it:  neighlab exercise start {name}{lent}")
    return 0


def markdown(text: str) -> None:
    """Print Markdown: as it is, or laid out when a person reads it on a terminal."""
    if not sys.stdout.isatty():
        click.echo(text, nl=False)
        return
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(text), width=min(console.width, 100))

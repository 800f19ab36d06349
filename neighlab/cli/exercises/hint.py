"""Hints come one by one, from vague to nearly everything, and the lab remembers what they have cost."""

from __future__ import annotations

import click


@click.command("hint")
@click.argument("name", required=False, metavar="[EXERCISE]")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str | None, format_: str) -> int:
    """Give the next hint of an exercise whose lab is running; after the last one, that again.

    \b
      neighlab exercise hint arp_flux
    """
    from neighlab.cli.exercises.show import markdown
    from neighlab.report.json import json_text
    from neighlab.teach.live import ask

    hint = ask(name, "hint")
    if format_ == "json":
        click.echo(json_text({"schema": "neighlab.hint/1", **hint}), nl=False)
        return 0
    cost = f", costs {hint['points']} point{'s' if hint['points'] > 1 else ''}" if hint["points"] else ""
    click.echo(click.style(f"Hint {hint['number']} of {hint['of']}{cost}", bold=True))
    markdown(f"{hint['text']}\n")
    return 0

"""The list shows what each exercise is worth and how long it may take."""

from __future__ import annotations

import os
import sys
import textwrap
from typing import Any

import click

SCHEMA = "neighlab.exercises/1"


@click.command("list")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(format_: str) -> int:
    """List the exercises: name, title, points, how long one may take.

    \b
      neighlab exercise list
      neighlab exercise list --format json
    """
    from neighlab.report.json import json_text
    from neighlab.teach.folder import discover

    folders = discover()
    if format_ == "json":
        click.echo(json_text({"schema": SCHEMA, "exercises": [plain(one) for one in folders]}), nl=False)
        return 0
    width = os.get_terminal_size().columns if sys.stdout.isatty() else 100
    for one in folders:
        name = click.style(f"{one.name:<24}", bold=True)
        needs = ", root and --host-table" if one.exercise.room else ""
        click.echo(f"{name}  {one.exercise.points} points, {one.exercise.minutes} minutes{needs}")
        for line in textwrap.wrap(one.exercise.title, max(30, width - 6)):
            click.echo(f"    {line}")
    return 0


def plain(folder: Any) -> dict[str, Any]:
    """One exercise as `list --format json` tells it."""
    exercise = folder.exercise
    return {
        "exercise": folder.name, "title": exercise.title, "points": exercise.points, "minutes": exercise.minutes,
        "family": exercise.family, "about": list(exercise.about), "needs": list(exercise.needs),
        "hints": len(folder.hints()),
        "checks": [
            {"check": one.name, "claim": one.claim, "points": one.points, "kept": one.kept} for one in exercise.checks
        ],
    }  # fmt: skip

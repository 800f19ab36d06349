"""A check tells what is not right yet and where to look, never how it is done."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

SCHEMA = "neighlab.check/1"


@click.command("check")
@click.argument("name", required=False, metavar="[EXERCISE]")
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", show_default=True)
def command(name: str | None, format_: str) -> int:
    """Run an exercise's checks on its lab as it is; the work can go on afterwards.

    Inside the exercise's shell, and where only one exercise is open, EXERCISE may be left out.

    \b
      neighlab exercise check arp_flux

    Exit codes: 0 everything is right, 1 something is not yet, 2 usage, 3 environment.
    """
    from neighlab.model.grades import Attempt, CheckResult
    from neighlab.report.feedback import one_attempt
    from neighlab.report.json import json_text
    from neighlab.teach.live import ask

    answer: dict[str, Any] = ask(name, "check")
    attempt = Attempt(answer["exercise"], "", [CheckResult(**one) for one in answer["checks"]])
    cost = min(answer["hints_cost"], attempt.earned)
    points = attempt.earned - cost
    if format_ == "json":
        plain = {"schema": SCHEMA, **answer, "points": points, "of": attempt.most, "solved": attempt.solved}
        click.echo(json_text(plain), nl=False)
    else:
        width = os.get_terminal_size().columns if sys.stdout.isatty() else None
        click.echo(one_attempt(attempt, width=width), nl=False)
        hints = f" ({cost} less for hints)" if cost else ""
        solved = ", solved" if attempt.solved else ""
        begun = " (what is ok was so from the beginning)" if attempt.untouched else ""
        click.echo(f"{attempt.exercise}: {points} of {attempt.most} points{hints}{solved}{begun}")
    return 0 if attempt.solved else 1

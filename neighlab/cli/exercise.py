"""An exercise is listed, read, worked on and graded by one command each, all below `neighlab exercise`."""

from __future__ import annotations

from typing import Any

import click

from neighlab.cli.lazy import LazyGroup

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


@click.group(
    "exercise", cls=LazyGroup, package="neighlab.cli.exercises", modules=COMMANDS, called="exercise ",
    short_help="Learn by doing: labs with a task, checks and hints; fair grading.",
)  # fmt: skip
def command(**_: Any) -> None:
    """Exercises: a lab with a task, checked on the live kernel.

    \b
      neighlab exercise list
      neighlab exercise start arp_flux                 then `check`, `hint`, `sheet` inside
      neighlab exercise grade submissions/ -o grades.csv --feedback pages

    Exit codes of check, grade, test and walk: 0 everything is solved, 1 something is not, 2 usage, 3 environment.
    """

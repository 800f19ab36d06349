"""A new exercise begins as one that works: it is changed, not written, and `exercise test` tells what is amiss."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> int:
    """Make a new exercise in FOLDER: a sheet, a lab with checks, hints, a solution, wrong ones, a walk, and a test
    for pytest.

    \b
      neighlab exercise new ./my_exercise
      neighlab exercise test ./my_exercise
      neighlab exercise walk ./my_exercise
    """
    from neighlab.teach.skeleton import make

    for file in make(folder):
        click.echo(file)
    click.echo(f"\nTry it:  neighlab exercise test {folder}/", err=True)
    return 0

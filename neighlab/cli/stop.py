"""Whoever started a lab can end it from anywhere, and knows that nothing of it is left."""

from __future__ import annotations

import os

import click


@click.command("stop", short_help="End a running lab and everything in it.")
@click.argument("labs", nargs=-1, metavar="[LAB]...")
@click.option("--all", "all_", is_flag=True, help="End all labs of yours.")
def command(labs: tuple[str, ...], all_: bool) -> int:
    """End running labs and everything in them; without a name, the only one that runs.

    LAB is a name from `neighlab ps`, or its beginning. A shell in it ends, too; a case that is stopped while it runs
    gets an error.

    \b
      neighlab stop
      neighlab stop victimattacker-4711
      neighlab stop --all
    """
    from neighlab.errors import ScenarioError
    from neighlab.lab.running import find, named, stop

    if all_ and labs:
        raise click.UsageError("name labs, or say --all")
    own = [lab for lab in find() if lab.uid == os.geteuid()]
    for lab in own if all_ else [named(name) for name in labs or (None,)]:
        try:
            stop(lab)
        except ScenarioError:
            if not all_:
                raise
            continue  # it ended by itself
        click.echo(f"stopped {lab.name}")
    return 0

"""A lab that has been played to pieces is thrown away and built afresh; hints that were given are forgotten, too."""

from __future__ import annotations

import os

import click

from neighlab.errors import ScenarioError


@click.command("reset")
@click.argument("name", required=False, metavar="[EXERCISE]")
def command(name: str | None) -> int:
    """Build an exercise's lab afresh. Inside its shell, which then opens again; or from another terminal.

    \b
      neighlab exercise reset arp_flux
    """
    from neighlab.lab.running import stop
    from neighlab.teach import folder as folders
    from neighlab.teach import live
    from neighlab.teach.session import TITLE

    if os.environ.get(live.HERE) is not None and name is None:
        live.ask(None, "reset")
        return 0
    lab = live.find(folders.find(name).name if name is not None else None)
    if lab is None:
        raise ScenarioError(f"no lab of {name or 'any exercise'} is running: neighlab exercise start {name or 'NAME'}")
    folder = folders.find(name or lab.title.removeprefix(TITLE))
    if folder.exercise.room:
        raise ScenarioError(f"{folder.name} holds the kernel's neighbour table: type `reset` in its own shell")
    stop(lab)
    click.echo(live.start(folder).name)
    return 0

"""Who leaves the shell of an exercise finds everything as it was when he comes back, as long as the lab lives."""

from __future__ import annotations

import contextlib
import shutil
from typing import TYPE_CHECKING

import click

from neighlab.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from neighlab.lab.running import Running
    from neighlab.runner.inflight import TableKeeper
    from neighlab.teach.folder import Folder


@click.command("start")
@click.argument("name", metavar="EXERCISE")
@click.option("--detach", is_flag=True, help="Open no shell: start the lab, print its name and return.")
@click.option("--host-table", is_flag=True, help="Lend it the kernel's whole neighbour table (root; guarded).")
def command(name: str, detach: bool, host_table: bool) -> int:
    """Open an exercise's lab in a shell; Ctrl-D leaves it, and the lab lives on until `neighlab stop` ends it.

    In the shell each host's name is a command (`server ip neigh`), and so are `check`, `hint`, `sheet`, `answer`,
    `frame` and `reset`. From another terminal: `neighlab exercise check EXERCISE`.

    \b
      neighlab exercise start arp_flux
      neighlab exercise start ./my_exercise

    An exercise that needs the kernel's whole neighbour table (`list` says so) has it until its first shell is left:
    its lab ends then, and the table is as it was.
    """
    from neighlab.teach import folder as folders
    from neighlab.teach import live

    folder = folders.find(name)
    lab = live.find(folder.name)
    if detach:
        if folder.exercise.room:
            raise ScenarioError(
                f"{folder.name} has the kernel's neighbour table as long as a shell holds it: no --detach"
            )
        click.echo((lab or live.start(folder)).name)
        return 0
    fresh = lab is None
    with _lent(folder, host_table) if fresh and folder.exercise.room else contextlib.nullcontext() as keeper:
        while True:
            lab = lab or live.start(folder, keeper)
            _brief(folder, lab, fresh)
            _shell(folder, lab)
            if not _wants_a_fresh_one(name, lab, lasting=keeper is None):
                break
            _stop(lab)
            lab, fresh = None, True
    return 0


@contextlib.contextmanager
def _lent(folder: Folder, host_table: bool) -> Iterator[TableKeeper]:
    """Hold the kernel's neighbour table for an exercise's lab, and end the lab before it is given back."""
    from neighlab.cli.run import table_keeper
    from neighlab.teach import live, room

    table = table_keeper(host_table)
    room.demand(folder.exercise, table)
    with table() as keeper:
        try:
            yield keeper
        finally:
            if (lab := live.find(folder.name)) is not None:
                _stop(lab)


def _brief(folder: Folder, lab: Running, fresh: bool) -> None:
    exercise = folder.exercise
    yours = ", ".join(exercise.yours or lab.hosts)
    click.echo(click.style(exercise.title, bold=True))
    click.echo(f"Yours: {yours} (as in `{yours.split(',')[0]} ip neigh`). {exercise.points} points.")
    click.echo("sheet: the task   check: how far you are   hint   answer NAME VALUE   frame -h   reset   Ctrl-D: leave")
    click.echo("The same `start` in another terminal opens a second shell in this lab.")
    if not fresh:
        click.echo(f"{lab.name} is as you left it.")


def _shell(folder: Folder, lab: Running) -> None:
    from neighlab.lab.enter import execute
    from neighlab.teach.live import HERE

    env = {"PS1": f"{folder.name}> ", HERE: folder.name, "HISTFILE": "/dev/null", "PROMPT_COMMAND": ""}
    execute(lab, "", ["bash", "--norc"] if shutil.which("bash") else ["sh"], env=env)


def _wants_a_fresh_one(name: str, lab: Running, *, lasting: bool) -> bool:
    """Was `reset` typed in there? Else say how to come back, or that the lab has ended."""
    from neighlab.errors import NeighlabError
    from neighlab.lab.background import ask

    try:
        resetting = bool(ask(lab, "resetting"))
    except NeighlabError:
        click.echo("the lab has ended", err=True)
        return False
    if not resetting and not lasting:
        click.echo(f"{lab.name} ends, and the kernel's neighbour table is as it was")
    elif not resetting:
        back, end = f"neighlab exercise start {name}", f"neighlab stop {lab.name}"
        click.echo(f"{lab.name} lives on: `{back}` comes back, `{end}` ends it")
    return resetting


def _stop(lab: Running) -> None:
    from neighlab.lab.running import stop

    stop(lab)

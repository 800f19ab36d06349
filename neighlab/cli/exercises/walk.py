"""Every step of a sheet has been tried to the letter, by nobody who knew better."""

from __future__ import annotations

import click


@click.command("walk")
@click.argument("names", nargs=-1, metavar="[EXERCISE]...")
@click.option("-v", "--verbose", is_flag=True, help="Show each command as it is typed.")
def command(names: tuple[str, ...], verbose: bool) -> int:
    """Follow the sheets of exercises (all, when none is named) in a terminal, as a student would.

    What is typed, and what must then be on the screen, is in each exercise's walk.txt; every command that its sheet
    shows must be in there. Needs tmux.

    \b
      neighlab exercise walk arp_flux -v
      neighlab exercise walk ./my_exercise
    """
    from neighlab.errors import ExpectationFailed
    from neighlab.teach.folder import discover, find
    from neighlab.teach.walker import follow

    failed = False
    for name in names or [one.name for one in discover()]:
        folder = find(name)
        try:
            follow(folder, name, _tell if verbose else lambda text: None)
        except ExpectationFailed as problem:
            failed = True
            click.echo(f"{click.style('NO', fg='red')}  {folder.name:<22} {problem}")
        else:
            click.echo(f"{click.style('OK', fg='green')}  {folder.name}")
    return 1 if failed else 0


def _tell(text: str) -> None:
    click.echo(f"      {text}")

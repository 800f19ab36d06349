"""Every step of a sheet has been tried to the letter, by nobody who knew better."""

from __future__ import annotations

import click


@click.command("walk")
@click.argument("names", nargs=-1, metavar="[EXERCISE]...")
@click.option(
    "--host-table", is_flag=True, help="Lend the kernel's whole neighbour table to those that need it (root)."
)
@click.option("-v", "--verbose", is_flag=True, help="Show each command as it is typed.")
def command(names: tuple[str, ...], host_table: bool, verbose: bool) -> int:
    """Follow the sheets of exercises (all, when none is named) in a terminal, as a student would.

    What is typed, and what must then be on the screen, is in each exercise's walk.txt; every command that its sheet
    shows must be in there. Needs tmux.

    \b
      neighlab exercise walk arp_flux -v
      neighlab exercise walk ./my_exercise
    """
    from neighlab.errors import ExpectationFailed, Unsupported
    from neighlab.teach.folder import discover, find
    from neighlab.teach.walker import follow

    failed = False
    wanted = names or tuple(one.name for one in discover())
    for name in wanted:
        folder = find(name)
        try:
            follow(folder, name, _tell if verbose else lambda text: None, host_table=host_table)
        except ExpectationFailed as problem:
            failed = True
            click.echo(f"{click.style('NO', fg='red')}  {folder.name:<22} {problem}")
        except Unsupported as problem:
            if len(wanted) == 1:
                raise
            click.echo(f"{click.style('SKIP', fg='yellow')}  {folder.name:<22} {problem}")
        else:
            click.echo(f"{click.style('OK', fg='green')}  {folder.name}")
    return 1 if failed else 0


def _tell(text: str) -> None:
    click.echo(f"      {text}")

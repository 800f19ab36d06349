"""The solution is shown to whoever says that he is a teacher; a submission that is graded cannot see it at all."""

from __future__ import annotations

import click

from neighlab.errors import ScenarioError


@click.command("solution")
@click.argument("name", metavar="EXERCISE")
@click.option("--teacher", is_flag=True, envvar="NEIGHLAB_TEACHER", help="I teach this. (Or NEIGHLAB_TEACHER=1.)")
@click.option("--wrong", is_flag=True, help="Show the typical wrong solutions, too.")
def command(name: str, teacher: bool, wrong: bool) -> int:
    """Show an exercise's reference solution.

    \b
      neighlab exercise solution arp_flux --teacher
    """
    from neighlab.teach.folder import find

    folder = find(name)
    if not teacher:
        raise ScenarioError(f"the solution is for teachers: --teacher says that you are one; `hint {name}` helps, too")
    click.echo(folder.solution().read_text(encoding="utf-8"), nl=False)
    for one in folder.wrongs() if wrong else ():
        click.echo(f"\n{click.style(one.file.name, bold=True)}\n{one.file.read_text(encoding='utf-8')}", nl=False)
    return 0

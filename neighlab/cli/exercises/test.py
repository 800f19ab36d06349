"""An exercise is fit for students when its solution earns everything, nothing earns nothing, and mistakes are named."""

from __future__ import annotations

import click


@click.command("test")
@click.argument("names", nargs=-1, metavar="[EXERCISE]...")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Solutions at a time.")
@click.option("-v", "--verbose", is_flag=True, help="Show what was printed, and every check.")
def command(names: tuple[str, ...], jobs: int, verbose: bool) -> int:
    """Try exercises (all, when none is named) on their own solutions.

    The reference solution must earn every point, an empty one none, and each wrong one must be told what its author
    has to hear. For authors: `neighlab exercise new` makes a skeleton.

    \b
      neighlab exercise test arp_flux -v
      neighlab exercise test ./my_exercise
    """
    from neighlab.report.feedback import one_attempt
    from neighlab.teach.authors import examine
    from neighlab.teach.folder import discover, find

    folders = [find(name) for name in names] or discover()
    failed = 0
    for folder in folders:
        for name, attempt, problem in examine(folder, jobs=jobs):
            verdict = click.style("NO", fg="red") if problem else click.style("OK", fg="green")
            click.echo(f"{verdict}  {folder.name:<22} {name:<28} {attempt.earned}/{attempt.most}  {problem}".rstrip())
            if verbose or problem:
                click.echo(one_attempt(attempt, author=True), nl=False)
            failed += bool(problem)
    return 1 if failed else 0

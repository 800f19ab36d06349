"""An exercise is fit for students when its solution earns everything, nothing earns nothing, and mistakes are named."""

from __future__ import annotations

import click


@click.command("test")
@click.argument("names", nargs=-1, metavar="[EXERCISE]...")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Solutions at a time.")
@click.option("--host-table", is_flag=True, help="Also try what needs the kernel's whole neighbour table (root).")
@click.option("-v", "--verbose", is_flag=True, help="Show what was printed, and every check.")
def command(names: tuple[str, ...], jobs: int, host_table: bool, verbose: bool) -> int:
    """Try exercises (all, when none is named) on their own solutions.

    The reference solution must earn every point, an empty one none, and each wrong one must be told what its author
    has to hear. For authors: `neighlab exercise new` makes a skeleton.

    \b
      neighlab exercise test arp_flux -v
      neighlab exercise test ./my_exercise
    """
    from neighlab.cli.run import table_keeper
    from neighlab.errors import Unsupported
    from neighlab.report.feedback import one_attempt
    from neighlab.teach.authors import examine
    from neighlab.teach.folder import discover, find

    folders = [find(name) for name in names] or discover()
    table = table_keeper(host_table)
    failed = skipped = 0
    for folder in folders:
        try:
            for name, attempt, problem in examine(folder, jobs=jobs, table=table):
                verdict = click.style("NO", fg="red") if problem else click.style("OK", fg="green")
                said = f"{verdict}  {folder.name:<22} {name:<28} {attempt.earned}/{attempt.most}  {problem}"
                click.echo(said.rstrip())
                if verbose or problem:
                    click.echo(one_attempt(attempt, author=True), nl=False)
                failed += bool(problem)
        except Unsupported as problem:
            skipped += 1
            click.echo(f"{click.style('SKIP', fg='yellow')}  {problem}")
    if failed:
        return 1
    return Unsupported.exit_code if skipped == len(folders) else 0

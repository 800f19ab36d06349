"""Every submission gets its grade, whatever another one does; what is written about it cannot do anything either."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from neighlab.errors import ScenarioError

if TYPE_CHECKING:
    from neighlab.model.grades import Attempt

_ENDINGS = (".csv", ".json")


@click.command("grade")
@click.argument("submissions", type=click.Path(path_type=Path), metavar="SUBMISSIONS")
@click.option("--exercise", "name", metavar="NAME", help="SUBMISSIONS/STUDENT.sh are solutions of this exercise.")
@click.option("-o", "--output", "outputs", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="Write the grades there, as .csv or .json; may be given several times.")  # fmt: skip
@click.option("--matrix", type=click.Path(path_type=Path), metavar="FILE", help="Write who solved what there, as CSV.")
@click.option("--feedback", type=click.Path(path_type=Path), metavar="DIR",
              help="Write a page for each student there, as Markdown and HTML, and an index.")  # fmt: skip
@click.option("-j", "--jobs", type=click.IntRange(1, 64), default=1, show_default=True, help="Submissions at a time.")
@click.option("--host-table", is_flag=True,
              help="Also grade exercises that need the kernel's whole neighbour table (root; guarded).")  # fmt: skip
@click.option("--format", "format_", type=click.Choice(["text", "json", "csv"]), default="text", show_default=True,
              help="What to print.")  # fmt: skip
def command(
    submissions: Path,
    name: str | None,
    outputs: tuple[Path, ...],
    matrix: Path | None,
    feedback: Path | None,
    jobs: int,
    host_table: bool,
    format_: str,
) -> int:
    """Grade submissions: SUBMISSIONS/EXERCISE/STUDENT.sh (or .py), or with --exercise SUBMISSIONS/STUDENT.sh.

    Each runs in a jail of its own inside a lab of its own: it sees its hosts, the system read-only, and nothing else,
    with limits on time, processes, memory, disk and output. Who breaks one gets zero, and is told why.

    \b
      neighlab exercise grade submissions/ -o grades.csv -j4
      neighlab exercise grade homework/ --exercise arp_flux -o grades.json --feedback pages --matrix matrix.csv
    """
    from neighlab.cli.run import table_keeper, waiting
    from neighlab.kernel.features import kernel_release
    from neighlab.report import grades
    from neighlab.teach.folder import discover, find
    from neighlab.teach.grading import Options
    from neighlab.teach.pool import Graders
    from neighlab.teach.submissions import collect

    for path in outputs:
        if path.suffix not in _ENDINGS:
            raise ScenarioError(f"--output {path}: what it holds is told by its ending, {' or '.join(_ENDINGS)}")
    folders = {one.name: one for one in ([find(name)] if name is not None else discover())}
    found = collect(submissions, list(folders), next(iter(folders)) if name is not None else None)
    targets = [path for path in (*outputs, matrix) if path is not None]
    _check_targets(targets, feedback)
    needed = {one.exercise: folders[one.exercise] for one in found}
    hidden = (submissions.resolve(), *([feedback.resolve()] if feedback is not None else []))
    progress = _Progress(len(found)) if sys.stderr.isatty() else None
    table = table_keeper(host_table)
    attempts = Graders(needed, Options(hidden=hidden), jobs, progress, waiting, table).grade(found)
    texts = {
        "csv": grades.grades_csv(attempts),
        "json": grades.grades_json(attempts, kernel_release()),
        "text": grades.matrix_text(attempts),
    }
    for path in outputs:
        _write(path, texts[path.suffix.removeprefix(".")])
    if matrix is not None:
        _write(matrix, grades.matrix_csv(attempts))
    if feedback is not None:
        _pages(feedback, attempts, {one.name: one.exercise.title for one in needed.values()})
    click.echo(texts[format_], nl=False)
    return 0 if all(one.solved for one in attempts) else 1


class _Progress:
    """Tells on the terminal, one line each, who has his grade."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def finished(self, attempt: Attempt) -> None:
        """Tell of one more."""
        from neighlab.report.plain import printable

        self._done += 1
        who = f"{attempt.exercise} {printable(attempt.student)}"
        said = f"  {attempt.ended}" if attempt.ended else ""
        click.echo(f"{self._done:>4}/{self._total}  {who:<40} {attempt.earned}/{attempt.most}{said}", err=True)


def _check_targets(files: list[Path], feedback: Path | None) -> None:
    """Say before anything runs what could not be written after it."""
    from neighlab.cli.files import writable_folder

    for path in files:
        writable_folder(path.resolve().parent)
        if path.is_dir():
            raise ScenarioError(f"cannot write {path}: it is a folder")
    if feedback is not None:
        writable_folder(feedback)


def _pages(folder: Path, attempts: list[Attempt], titles: dict[str, str]) -> None:
    from neighlab.report import feedback

    students: dict[str, list[Attempt]] = {}
    for one in attempts:
        students.setdefault(one.student, []).append(one)
    for student, own in students.items():
        place = feedback.file_name(student)
        _write(folder / f"{place}.md", feedback.student_markdown(student, own, titles))
        _write(folder / f"{place}.html", feedback.student_html(student, own, titles))
    _write(folder / "index.html", feedback.index_html(attempts))


def _write(path: Path, text: str) -> None:
    from neighlab.cli.files import write_whole

    write_whole(path, text.encode(errors="backslashreplace"))

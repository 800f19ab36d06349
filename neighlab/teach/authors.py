"""What an author claims about his exercise is tried as students' work is: in the same jail, by the same checks."""

from __future__ import annotations

from collections.abc import Iterator

from neighlab.errors import ScenarioError
from neighlab.model.grades import Attempt
from neighlab.teach.folder import Folder
from neighlab.teach.grading import Options
from neighlab.teach.pool import Graders
from neighlab.teach.room import Keeping
from neighlab.teach.submissions import Submission, read
from neighlab.teach.walk import faithful

_FEWEST_WRONG = 3
NOTHING = "nothing"
"""What the empty solution is called."""


def examine(folder: Folder, *, jobs: int = 1, table: Keeping | None = None) -> Iterator[tuple[str, Attempt, str]]:
    """Grade an exercise's own solutions; for each its name, its grade, and what is wrong with the exercise (or "").

    Raises ScenarioError when something is missing that every exercise has, and Unsupported when it needs the kernel's
    `table`, which it was not lent.
    """
    wrongs = folder.wrongs()
    if len(wrongs) < _FEWEST_WRONG:
        place = folder.path / "wrong"
        raise ScenarioError(f"{place}: {len(wrongs)} wrong solutions; at least {_FEWEST_WRONG} are wanted")
    folder.hints()
    faithful(folder)
    if not folder.sheet.startswith("# "):
        raise ScenarioError(f"{folder.path / 'sheet.md'} must begin with `# TITLE`")
    files = [folder.solution(), *(one.file for one in wrongs)]
    submissions = [read(folder.name, file) for file in files]
    nothing = Submission(folder.name, NOTHING, ".sh", b"")
    attempts = Graders({folder.name: folder}, Options(twice=True), jobs, table=table).grade([*submissions, nothing])
    reference = "" if attempts[0].solved else attempts[0].ended or "the reference solution does not earn every point"
    yield files[0].name, attempts[0], reference
    for one, attempt in zip(wrongs, attempts[1:-1], strict=True):
        yield one.file.name, attempt, _problem(attempt, one.told)
    empty = "an empty solution earns points: say kept=True" if attempts[-1].earned else attempts[-1].ended
    yield NOTHING, attempts[-1], empty


def _problem(attempt: Attempt, told: str) -> str:
    if attempt.ended:
        return attempt.ended
    if attempt.solved:
        return "a wrong solution earns every point"
    said = [one.said for one in attempt.checks if not one.passed]
    return "" if any(told in one for one in said) else f"nobody tells its author: {told}"

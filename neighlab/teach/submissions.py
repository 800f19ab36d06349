"""A submission is a regular file of a size that a person can write; whatever else lies there is named, and skipped."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from neighlab.errors import ScenarioError
from neighlab.teach.folder import SCRIPTS

_LARGEST: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Submission:
    """One student's solution of one exercise; `student` is the file's name, which is hostile text."""

    exercise: str
    student: str
    suffix: str
    content: bytes
    problem: str = ""
    """Why it cannot be run; empty if it can."""


def read(exercise: str, file: Path) -> Submission:
    """Read a file as a submission; one that is a link, no regular file or too large says so in `problem`."""
    content, problem = b"", ""
    try:
        # neither a link to somewhere else nor a pipe that never ends
        fd = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                problem = "it is no regular file"
            else:
                content = _read(fd)
                if len(content) > _LARGEST:
                    content, problem = b"", f"it is larger than {_LARGEST >> 20} MiB"
        finally:
            os.close(fd)
    except OSError as error:
        problem = "it is a link, not a file" if file.is_symlink() else f"it cannot be read: {error.strerror}"
    return Submission(exercise, file.stem, file.suffix, content, problem)


def collect(place: Path, exercises: Sequence[str], exercise: str | None = None) -> list[Submission]:
    """The submissions below a folder: `EXERCISE/STUDENT.sh`, or `STUDENT.sh` if `exercise` says of which; by name."""
    if not place.is_dir():
        raise ScenarioError(f"{place} is no folder of submissions")
    folders = [(exercise, place)] if exercise is not None else [(name, place / name) for name in exercises]
    found: list[Submission] = []
    for name, folder in folders:
        if not folder.is_dir():
            continue
        files = sorted(file for file in folder.iterdir() if file.suffix in SCRIPTS and not file.name.startswith("."))
        for file in files:
            one = read(name, file)
            if any((other.exercise, other.student) == (one.exercise, one.student) for other in found):
                raise ScenarioError(f"{folder}: {one.student} has handed in a .sh and a .py: keep the one that counts")
            found.append(one)
    if not found:
        way = "STUDENT.sh" if exercise is not None else "EXERCISE/STUDENT.sh (or say which exercise: --exercise NAME)"
        raise ScenarioError(f"there is no submission in {place}: they are called {way}, or .py")
    return found


def _read(fd: int) -> bytes:
    """What is in a file, as far as a submission can be that large, and a byte more."""
    parts = b""
    while len(parts) <= _LARGEST and (data := os.read(fd, _LARGEST + 1 - len(parts))):
        parts += data
    return parts

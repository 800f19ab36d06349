"""What a student has to find out himself, and whether a text tells it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from neighlab.teach.folder import Folder
from neighlab.teach.walk import walk_of

_SENTENCE = 25


def secrets(folder: Folder) -> list[str]:
    """The right answers to an exercise's questions, but for what its sheet tells itself."""
    return [answer for answer in walk_of(folder).answers().values() if not betrayed(folder.sheet, [answer])]


def betrayed(text: str, answers: Iterable[str]) -> list[str]:
    """Which of these answers a text tells, as words of their own."""
    return [one for one in answers if re.search(rf"(?<![\w.:-]){re.escape(one)}(?![\w:-])", text, re.IGNORECASE)]


def sentences(folder: Folder) -> list[str]:
    """All that an exercise's checks can say, its title, and the hints but for the last."""
    exercise = folder.exercise
    said = [exercise.title, *(hint.text for hint in folder.hints()[:-1])]
    tree = ast.parse((folder.path / "exercise.py").read_text())
    body = [part for part in ast.walk(ast.Module(tree.body[1:], [])) if isinstance(part, ast.Constant)]
    return said + [one.value for one in body if isinstance(one.value, str) and len(one.value) > _SENTENCE]

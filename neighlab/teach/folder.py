"""An exercise is one folder; what is missing in it, or wrong, is said when it is loaded."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from neighlab.errors import ScenarioError
from neighlab.model.topology import instantiate
from neighlab.runner.discovery import bundled, executed
from neighlab.teach.registry import COMMANDS, GIVEN, Exercise

SCRIPTS: Final = (".sh", ".py")
"""What a solution may be: a shell script or a Python script."""
_HINT: Final = re.compile(r"^## *(?P<title>.*?)(?: *\((?P<points>\d+) points?\))? *$", re.MULTILINE)
_SAID: Final = re.compile(r"^# *(believes|told): *(.+)$", re.MULTILINE)
_NAME: Final = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Hint:
    """One step of help, and the points that asking for it costs."""

    text: str
    points: int


@dataclass(frozen=True, slots=True)
class Wrong:
    """A typical wrong solution: what its author believes, and (part of) what the checks must tell him."""

    file: Path
    believes: str
    told: str


@dataclass(frozen=True, slots=True)
class Folder:
    """An exercise with everything that lies beside it."""

    path: Path
    exercise: Exercise

    @property
    def name(self) -> str:
        """The folder's name."""
        return self.path.name

    @property
    def sheet(self) -> str:
        """What the student reads: Markdown."""
        return self._text("sheet.md")

    def hints(self) -> list[Hint]:
        """The steps of help in their order."""
        text = self._text("hints.md")
        marks = list(_HINT.finditer(text))
        ends = [mark.start() for mark in marks[1:]] + [len(text)]
        if not marks:
            raise ScenarioError(f"{self.path / 'hints.md'}: each hint begins with a line `## ...`, and there is none")
        return [
            Hint(text[mark.end() : end].strip("\n"), int(mark["points"] or 0))
            for mark, end in zip(marks, ends, strict=True)
        ]

    def solution(self) -> Path:
        """The reference solution: `solution.sh` or `solution.py`."""
        for suffix in SCRIPTS:
            if (file := self.path / f"solution{suffix}").is_file():
                return file
        raise ScenarioError(f"{self.path}: there is no solution.sh (or solution.py)")

    def wrongs(self) -> list[Wrong]:
        """The wrong solutions, each with the belief behind it and the answer that it must get."""
        found = []
        for file in sorted((self.path / "wrong").glob("*")):
            if file.suffix in SCRIPTS:
                said = dict(_SAID.findall(file.read_text(encoding="utf-8")))
                if missing := {"believes", "told"} - said.keys():
                    raise ScenarioError(f"{file}: a comment line `# {sorted(missing)[0]}: ...` is missing")
                found.append(Wrong(file, said["believes"], said["told"]))
        return found

    def _text(self, name: str) -> str:
        try:
            return (self.path / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise ScenarioError(f"{self.path}: there is no {name}") from None
        except UnicodeDecodeError:
            raise ScenarioError(f"{self.path / name} is not UTF-8 text") from None


def home() -> Path:
    """The folder of the exercises that come with neighlab."""
    return bundled() / "exercises"


def discover() -> list[Folder]:
    """All exercises that come with neighlab, by name."""
    return [load(file.parent) for file in sorted(home().glob("*/exercise.py"))]


def find(name: str) -> Folder:
    """An exercise by its name, or by the path of its folder (with a slash, or `.`)."""
    if "/" in name or name == ".":
        path = Path(name).resolve()
        if not (path / "exercise.py").is_file():
            raise ScenarioError(f"{name} is no exercise: there is no exercise.py in it")
        return load(path)
    if _NAME.fullmatch(name) and (home() / name / "exercise.py").is_file():
        return load(home() / name)
    names = [file.parent.name for file in sorted(home().glob("*/exercise.py"))]
    close = difflib.get_close_matches(name, names, n=1, cutoff=0.5)
    hint = f": did you mean {close[0]}?" if close else ""
    raise ScenarioError(f"no exercise {name!r}{hint} (neighlab exercise list shows them all)")


def load(path: Path) -> Folder:
    """Load the exercise in a folder and check that it can be held: hosts, checks, points."""
    file = path / "exercise.py"
    if not _NAME.fullmatch(path.name):
        raise ScenarioError(f"{path}: an exercise's folder is named in small letters, digits and `_`")
    found = [one for one in vars(executed(file)).values() if isinstance(one, Exercise)]
    if len(found) != 1:
        raise ScenarioError(f"{file}: it holds {len(found)} exercises instead of one function under @exercise(...)")
    exercise = found[0]
    exercise.name = path.name
    if not exercise.checks:
        raise ScenarioError(f"{file}: nothing is checked: every solution would be right")
    return Folder(path, exercise)


def hosts_of(exercise: Exercise) -> list[str]:
    """The hosts of an exercise's topology; ScenarioError where it speaks of one that is not there."""
    hosts = list(instantiate(exercise.topology).hosts())
    speaks = set(exercise.yours).union(*(check.wants for check in exercise.checks)) - {*GIVEN}
    if unknown := speaks - {*hosts}:
        raise ScenarioError(
            f"{exercise.name}: no host {sorted(unknown)[0]!r} in its lab: it has {', '.join(sorted(hosts))}"
        )
    if taken := set(hosts) & {*COMMANDS, *GIVEN}:
        raise ScenarioError(f"{exercise.name}: a host cannot be called {sorted(taken)[0]!r}: that is a command")
    return hosts

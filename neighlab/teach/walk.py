"""A walk is what a student types who follows the sheet, and what he then sees: it cannot drift away from the sheet.

$ server tcpdump -eni eth0 arp            typed in the exercise's shell
  listening on eth0                       must then be on the screen
^C
2$ server ping -c1 192.0.2.2              typed in a second terminal
$                                         nothing is typed: back to the first one's last command
$ check                                   the first check fails, the last one says that it is solved
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from neighlab.errors import ScenarioError
from neighlab.teach.folder import Folder, hosts_of
from neighlab.teach.registry import COMMANDS

FILE: Final = "walk.txt"
_TYPED: Final = re.compile(r"(?P<terminal>[1-9]?)\$(?: (?P<text>.*))?")
_NEEDS: Final = "needs:"
_FIRST: Final = 1
_INLINE: Final = re.compile(r"`([^`]+)`")
_BLOCK: Final = re.compile(r"(?:^ {4}.*\n|^ *\n)+", re.MULTILINE)
_FENCED: Final = re.compile(r"^```.*\n([\s\S]*?)^```$", re.MULTILINE)
_ANYTHING: Final = re.compile(r"[A-Z]+|\.\.\.")
"""What stands for whatever the student chooses: `COMMAND`, `VALUE`, `...`."""


@dataclass(slots=True)
class Step:
    """Something that is typed in one of the terminals, and what must be on its screen after it."""

    line: int
    terminal: int
    typed: str = ""
    """A command; empty when nothing is typed."""
    key: str = ""
    """C or D, to be pressed with Ctrl."""
    shown: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Walk:
    """The steps of a student, and the programs that they need."""

    where: str
    """The walk's file, for messages."""
    steps: list[Step]
    needs: list[str]

    def checks(self) -> list[int]:
        """Which steps are checks."""
        return [number for number, one in enumerate(self.steps) if one.typed == "check"]

    def answers(self) -> dict[str, str]:
        """The answers that are handed in, by name; the last one counts."""
        words = [shlex.split(one.typed) for one in self.steps if one.typed.startswith("answer ")]
        return {name: " ".join(value) for _answer, name, *value in words}


def walk_of(folder: Folder) -> Walk:
    """An exercise's walk; ScenarioError if there is none, or what is wrong with it."""
    path = folder.path / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise ScenarioError(
            f"{folder.path}: there is no {FILE}: write down what a student types who follows the sheet, and what he"
            " sees: `$ server ip neigh`, and below it, after two blanks, what must appear; the first `$ check` fails,"
            ' the last one succeeds (docs/exercises.md, "A walk")'
        ) from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{path} is not UTF-8 text") from None
    return parse(text.replace("{here}", str(folder.path)), str(path))


def parse(text: str, where: str) -> Walk:
    """Read a walk; ScenarioError, with the line, if it is none."""
    steps: list[Step] = []
    needs: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        typed = _TYPED.fullmatch(line)
        last = steps[-1] if steps else None
        if line.startswith(_NEEDS) and last is None:
            needs += line.removeprefix(_NEEDS).split()
        elif typed:
            steps.append(Step(number, int(typed["terminal"] or _FIRST), (typed["text"] or "").strip()))
        elif not line.strip() or line.startswith("#"):
            continue
        elif last is None:
            raise ScenarioError(f"{where}:{number}: a walk begins with something that is typed: `$ COMMAND`")
        elif line in ("^C", "^D"):
            steps.append(Step(number, last.terminal, key=line[1]))
        elif line.startswith("> ") and last.typed and not last.shown:
            last.typed += f"\n{line.removeprefix('> ')}"
        elif line.startswith("  "):
            last.shown.append(" ".join(line.split()))
        else:
            raise ScenarioError(
                f"{where}:{number}: a line begins with `$ ` (typed), two blanks (then on the screen), `> ` (the command"
                " goes on), ^C, ^D or #"
            )
    walk = Walk(where, steps, needs)
    _demand_checks(walk)
    return walk


def faithful(folder: Folder) -> Walk:
    """An exercise's walk, in which everything is typed that its sheet shows; else ScenarioError."""
    walk = walk_of(folder)
    if untyped := drift(folder):
        raise ScenarioError(f"{walk.where}: the sheet (or a hint) shows `{untyped[0]}`, and nobody types it")
    return walk


def drift(folder: Folder) -> list[str]:
    """The commands that an exercise's sheet or hints show, and that nobody types in its walk."""
    exercise = folder.exercise
    words = {*(exercise.yours or hosts_of(exercise)), *COMMANDS, "neighlab"}
    shown = [*commands_in(folder.sheet, words)]
    for hint in folder.hints():
        shown += commands_in(hint.text, words, inline=False)
    typed = [f"neighlab exercise start {folder.name}"]
    for step in walk_of(folder).steps:
        lines = step.typed.splitlines()  # of a loop, a sheet may show no more than how it begins
        typed += [_plain("\n".join(lines[:end])) for end in range(1, len(lines) + 1)]
    return [one for one in dict.fromkeys(shown) if not any(_pattern(one).fullmatch(other) for other in typed)]


def commands_in(markdown: str, words: Iterable[str], *, inline: bool = True) -> Iterator[str]:
    """The commands, each beginning with one of these words, in a text's blocks of code (drawings are none), and in
    `code` within its lines if it has more than that word.
    """
    wanted = set(words)
    fenced = [block[1] for block in _FENCED.finditer(f"{markdown}\n")]
    rest = _FENCED.sub("", f"{markdown}\n")
    indented = [re.sub(r"^ {4}", "", block[0], flags=re.MULTILINE) for block in _BLOCK.finditer(rest)]
    for block in [*fenced, *indented]:
        parts = [part for part in re.split(r"\n\s*\n", block) if "---" not in part]
        yield from (one for one in _commands("\n\n".join(parts).splitlines()) if one.split()[0] in wanted)
    for code in _INLINE.finditer(_BLOCK.sub("\n", rest)) if inline else ():
        first, *more = code[1].split() or [""]
        if first in wanted and more:
            yield _plain(code[1])


def _commands(lines: Iterable[str]) -> Iterator[str]:
    """The commands in these lines; a quote that is open at a line's end goes on in the next."""
    begun = ""
    for line in lines:
        begun += line + "\n"
        try:
            shlex.split(begun)
        except ValueError:
            continue
        if begun.strip():
            yield _plain(begun)
        begun = ""


def _plain(command: str) -> str:
    return " ".join(command.split())


def _pattern(command: str) -> re.Pattern[str]:
    return re.compile(" ".join(".+" if _ANYTHING.fullmatch(word) else re.escape(word) for word in command.split()))


def _demand_checks(walk: Walk) -> None:
    checks = walk.checks()
    if len(checks) < 2 or checks[-1] != len(walk.steps) - 1:  # one that fails, and one that succeeds
        raise ScenarioError(f"{walk.where}: it has a `$ check` that fails, and ends with one that succeeds")
    if not walk.steps[checks[0]].shown:
        raise ScenarioError(f"{walk.where}: its first check fails: what is the student told?")

"""What help texts and documents tell to type is understood by the command line, and names what there is."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from neighlab.cli.frame import built
from neighlab.cli.frame import command as frame
from neighlab.cli.main import neighlab
from neighlab.cli.names import topology_named
from neighlab.errors import ScenarioError
from neighlab.model.knobs import knobs
from neighlab.runner.discovery import select
from neighlab.teach.folder import find

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
PLACEHOLDER = re.compile(r"\b[A-Z][A-Z_]+\b(?![\w.=-])|\[|\.\.\.|\$|<|\w, ")
"""What stands for something that the reader chooses: such a line cannot be typed."""
TAKES = {
    "run": "patterns", "predict": "patterns", "matrix": "patterns", "show": "name", "draw": "name", "shell": "what",
    "exercise": "name",
}  # fmt: skip
"""Which argument of a command names what there is."""
ENDS = {"|", ">", "||", "&&", ";", "&", "#"}


def commands(command: click.Command = neighlab, *path: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its path, groups included."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, *path, name)


ALL = dict(commands())


def examples(text: str) -> list[str]:
    """The lines that tell to call neighlab, each without what is said beside it."""
    lines = [line.strip().removeprefix("$ ").removeprefix("sudo ") for line in text.splitlines() if line[:2] == "  "]
    typed = [re.sub(r"^\./lab\b(?! test)", "neighlab", line) for line in lines]
    return [re.split(r"\s{2,}", line)[0] for line in typed if re.match(r"neighlab( |$)", line)]


def words_of(line: str) -> list[str]:
    """The arguments of a call, as far as the next one of its shell's."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|>;&")
    lexer.whitespace_split = True
    words = list(lexer)
    end = next((place for place, word in enumerate(words) if word in ENDS), len(words))
    return words[1:end]


def understood(line: str) -> None:
    """Fail if the command line does not take this line, or if it names a scenario or exercise that is not there."""
    command: click.Command = neighlab
    context: click.Context | None = None
    words, path = words_of(line), []
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        path.append(words.pop(0))
        found = command.get_command(click.Context(command), path[-1])
        assert found is not None, f"no command {' '.join(path)!r}"
        command = found
    if isinstance(command, click.Group):
        assert not words or words in (["--help"], ["--version"]), line
        return
    context = command.make_context(" ".join(path), words)
    for name in names_in(path, context.params):
        exists(path, name)


def names_in(path: list[str], params: dict[str, object]) -> list[str]:
    """The scenarios, topologies, knobs or exercises among the arguments; not files, nor labs that run."""
    if path[0] not in TAKES or params.get("attach"):
        return []
    given = params.get(TAKES[path[0]], params.get("names"))
    values = [given] if isinstance(given, str) else list(given or ())  # type: ignore[call-overload]
    return [one for one in values if "/" not in one[:2]]


def exists(path: list[str], name: str) -> None:
    if path[0] == "exercise":
        assert find(name)
    elif path[0] == "show" and any(name == knob.name for knob in knobs()):
        return
    elif topology_named(name) is None or path[0] not in ("show", "shell"):
        assert select([name])


@pytest.mark.parametrize("path", ALL)
def test_help_shows_how_the_command_is_called(path: str) -> None:
    name = f"neighlab {path}".strip()
    context = click.Context(ALL[path], info_name=name)
    assert ALL[path].get_usage(context).startswith(f"Usage: {name}")
    shown = examples(ALL[path].get_help(context))
    assert any(words_of(line)[: len(path.split())] == path.split() for line in shown), "no example"


@pytest.mark.parametrize("path", ALL)
def test_examples_of_a_help_text_work(path: str) -> None:
    for line in examples(ALL[path].help or ""):
        understood(line)


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_commands_in_a_document_work(file: Path) -> None:
    for line in examples(file.read_text()):
        if not PLACEHOLDER.search(line):
            understood(line)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("neighlab exercise begin arp_flux", "no command 'exercise begin'"),
        ("neighlab run garp/arp_accept --pcapp captures", "No such option"),
        ("neighlab run garp/arp_accepts", "arp_accepts"),
        ("neighlab exercise start arp_flix", "no exercise 'arp_flix'"),
        ("neighlab show no_such_knob", "no_such_knob"),
    ],
)
def test_example_that_does_not_work_is_found(line: str, said: str) -> None:
    with pytest.raises((AssertionError, click.UsageError, ScenarioError)) as found:
        understood(line)
    assert said in (found.value.format_message() if isinstance(found.value, click.UsageError) else str(found.value))


def test_frames_of_its_help_can_be_built() -> None:
    text = frame.help or ""
    expressions = re.findall(r"attacker frame '([^']+)'", text)
    assert len(expressions) == text.count("attacker frame '") > 3
    assert all(isinstance(built(" ".join(one.split())), bytes) for one in expressions)

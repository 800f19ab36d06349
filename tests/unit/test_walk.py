"""A sheet and its walk cannot drift apart, and a walk that makes no sense is refused with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from neighlab.errors import ScenarioError, Unsupported
from neighlab.teach.folder import Folder, discover, load
from neighlab.teach.skeleton import make
from neighlab.teach.tmux import Tmux
from neighlab.teach.walk import FILE, commands_in, drift, parse, walk_of

WALK = """\
# whoever reads this
needs: tcpdump nft

$ server tcpdump -ni eth0 arp
  listening   on eth0
  and this
2$ server python3 -c '
> print(1)'
  1
$
  who-has ... tell
^C
$ answer knob arp_notify
$ check
  not yet
$ answer knob arp_accept
$ check
"""
SHEET = """\
# Title

`server COMMAND` runs one; `server` alone is no command, nor is `ip neigh`. `answer knob
NAME` hands it in.

    server            client
    192.0.2.1/24 ---- 192.0.2.2/24

    server ip neigh
    ip neigh
    server python3 -c '
    import socket
    print(1)'

- a list

```
frame 'arp.probe(...)' --count 2
    server indented
```

    server sysctl -w a.b=1
"""


@pytest.fixture
def changed(tmp_path: Path) -> Callable[..., Folder]:
    """The skeleton, with something exchanged in one of its files."""

    def go(file: str, old: str, new: str) -> Folder:
        make(tmp_path / "mine")
        place = tmp_path / "mine" / file
        text = place.read_text()
        assert old in text
        place.write_text(text.replace(old, new))
        return load(tmp_path / "mine")

    return go


def test_walk_is_read_as_it_is_written() -> None:
    walk = parse(WALK, "walk.txt")
    assert walk.needs == ["tcpdump", "nft"]
    assert [(one.terminal, one.typed, one.key, one.shown) for one in walk.steps] == [
        (1, "server tcpdump -ni eth0 arp", "", ["listening on eth0", "and this"]),
        (2, "server python3 -c '\nprint(1)'", "", ["1"]),
        (1, "", "", ["who-has ... tell"]),
        (1, "", "C", []),
        (1, "answer knob arp_notify", "", []),
        (1, "check", "", ["not yet"]),
        (1, "answer knob arp_accept", "", []),
        (1, "check", "", []),
    ]
    assert walk.checks() == [5, 7]
    assert walk.answers() == {"knob": "arp_accept"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("  seen\n", "walk.txt:1: a walk begins with something that is typed"),
        ("^C\n", "walk.txt:1: a walk begins with something that is typed"),
        ("$ check\n  no\nserver ip neigh\n$ check\n", "walk.txt:3: a line begins with"),
        ("$ check\n  no\n> more\n$ check\n", "walk.txt:3: a line begins with"),
        ("$ server ip neigh\n", "it has a `\\$ check` that fails, and ends with one that succeeds"),
        ("$ check\n  no\n$ check\n$ server ip neigh\n", "ends with one that succeeds"),
        ("$ check\n$ check\n", "its first check fails: what is the student told?"),
    ],
)
def test_walk_that_makes_no_sense_is_refused(text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        parse(text, "walk.txt")


def test_commands_of_a_sheet_are_found_and_drawings_are_none() -> None:
    words = ["server", "client", "answer", "frame"]
    assert list(commands_in(SHEET, words)) == [
        "frame 'arp.probe(...)' --count 2", "server indented", "server ip neigh",
        "server python3 -c ' import socket print(1)'", "server sysctl -w a.b=1", "server COMMAND", "answer knob NAME",
    ]  # fmt: skip
    assert "server COMMAND" not in list(commands_in(SHEET, words, inline=False))


@pytest.mark.parametrize("folder", discover(), ids=lambda folder: folder.name)
def test_everything_that_a_sheet_shows_is_typed_in_its_walk(folder: Folder) -> None:
    assert drift(folder) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "missing"),
    [
        ("sheet.md", "## Questions", "    victim ip -d link\n\n## Questions", "victim ip -d link"),
        ("sheet.md", "`answer knob NAME`", "`answer setting NAME`", "answer setting NAME"),
        ("hints.md", "## Nearly", "    victim ip -d link\n\n## Nearly", "victim ip -d link"),
        ("walk.txt", "$ answer knob arp_accept\n", "", "answer knob NAME"),
    ],
)
def test_command_that_nobody_types_is_found(
    changed: Callable[..., Folder], file: str, old: str, new: str, missing: str
) -> None:
    assert drift(changed(file, old, new)) == [missing]


def test_placeholders_stand_for_what_a_student_chooses(changed: Callable[..., Folder]) -> None:
    assert drift(changed("sheet.md", "## Questions", "    victim sysctl -w ...\n\n## Questions")) == []


def test_beginning_of_a_command_of_several_lines_may_be_shown(changed: Callable[..., Folder]) -> None:
    folder = changed("sheet.md", "## Questions", "    victim ip monitor neigh | while read line; do\n\n## Questions")
    (folder.path / FILE).write_text(
        f"$ victim ip monitor neigh | while read line; do\n> echo; done\n{(folder.path / FILE).read_text()}"
    )
    assert drift(folder) == []


def test_exercise_without_a_walk_says_how_one_is_written(changed: Callable[..., Folder]) -> None:
    folder = changed("sheet.md", "# ", "# ")
    (folder.path / FILE).unlink()
    with pytest.raises(ScenarioError, match=r"there is no walk\.txt: write down what a student types") as refused:
        walk_of(folder)
    assert "`$ server ip neigh`" in str(refused.value)
    assert "docs/exercises.md" in str(refused.value)


def test_terminal_without_tmux_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unsupported, match="Debian: tmux"):
        Tmux(tmp_path, "sh", {})

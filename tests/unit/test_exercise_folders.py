"""What is wrong with an exercise, or with a submission, is one line that names the file."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from answers import betrayed, secrets, sentences

from neighlab.cli.frame import built
from neighlab.cli.main import call
from neighlab.errors import ExpectationFailed, ScenarioError
from neighlab.model import arp
from neighlab.runner import discovery
from neighlab.teach.folder import Folder, discover, find, home, hosts_of, load
from neighlab.teach.registry import Rejected, because
from neighlab.teach.skeleton import make
from neighlab.teach.submissions import collect, read


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make(tmp_path / "mine")
    return tmp_path / "mine"


@pytest.fixture
def changed(folder: Path) -> Callable[..., Folder]:
    """Load the skeleton with something exchanged in its exercise.py."""

    def go(old: str, new: str) -> Folder:
        file = folder / "exercise.py"
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
        return load(folder)

    return go


def test_skeleton_is_read_whole(folder: Path) -> None:
    mine = find(f"{folder}/")
    assert (mine.name, mine.exercise.points, mine.exercise.yours) == ("mine", 4, ("victim",))
    assert [hint.points for hint in mine.hints()] == [0, 1]
    assert mine.hints()[1].text == "`neighlab show arp_accept`"
    assert [(one.file.name, one.told) for one in mine.wrongs()] == [
        ("another_knob.sh", "still ignores it"), ("by_hand.sh", "still ignores it"),
        ("new_interface.sh", "does not reach the attacker"),
    ]  # fmt: skip
    assert mine.solution().name == "solution.sh"
    assert hosts_of(mine.exercise) == ["attacker", "victim"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def learns(", "def learns((", "syntax error"),
        ("@exercise(topology=VictimAttacker", "@exercise(family='ipv5', topology=VictimAttacker", "family is one of"),
        ('"""A host that is told to takes a gratuitous ARP for an address that it does not know."""', "", "title"),
        ("points=2", "points=0", "1 to 100 points"),
        ("def still_talks(", "def learns(", "two checks are called learns"),
        ('otherwise="The victim still', 'otherwise="" and "', "sentence"),
        ("@exercise(", "other = exercise(topology=VictimAttacker)(lambda: 0)\n@exercise(", "holds 2 exercises"),
    ],
)
def test_wrong_exercise_is_refused_when_it_is_loaded(
    changed: Callable[..., Folder], old: str, new: str, said: str
) -> None:
    with pytest.raises(ScenarioError, match=said) as refused:
        changed(old, new)
    assert "mine" in str(refused.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [('yours=["victim"]', 'yours=["server"]', "'server'"), ("attacker, lab", "router, lab", "'router'")],
)
def test_host_that_the_topology_has_not_is_named(changed: Callable[..., Folder], old: str, new: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=f"no host {said}"):
        hosts_of(changed(old, new).exercise)


def test_what_lacks_in_a_folder_is_named(folder: Path) -> None:
    mine = load(folder)
    for name, ask in (("sheet.md", lambda: mine.sheet), ("hints.md", mine.hints), ("solution.sh", mine.solution)):
        (folder / name).unlink()
        with pytest.raises(ScenarioError, match=name):
            ask()
    (folder / "hints.md").write_text("no heading")
    with pytest.raises(ScenarioError, match="each hint begins with"):
        mine.hints()
    (folder / "wrong" / "mute.sh").write_text("# believes: something\n")
    with pytest.raises(ScenarioError, match="# told:"):
        mine.wrongs()


def test_unknown_exercise_has_the_nearest_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["exercise", "show", "arp_flix"]) == 2
    assert capsys.readouterr().err == (
        "neighlab: no exercise 'arp_flix': did you mean arp_flux? (neighlab exercise list shows them all)\n"
    )
    assert call(["exercise", "lst"]) == 2
    assert "did you mean list?" in capsys.readouterr().err


@pytest.mark.parametrize("folder", discover(), ids=lambda folder: folder.name)
def test_no_answer_is_told_before_the_last_hint(folder: Folder) -> None:
    assert {text: found for text in sentences(folder) if (found := betrayed(text, secrets(folder)))} == {}


def test_answer_that_is_told_is_found(changed: Callable[..., Folder]) -> None:
    mine = changed("change one setting at a time, and look", "it is arp_accept")
    assert secrets(mine) == ["arp_accept"]
    assert [text for text in sentences(mine) if betrayed(text, secrets(mine))] == [
        "That is not what decides it: it is arp_accept what is different."
    ]


def test_teachers_are_told_of_every_exercise_and_how_long_it_takes() -> None:
    page = (Path(__file__).parent.parent.parent / "docs" / "teaching.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE))
    assert rows == {one.name: str(one.exercise.minutes) for one in discover()}


def test_exercises_are_no_scenarios() -> None:
    assert list(home().glob("*/exercise.py"))
    assert not [one for one in discovery.discover() if one.name.startswith("exercises/")]


def test_solution_is_for_teachers(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NEIGHLAB_TEACHER", raising=False)
    assert call(["exercise", "solution", "arp_flux"]) == 2
    assert "arp_announce" not in capsys.readouterr().out
    assert call(["exercise", "solution", "arp_flux", "--teacher"]) == 0
    assert "arp_announce" in capsys.readouterr().out
    monkeypatch.setenv("NEIGHLAB_TEACHER", "1")
    assert call(["exercise", "solution", "arp_flux", "--wrong"]) == 0
    assert "believes" in capsys.readouterr().out


def test_new_folder_is_never_written_over(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(["exercise", "new", str(folder)]) == 2
    assert call(["exercise", "new", str(folder.parent / "Not-a-name")]) == 2
    assert capsys.readouterr().err.count("\n") == 2


def test_better_sentence_takes_the_place_of_the_checks_own() -> None:
    with pytest.raises(Rejected, match=r"^look there$"), because("look there"):
        raise ExpectationFailed("expected 1, observed 2")
    with pytest.raises(Rejected, match="inner"), because("outer"), because("inner"):
        raise ExpectationFailed("x")


def test_submissions_are_plain_files(tmp_path: Path) -> None:
    (tmp_path / "alice.sh").write_text("true")
    (tmp_path / "bob.py").write_text("")
    (tmp_path / "link.sh").symlink_to("/etc/passwd")
    (tmp_path / "large.py").write_bytes(b"#" * (1 << 20) + b"#")
    (tmp_path / "folder.sh").mkdir()
    os.mkfifo(tmp_path / "pipe.sh")
    (tmp_path / "README").write_text("")
    (tmp_path / ".hidden.sh").write_text("")
    found = {one.student: one for one in collect(tmp_path, [], "flux")}
    assert found.keys() == {"alice", "bob", "link", "large", "folder", "pipe"}
    assert (found["alice"].content, found["alice"].suffix, found["alice"].problem) == (b"true", ".sh", "")
    assert found["bob"].problem == ""
    assert "link" in found["link"].problem
    assert "1 MiB" in found["large"].problem
    assert found["folder"].problem == found["pipe"].problem == "it is no regular file"
    assert not any(one.content for one in found.values() if one.problem)


def test_folder_without_submissions_says_how_they_are_called(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="no folder"):
        collect(tmp_path / "nowhere", ["flux"])
    (tmp_path / "alice.sh").write_text("")
    with pytest.raises(ScenarioError, match="--exercise NAME"):
        collect(tmp_path, ["flux"])
    (tmp_path / "alice.py").write_text("")
    with pytest.raises(ScenarioError, match="alice has handed in"):
        collect(tmp_path, [], "flux")


def test_submission_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    assert read("flux", tmp_path / "gone.sh").problem.startswith("it cannot be read")


def test_frame_is_built_by_the_builders() -> None:
    assert built('arp.probe("192.0.2.1", lladdr=EVIL)') == arp.probe("192.0.2.1", lladdr="00:00:5e:00:53:66")
    for wrong, said in (("1", "gives int"), ("arp.probe()", "TypeError"), ("(", "SyntaxError"), ("x", "NameError")):
        with pytest.raises(ScenarioError, match=said):
            built(wrong)
    with pytest.raises(ScenarioError, match="not an Ethernet address"):
        built('arp.probe("192.0.2.1", lladdr="evil")')

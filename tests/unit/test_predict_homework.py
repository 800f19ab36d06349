"""Whatever comes back as homework is graded, or refused in one line that says what is wrong with it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from neighlab.cli.main import call
from neighlab.errors import ScenarioError
from neighlab.model.result import Expectation
from neighlab.runner.discovery import discover, select
from neighlab.teach.predict import homework
from neighlab.teach.predict.outcomes import Kind, Lens
from neighlab.teach.predict.questions import NotAsked, Question
from neighlab.teach.predict.score import Count, Score, read_score
from neighlab.teach.predict.session import Chapter
from neighlab.teach.predict.situation import Situation, Step
from neighlab.teach.predict.verdicts import Verdict

CHOICES = ("ABSENT", "STALE", "REACHABLE")


def question(number: int = 1) -> Question:
    one = select(["garp/arp_accept"])[number - 1]
    told = Situation(("arp_accept=1",), (Step("attacker", "sent", "ARP"),), {})
    seen = Expectation("victim eth0 192.0.2.99", "STALE", "STALE", True, 0.0)
    return Question(one, number, "What does it say?", CHOICES, told, Lens(Kind.ENTRY), 0, seen)


def document(*answers: object, **changes: object) -> str:
    rows = [{**homework.asked(question(number)), "answer": one} for number, one in enumerate(answers, start=1)]
    return json.dumps({"schema": homework.QUESTIONS_SCHEMA, "seed": 7, "questions": rows, **changes})


def said(*answers: object, **changes: object) -> list[str | None]:
    back = homework.read_answers(document(*answers, **changes), "a.json")
    return [homework.answer_to(question(number), back, "a.json") for number in range(1, len(answers) + 1)]


def test_an_answer_is_a_letter_or_a_choice() -> None:
    assert said("b", "STALE", "reach", None) == ["STALE", "STALE", "REACHABLE", None]
    assert said("", "nonsense", 5, True) == [None, "nonsense", "5", "yes"]


def test_a_letter_means_the_choice_that_was_handed_out() -> None:
    rows = [{"id": "garp/arp_accept#1", "choices": {"a": "FAILED", "b": "PROBE"}, "answer": "b"}]
    back = homework.read_answers(document(questions=rows), "a.json")
    assert homework.answer_to(question(), back, "a.json") == "PROBE"


def test_a_plain_object_of_answers_will_do() -> None:
    back = homework.read_answers('{"garp/arp_accept#1": "c", "garp/arp_accept#2": null}', "a.json")
    assert [homework.answer_to(question(number), back, "a.json") for number in (1, 2, 3)] == ["c", None, None]


def test_the_students_name_and_the_seed_come_back() -> None:
    back = homework.read_answers(document("a", student="Ada"), "a.json")
    assert (back.student, back.seed) == ("Ada", 7)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a.json is not JSON: "),
        ("{", "a.json is not JSON: "),
        ("[" * 100_000, "a.json is not JSON: "),
        ("[]", "a.json: it should be the document of"),
        ('"x"', "a.json: it should be the document of"),
        ('{"schema": "neighlab.run/1"}', "a.json: its schema is 'neighlab.run/1', not 'neighlab.questions/1'"),
        (document(questions={}), "a.json: `questions` should be a list of objects, each with its `id`"),
        (document(questions=[1]), "a.json: `questions` should be a list of objects, each with its `id`"),
        (document(questions=[{"answer": "a"}]), "a.json: `questions` should be a list of objects"),
        (document(questions=[{"id": "x"}, {"id": "x"}]), "a.json: 'x' stands there twice"),
        (document("a", seed="x"), "a.json: `seed` should be a whole number"),
        (document("a", seed=True), "a.json: `seed` should be a whole number"),
        (document(["a"]), "a.json: the answer to garp/arp_accept#1 should be a letter or one of the choices"),
        (document(questions=[{"id": "x", "answer": "a", "choices": 1}]), "a.json: the choices of x are not as they"),
        (document(questions=[{"id": "x", "answer": "a", "choices": [1]}]), "a.json: the choices of x are not as they"),
        ('{"garp/arp_accept#1": {}}', "a.json: the answer to garp/arp_accept#1 should be a letter"),
    ],
)
def test_what_is_no_homework_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ScenarioError) as raised:
        homework.read_answers(text, "a.json")
    assert str(raised.value).startswith(problem)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "name", ["garp/nothing#1", "garp/arp_accept#0", "garp/arp_accept#5", "garp/arp_accept", "x#²", "#1"]
)
def test_an_unknown_question_is_named(name: str) -> None:
    back = homework.read_answers(json.dumps({name: "a", "garp/arp_accept#1": "b"}), "a.json")
    with pytest.raises(ScenarioError, match="there is no question"):
        homework.selected(back, discover(), "a.json")


def test_many_unknown_questions_are_counted() -> None:
    back = homework.read_answers(json.dumps({f"x#{number}": "a" for number in range(9)}), "a.json")
    with pytest.raises(ScenarioError, match=r"'x#0', 'x#1', 'x#2', 'x#3', 'x#4' \(and 4 more\)"):
        homework.selected(back, discover(), "a.json")


def test_a_homework_without_questions_is_refused() -> None:
    with pytest.raises(ScenarioError, match="it holds no questions"):
        homework.selected(homework.read_answers("{}", "a.json"), [], "a.json")


def test_a_question_that_has_changed_since_is_not_graded_as_the_new_one() -> None:
    rows = [{"id": "garp/arp_accept#1", "question": "What else?", "answer": "a"}]
    back = homework.read_answers(document(questions=rows), "a.json")
    with pytest.raises(ScenarioError, match="hand out new questions"):
        homework.answer_to(question(), back, "a.json")


def chapter(*questions: Question) -> Chapter:
    missing = NotAsked(select(["garp/arp_accept"])[3], "needs a newer kernel")
    return Chapter(questions[0].selected.scenario, list(questions), [missing], list(questions))


def test_what_is_handed_out_does_not_tell_the_answers() -> None:
    plain = homework.questions_document([chapter(question())], {"garp/arp_accept": "drawing"}, seed=3, kernel="6.1")

    (row,) = plain["questions"]
    assert row["answer"] is None
    assert row["choices"] == {"a": "ABSENT", "b": "STALE", "c": "REACHABLE"}
    assert not {"right", "observed", "case", "expected"} & row.keys()
    assert "0-never-creates" not in json.dumps(row)
    assert plain["not_asked"] == [
        {"scenario": "garp/arp_accept", "case": "2-refuses-off-link", "reason": "needs a newer kernel"}
    ]


def verdicts() -> list[Verdict]:
    return [
        Verdict(question(1), "STALE", "STALE", "STALE lladdr x", True),
        Verdict(question(2), "ABSENT", "STALE", "STALE lladdr x", False),
        Verdict(question(3), None, "STALE", "STALE lladdr x", False, "no answer"),
        Verdict(question(4), "STALE", right=None, reason="it was killed"),
    ]


def test_the_report_counts_what_could_be_decided() -> None:
    own = verdicts()
    own[0].hinted = True
    asked = [one.question for one in own]

    plain = homework.report_document([chapter(*asked)], own, student="Ada", seed=3, kernel="6.1", mode="root")

    assert plain["score"] == {"asked": 3, "right": 1, "wrong": 2, "hinted": 1, "unanswered": 1}
    assert [row["right"] for row in plain["questions"]] == [True, False, False, None]
    assert plain["scenarios"][0]["lesson"].startswith("An unsolicited announcement")
    assert plain["student"] == "Ada"


# the score


def test_a_score_grows_in_its_file(tmp_path: Path) -> None:
    file, score = tmp_path / "score.json", Score.of(verdicts())
    assert read_score(file).total() == Count()
    file.write_text(json.dumps(score.to_plain()))

    total = read_score(file)
    total.add(score)

    assert (total.sessions, total.total()) == (2, Count(asked=6, right=2, hinted=0, unanswered=2))
    assert total.scenarios == {"garp/arp_accept": Count(6, 2, 0, 2)}


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"schema": "neighlab.run/1"}', '{"schema": "neighlab.score/1"}',
     '{"schema": "neighlab.score/1", "sessions": 1, "scenarios": {"x": {"asked": "many"}}}',
     '{"schema": "neighlab.score/1", "sessions": 1, "scenarios": {"x": {"hacked": 1}}}'],
)  # fmt: skip
def test_a_file_that_is_no_score_is_left_alone_and_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "score.json"
    file.write_text(text)
    with pytest.raises(ScenarioError, match=r"score\.json is "):
        read_score(file)
    assert file.read_text() == text


def test_a_score_reads_as_a_sentence() -> None:
    assert str(Count(5, 4, 1, 1)) == "4 of 5 right, 1 of them after a hint, 1 without an answer"
    assert str(Count(1, 1)) == "1 of 1 right"


# the command line


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def go(*args: Any) -> str:
        assert call(["predict", *map(str, args)]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1), err
        return err.removeprefix("neighlab: ")

    return go


def test_without_a_scenario_there_is_nothing_to_predict(refused: Callable[..., str]) -> None:
    assert refused().startswith("name a scenario, as in `neighlab predict garp/arp_accept`")


def test_without_a_terminal_the_other_ways_are_named(
    refused: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with open(os.devnull) as nothing:
        monkeypatch.setattr("sys.stdin", nothing)
        said = refused("garp/arp_accept")
    assert said.startswith("questions need a terminal to be answered in; for homework, --questions prints them")


def test_options_that_contradict_each_other_are_refused(refused: Callable[..., str]) -> None:
    assert refused("garp", "--questions", "--batch", "a.json").startswith("--questions makes a homework and --batch")
    assert refused("garp", "--questions", "--score", "s.json").startswith("--questions asks nobody")


def test_a_file_that_cannot_be_read_or_written_is_named(refused: Callable[..., str], tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes(b'{"\xff": 1}')
    (tmp_path / "good").write_text(document("a"))
    (tmp_path / "score").write_text("[]")
    assert refused("--batch", tmp_path / "none").endswith("none: No such file or directory\n")
    assert refused("--batch", tmp_path).endswith("Is a directory\n")
    assert refused("--batch", tmp_path / "latin").endswith("latin is not JSON: it is not even text\n")
    assert refused("--batch", tmp_path / "good", "--output", tmp_path).endswith("it is a folder\n")
    assert refused("garp", "--questions", "--output", tmp_path / "no" / "x").endswith(
        "no permission, or no such folder\n"
    )
    assert "is no score of neighlab" in refused("--batch", tmp_path / "good", "--score", tmp_path / "score")


def test_an_unknown_scenario_is_refused_as_everywhere(refused: Callable[..., str]) -> None:
    assert refused("garp/arp_acept", "--questions").startswith("no scenario 'garp/arp_acept': did you mean")

"""Homework is one JSON document: questions without answers go out, the same document with answers comes back.

The choices come back with it, so an answer by letter means what the student saw, also where the kernel is another.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from neighlab.errors import ScenarioError
from neighlab.runner.discovery import Selected
from neighlab.runner.registry import Scenario
from neighlab.teach.predict.choices import LETTERS, chosen
from neighlab.teach.predict.questions import Question
from neighlab.teach.predict.score import Count, Score
from neighlab.teach.predict.session import Chapter
from neighlab.teach.predict.verdicts import Verdict

QUESTIONS_SCHEMA: Final = "neighlab.questions/1"
PREDICT_SCHEMA: Final = "neighlab.predict/1"
_NAMED: Final = 5
"""How many ids an error names."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a student said to one question; `question` is what was asked, if the document says so."""

    said: str
    question: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """A homework that came back: answers by id; None where none was given."""

    given: dict[str, Answer | None]
    student: str = ""
    seed: int | None = None


def questions_document(
    chapters: Sequence[Chapter], drawings: Mapping[str, str], *, seed: int, kernel: str
) -> dict[str, Any]:
    """What is handed out; the students fill in `answer`, a letter or a choice."""
    return {
        "schema": QUESTIONS_SCHEMA,
        "kernel": kernel,
        "seed": seed,
        "student": "",
        "scenarios": [{"scenario": name, "drawing": drawing} for name, drawing in drawings.items()],
        "questions": [{**asked(one), "answer": None} for chapter in chapters for one in chapter.asked],
        "not_asked": not_asked(chapters),
    }


def asked(question: Question) -> dict[str, Any]:
    """A question as documents hold it, with nothing that tells the answer."""
    return {
        "id": question.id,
        "scenario": question.selected.scenario.name,
        "settings": list(question.situation.settings),
        "steps": [" ".join(step) for step in question.situation.told()],
        "question": question.text,
        "lladdrs": question.legend(),
        "choices": dict(zip(LETTERS, question.choices, strict=False)),
    }


def not_asked(chapters: Sequence[Chapter]) -> list[dict[str, str]]:
    """The cases that there is no question about, and why."""
    return [
        {"scenario": chapter.scenario.name, "case": one.selected.case.name, "reason": one.reason}
        for chapter in chapters
        for one in chapter.not_asked
    ]


def report_document(
    chapters: Sequence[Chapter], verdicts: Sequence[Verdict], *, student: str, seed: int, kernel: str, mode: str
) -> dict[str, Any]:
    """What came of it: every prediction with what the kernel did, why, and the score."""
    score = Score.of(verdicts)
    return {
        "schema": PREDICT_SCHEMA,
        "kernel": kernel,
        "mode": mode,
        "student": student,
        "seed": seed,
        "score": _count(score.total()),
        "questions": [_verdict(one) for one in verdicts],
        "scenarios": [
            {
                "scenario": chapter.scenario.name,
                "claim": chapter.scenario.claim,
                "lesson": chapter.scenario.lesson,
                "kernel": chapter.scenario.kernel,
                "score": _count(score.scenarios[chapter.scenario.name]),
            }
            for chapter in chapters
            if chapter.scenario.name in score.scenarios
        ],
        "not_asked": not_asked(chapters),
    }


def read_answers(text: str, source: str) -> Answers:
    """The answers in a document, or in a plain object `{"SCENARIO#NUMBER": "ANSWER"}`.

    ScenarioError names what is wrong with it.
    """
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise ScenarioError(f"{source} is not JSON: {problem}") from None
    if not isinstance(plain, dict):
        raise ScenarioError(f"{source}: it should be the document of `neighlab predict --questions`, with the answers")
    if "schema" not in plain and "questions" not in plain:
        return Answers({str(name): _answer(source, str(name), {"answer": said}) for name, said in plain.items()})
    if plain.get("schema") != QUESTIONS_SCHEMA:
        raise ScenarioError(f"{source}: its schema is {plain.get('schema')!r}, not {QUESTIONS_SCHEMA!r}")
    rows, seed = plain.get("questions"), plain.get("seed")
    if not isinstance(rows, list) or not all(isinstance(row, dict) and isinstance(row.get("id"), str) for row in rows):
        raise ScenarioError(f"{source}: `questions` should be a list of objects, each with its `id`")
    ids = [row["id"] for row in rows]
    if twice := sorted({name for name in ids if ids.count(name) > 1}):
        raise ScenarioError(f"{source}: {_some(twice)} stands there twice")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise ScenarioError(f"{source}: `seed` should be a whole number")
    return Answers({row["id"]: _answer(source, row["id"], row) for row in rows}, str(plain.get("student") or ""), seed)


def selected(answers: Answers, known: Sequence[Scenario], source: str) -> list[Selected]:
    """The cases that a homework is about; ScenarioError names the ids that there are not."""
    by_name = {one.name: one for one in known}
    found, missing = [], []
    for name in answers.given:
        scenario, number = by_name.get(name.rpartition("#")[0]), name.rpartition("#")[2]
        if (
            scenario is None
            or not number.isascii()
            or not number.isdecimal()
            or not 0 < int(number) <= len(scenario.cases)
        ):
            missing.append(name)
        else:
            found.append(Selected(scenario, scenario.cases[int(number) - 1]))
    if missing:
        raise ScenarioError(f"{source}: there is no question {_some(missing)}")
    if not found:
        raise ScenarioError(f"{source}: it holds no questions")
    return found


def answer_to(question: Question, answers: Answers, source: str) -> str | None:
    """What was said to this question; ScenarioError if the document asks something else under its id."""
    given = answers.given.get(question.id)
    if given is None:
        return None
    if given.question is not None and given.question != question.text:
        raise ScenarioError(
            f"{source}: {question.id} asks {given.question!r}, "
            f"and by this version {question.text!r}: hand out new questions"
        )
    return given.said


def _answer(source: str, name: str, row: Mapping[str, Any]) -> Answer | None:
    said, offered = row.get("answer"), row.get("choices")
    if isinstance(said, bool):
        said = "yes" if said else "no"
    if said is None or said == "":
        return None
    if not isinstance(said, str | int | float):
        raise ScenarioError(f"{source}: the answer to {name} should be a letter or one of the choices")
    if offered is not None:
        choices = list(offered.values()) if isinstance(offered, dict) else offered
        if not isinstance(choices, list) or not all(isinstance(one, str) for one in choices):
            raise ScenarioError(f"{source}: the choices of {name} are not as they were handed out")
        said = chosen(said, choices[: len(LETTERS)]) or said
    asked = row.get("question")
    return Answer(str(said), asked if isinstance(asked, str) else None)


def _verdict(one: Verdict) -> dict[str, Any]:
    plain = asked(one.question)
    return {
        **plain,
        "case": one.question.selected.case.name,
        "given": one.given,
        "observed": one.observed,
        "seen": one.seen,
        "right": one.right,
        "hinted": one.hinted,
        "reason": one.reason,
        "contrast": one.contrast._asdict() if one.contrast is not None else None,
        "timeline": [
            {"t_ms": round(entry.t_ms, 3), "host": entry.host, "kind": entry.kind, "text": entry.text}
            for entry in one.timeline
        ],
    }


def _count(count: Count) -> dict[str, int]:
    return {
        "asked": count.asked,
        "right": count.right,
        "wrong": count.asked - count.right,
        "hinted": count.hinted,
        "unanswered": count.unanswered,
    }


def _some(names: Sequence[str]) -> str:
    more = f" (and {len(names) - _NAMED} more)" if len(names) > _NAMED else ""
    return ", ".join(map(repr, names[:_NAMED])) + more

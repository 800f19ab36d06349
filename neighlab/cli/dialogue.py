"""A prediction is asked for at the prompt, and answered by the kernel within the second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import click

from neighlab.report.plain import printable
from neighlab.report.prediction import (
    hint_text,
    lesson_text,
    not_asked_text,
    question_text,
    reasons_text,
    verdict_line,
)
from neighlab.runner.discovery import Selected
from neighlab.teach.predict.choices import LETTERS, chosen
from neighlab.teach.predict.questions import Question
from neighlab.teach.predict.session import Chapter, Session
from neighlab.teach.predict.verdicts import Verdict, hints

SKIP, HINT = "s", "?"


class Dialogue:
    """Asks about case after case, until there are no more or the input ends."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.chapters: list[Chapter] = []
        self.verdicts: list[Verdict] = []

    def hold(self, selection: Sequence[Selected]) -> None:
        """Ask about all cases of the selection; the end of the input (Ctrl-D) ends it early."""
        try:
            for chapter in self._chapters(selection):
                self._ask_about(chapter)
        except EOFError:
            click.echo("\n")

    def _chapters(self, selection: Sequence[Selected]) -> Iterator[Chapter]:
        for chapter in self._session.chapters(selection):
            self.chapters.append(chapter)
            yield chapter

    def _ask_about(self, chapter: Chapter) -> None:
        from neighlab.cli.show import drawing

        name, count = printable(chapter.scenario.name), len(chapter.asked)
        click.echo(f"{click.style(name, bold=True)}  {count} question{'s' * (count != 1)}")
        click.echo(not_asked_text(chapter.not_asked), nl=False)
        if not count:
            click.echo()
            return
        click.echo(f"\n{drawing(chapter.scenario.topology)}")
        told = False
        for number, question in enumerate(chapter.asked, start=1):
            click.echo(question_text(question, f"{number} of {count}"))
            answer, hinted = self._answer(question)
            if answer is None:
                click.echo("skipped\n")
                continue
            (verdict,) = self._session.answered(chapter, [(question, answer)])
            verdict.hinted = hinted
            self.verdicts.append(verdict)
            self._tell(verdict)
            told = True
        if told:
            click.echo(lesson_text(chapter.scenario))

    def _answer(self, question: Question) -> tuple[str | None, bool]:
        """A choice, and whether a hint was asked for; no choice: skip it. EOFError at the end of the input."""
        left, hinted = hints(question), False
        last = LETTERS[len(question.choices) - 1]
        while True:
            said = input(f"a-{last}, or its words ({HINT} hint, {SKIP} skip, Ctrl-D end): ").strip()
            if said == HINT:
                click.echo(hint_text(left.pop(0)) if left else "There is no other hint.\n")
                hinted = True
                continue
            if said.casefold() == SKIP:
                return None, hinted
            choice = chosen(said, question.choices)
            if choice is not None:
                return choice, hinted
            if said:
                click.echo(f"{said!r} is none of the choices, or not only one: a letter from a to {last} will do.")

    def _tell(self, verdict: Verdict) -> None:
        mark, colon, rest = verdict_line(verdict).partition(":")
        color = {"right": "green", "wrong": "red"}.get(mark, "yellow")
        click.echo(f"{click.style(mark.capitalize(), fg=color, bold=True)}{colon}{rest}")
        click.echo(reasons_text(verdict))

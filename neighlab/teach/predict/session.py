"""Before a question is asked, all cases of its scenario have run once: that is where its choices are known from.

What a prediction is compared with is another run, made after it was given.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from neighlab.model.result import CaseResult
from neighlab.runner.discovery import Selected
from neighlab.runner.execute import Options
from neighlab.runner.pool import Runner
from neighlab.runner.registry import Scenario
from neighlab.teach.predict.questions import NotAsked, Question, questions
from neighlab.teach.predict.verdicts import Verdict, judge


@dataclass(frozen=True, slots=True)
class Chapter:
    """One scenario: what is asked of it, what is not, and all its questions, for a case to be compared with."""

    scenario: Scenario
    asked: list[Question]
    not_asked: list[NotAsked]
    peers: list[Question]


@dataclass(frozen=True, slots=True)
class Session:
    """Runs cases for questions: how (`options`), how many at a time, and from which seed the choices come."""

    options: Options = field(default_factory=Options)
    jobs: int = 1
    seed: int = 0

    def chapters(self, selection: Sequence[Selected]) -> Iterator[Chapter]:
        """The selected cases by scenario; each scenario's cases run when its chapter is asked for."""
        wanted: dict[str, list[Selected]] = {}
        for one in selection:
            wanted.setdefault(one.scenario.name, []).append(one)
        for cases in wanted.values():
            yield self.chapter(cases)

    def chapter(self, cases: Sequence[Selected]) -> Chapter:
        """Run all cases of a scenario, and make the questions about some of them."""
        scenario = cases[0].scenario
        names = {one.case.name for one in cases}
        results = self._run([Selected(scenario, case) for case in scenario.cases], replace(self.options, evidence=True))
        made, missing = questions(scenario, results, seed=self.seed)
        return Chapter(
            scenario,
            [one for one in made if one.selected.case.name in names],
            [one for one in missing if one.selected.case.name in names],
            made,
        )

    def answered(self, chapter: Chapter, given: Sequence[tuple[Question, str | None]]) -> list[Verdict]:
        """Run the cases of some questions of a chapter now, and compare."""
        results = self._run([question.selected for question, _answer in given], self.options)
        return [
            judge(question, answer, result, chapter.peers)
            for (question, answer), result in zip(given, results, strict=True)
        ]

    def _run(self, selection: Sequence[Selected], options: Options) -> list[CaseResult]:
        run = Runner(options, self.jobs).run(selection)
        if run.interrupted:
            raise KeyboardInterrupt
        return run.cases

"""A prediction as it is read: the situation without its outcome, the verdict with its reason, the lesson at the end."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from neighlab.report.plain import printable
from neighlab.report.text import WIDTH, timeline_lines
from neighlab.runner.registry import Scenario
from neighlab.teach.predict.choices import LETTERS
from neighlab.teach.predict.outcomes import LLADDR
from neighlab.teach.predict.questions import NotAsked, Question
from neighlab.teach.predict.score import Score
from neighlab.teach.predict.session import Chapter
from neighlab.teach.predict.verdicts import Contrast, Verdict


def question_text(question: Question, heading: str) -> str:
    """The situation, the question and its choices, whole lines."""
    told = question.situation
    steps = told.told()
    lines = [heading]
    if told.settings:
        lines += _labelled("settings", _wrap(", ".join(told.settings), WIDTH - 12))
    hosts, kinds = (max((len(one) for one in column), default=0) for column in (_column(steps, 0), _column(steps, 1)))
    lines += _labelled("steps", [f"{one.host:<{hosts}}  {one.kind:<{kinds}}  {one.text}" for one in steps])
    lines += ["", *(f"  {line}" for line in _wrap(question.text, WIDTH - 2))]
    owners = question.legend()
    for letter, choice in zip(LETTERS, question.choices, strict=False):
        whose = "; ".join(dict.fromkeys(owners[one] for one in LLADDR.findall(choice) if one in owners))
        lines.append(f"    {letter}  {choice}" + (f"   ({whose})" if whose else ""))
    return "".join(f"{printable(line)}\n" for line in lines)


def hint_text(hint: str) -> str:
    """A hint, a paragraph for each of its lines."""
    return "".join(f"{line}\n" for part in hint.split("\n") for line in _wrap(printable(part), WIDTH))


def verdict_line(verdict: Verdict) -> str:
    """What was said, what the kernel did, and in which case."""
    case = verdict.question.selected.case.name
    if verdict.right is None:
        return printable(f"undecided: {verdict.reason} (case {case})")
    said = "no answer" if verdict.given is None else f"you said {verdict.given}"
    if verdict.reason and verdict.given is not None:
        said += f", {verdict.reason}"
    told = verdict.observed if verdict.seen == verdict.observed else f"{verdict.seen}"
    return printable(f"{'right' if verdict.right else 'wrong'}: {said}; the kernel: {told} (case {case})")


def reasons_text(verdict: Verdict) -> str:
    """The lines of the timeline that decided, and the case that does what was wrongly said."""
    lines = [f"    {line}" for line in timeline_lines(verdict.timeline, fold=True)]
    if verdict.contrast is not None:
        lines += [f"  {line}" for line in contrast_lines(verdict.given or "", verdict.contrast)]
    return "".join(f"{line}\n" for line in lines)


def contrast_lines(given: str, contrast: Contrast) -> list[str]:
    """Where it happens as was said, and what is different there."""
    lines = _wrap(f"{given} is what happens in case {contrast.case}.", WIDTH - 2)
    for where, traits in (("there", contrast.there), ("here", contrast.here)):
        if traits:
            lines += _wrap(f"  only {where}: {'; '.join(traits)}", WIDTH - 2)
    return [printable(line) for line in lines]


def lesson_text(scenario: Scenario) -> str:
    """What the cases of a scenario have in common, and where the kernel decides it."""
    paragraphs = [scenario.claim, *scenario.lesson.split("\n\n")]
    if scenario.kernel:
        paragraphs.append(f"In the kernel: {scenario.kernel}. More: neighlab show {scenario.name}")
    return "\n".join(f"{textwrap.fill(printable(' '.join(one.split())), WIDTH)}\n" for one in paragraphs if one)


def not_asked_text(missing: Iterable[NotAsked]) -> str:
    """The cases without a question, and why."""
    return "".join(
        printable(f"not asked: {one.selected.name}: {one.reason.removeprefix('Unsupported: ')}") + "\n"
        for one in missing
    )


def score_text(score: Score) -> str:
    """The score of each scenario, and of all together if there are several."""
    names = [printable(name) for name in score.scenarios]
    width = max((len(name) for name in [*names, "all"]), default=0)
    lines = [f"  {name:<{width}}  {count}" for name, count in zip(names, score.scenarios.values(), strict=True)]
    if len(lines) != 1:
        lines.append(f"  {'all':<{width}}  {score.total()}")
    return "".join(f"{line}\n" for line in ["Score", *lines])


def graded_text(chapters: Sequence[Chapter], verdicts: Sequence[Verdict]) -> str:
    """A whole homework: each question's verdict, the lesson where something was wrong, and the score."""
    parts = []
    for chapter in chapters:
        own = [one for one in verdicts if one.question.selected.scenario is chapter.scenario]
        parts.append(f"{printable(chapter.scenario.name)}\n")
        for one in own:
            parts.append(f"  {printable(one.question.id)}  {verdict_line(one)}\n")
            if one.contrast is not None:
                parts += [f"      {line}\n" for line in contrast_lines(one.given or "", one.contrast)]
        parts.append(textwrap.indent(not_asked_text(chapter.not_asked), "  "))
        if any(one.right is False for one in own):
            parts.append("\n" + textwrap.indent(lesson_text(chapter.scenario), "  "))
        parts.append("\n")
    return "".join(parts) + score_text(Score.of(verdicts))


def _column(rows: Sequence[tuple[str, str, str]], place: int) -> list[str]:
    return [row[place] for row in rows]


def _labelled(label: str, lines: Sequence[str]) -> list[str]:
    return [f"  {label if number == 0 else '':<10}{line}" for number, line in enumerate(lines)]


def _wrap(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)

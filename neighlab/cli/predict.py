"""Who says beforehand what the kernel will do, and is told why it did something else, remembers it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from neighlab.errors import ScenarioError, Unsupported
from neighlab.kernel.features import kernel_release

if TYPE_CHECKING:
    from neighlab.runner.discovery import Selected
    from neighlab.teach.predict.session import Chapter, Session
    from neighlab.teach.predict.verdicts import Verdict


@click.command("predict", short_help="Say what each case will do before it runs.")
@click.argument("patterns", nargs=-1, metavar="[SCENARIO[:CASE] | FILE]...")
@click.option("--questions", is_flag=True, help="Print the questions as JSON, for homework, and ask nothing.")
@click.option(
    "--batch", metavar="ANSWERS", help="Grade the answers in this file (-: standard input); 0 if all are right."
)
@click.option("--seed", type=int, help="Other choices, in another order [default: 0, or what ANSWERS say].")
@click.option("--score", type=click.Path(path_type=Path), metavar="FILE", help="Add the score to this JSON file.")
@click.option("-j", "--jobs", type=click.IntRange(1, 64), default=2, show_default=True, help="Cases to run at a time.")
@click.option(
    "--time-scale", type=click.FloatRange(0.1, 100), default=1.0, show_default=True, help="Stretch all deadlines."
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Report to print.",
)
@click.option(
    "--output", type=click.Path(path_type=Path), metavar="FILE", help="Write the report or the questions there."
)
def command(
    patterns: tuple[str, ...],
    questions: bool,
    batch: str | None,
    seed: int | None,
    score: Path | None,
    jobs: int,
    time_scale: float,
    format_: str,
    output: Path | None,
) -> int:
    """Ask what each case will do, run it, and tell why it did so.

    Every scenario can be asked about. A question shows the lab, the settings and what is sent; what the case does when
    it runs after your answer is compared with it. Ctrl-D ends the session and shows the score.

    \b
      neighlab predict garp/arp_accept
      neighlab predict nud 'spoof/*' --score my-score.json
      neighlab predict garp/locktime --questions --output homework.json
      neighlab predict --batch homework.json               graded, with the answers filled in
    """
    from neighlab.runner.execute import Options
    from neighlab.teach.predict.session import Session

    if questions and batch is not None:
        raise ScenarioError("--questions makes a homework and --batch grades one: give one of them")
    if questions and score is not None:
        raise ScenarioError("--questions asks nobody: there is no --score to keep")
    if not patterns and batch is None:
        raise ScenarioError("name a scenario, as in `neighlab predict garp/arp_accept` (neighlab list shows them all)")
    if batch is None and not questions:
        _check_terminal(format_, output)
    options = Options(time_scale=time_scale)
    if batch is not None:
        return _batch(batch, patterns, Session(options, jobs, seed or 0), seed, score, format_, output)
    from neighlab.runner.discovery import select

    session, selection = Session(options, jobs, seed or 0), select(patterns)
    kept = _kept(score)
    _check_file(output)
    if questions:
        return _hand_out(session, selection, output)
    from neighlab.cli.dialogue import Dialogue
    from neighlab.report.prediction import score_text
    from neighlab.teach.predict.score import Score

    dialogue = Dialogue(session)
    dialogue.hold(selection)
    click.echo(score_text(Score.of(dialogue.verdicts)), nl=False)
    _keep(score, kept, dialogue.verdicts)
    if format_ == "json":
        _write(output, _report(dialogue.chapters, dialogue.verdicts, "", session.seed))
    if dialogue.chapters and not any(one.asked for one in dialogue.chapters):
        return Unsupported.exit_code
    return 0


def _check_terminal(format_: str, output: Path | None) -> None:
    if not sys.stdin.isatty():
        raise ScenarioError(
            "questions need a terminal to be answered in; "
            "for homework, --questions prints them and --batch ANSWERS grades the answers"
        )
    if (format_ == "json") is (output is None):
        raise ScenarioError("the questions are asked in this terminal: give --format json and --output FILE together")


def _hand_out(session: Session, selection: Sequence[Selected], output: Path | None) -> int:
    from neighlab.cli.show import drawing
    from neighlab.teach.predict.homework import questions_document

    chapters = list(session.chapters(selection))
    drawings = {one.scenario.name: drawing(one.scenario.topology) for one in chapters if one.asked}
    _write(output, questions_document(chapters, drawings, seed=session.seed, kernel=kernel_release()))
    return 0 if drawings else Unsupported.exit_code


def _batch(
    source: str,
    patterns: tuple[str, ...],
    session: Session,
    seed: int | None,
    score: Path | None,
    format_: str,
    output: Path | None,
) -> int:
    from dataclasses import replace

    from neighlab.report.prediction import graded_text
    from neighlab.runner.discovery import discover, select
    from neighlab.teach.predict import homework

    answers = homework.read_answers(_read(source), source)
    named = select(patterns) if patterns else []
    known = list({one.scenario.name: one.scenario for one in named}.values()) if patterns else discover()
    handed_in = homework.selected(answers, known, source)
    if seed is None and answers.seed is not None:
        session = replace(session, seed=answers.seed)
    kept = _kept(score)
    _check_file(output)
    chapters: list[Chapter] = []
    verdicts: list[Verdict] = []
    for chapter in session.chapters(named or handed_in):
        chapters.append(chapter)
        given = [(one, homework.answer_to(one, answers, source)) for one in chapter.asked]
        verdicts += session.answered(chapter, given)
    _keep(score, kept, verdicts)
    if format_ == "json":
        _write(output, _report(chapters, verdicts, answers.student, session.seed))
    else:
        _write(output, graded_text(chapters, verdicts))
    decided = [one.right for one in verdicts if one.right is not None]
    if not decided:
        return Unsupported.exit_code
    return 0 if all(decided) else 1


def _report(chapters: Sequence[Chapter], verdicts: Sequence[Verdict], student: str, seed: int) -> dict[str, Any]:
    from neighlab.teach.predict.homework import report_document

    mode = "root" if os.geteuid() == 0 else "rootless"
    return report_document(chapters, verdicts, student=student, seed=seed, kernel=kernel_release(), mode=mode)


def _read(source: str) -> str:
    try:
        if source == "-":
            return sys.stdin.read()
        return Path(source).read_text(encoding="utf-8")
    except OSError as problem:
        raise ScenarioError(f"cannot read {source}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise ScenarioError(f"{source} is not JSON: it is not even text") from None


def _kept(file: Path | None) -> Any:
    """The score so far, read before anybody has worked for more."""
    if file is None:
        return None
    from neighlab.teach.predict.score import read_score

    _check_file(file)
    return read_score(file)


def _keep(file: Path | None, kept: Any, verdicts: Sequence[Verdict]) -> None:
    if file is None or not verdicts:
        return
    from neighlab.cli.files import write_whole
    from neighlab.report.json import json_text
    from neighlab.teach.predict.score import Score

    kept.add(Score.of(verdicts))
    write_whole(file, json_text(kept.to_plain()).encode())


def _write(file: Path | None, what: dict[str, Any] | str) -> None:
    from neighlab.cli.files import write_whole
    from neighlab.report.json import json_text

    text = what if isinstance(what, str) else json_text(what)
    if file is None:
        click.echo(text, nl=False)
    else:
        write_whole(file, text.encode())


def _check_file(file: Path | None) -> None:
    """A place that cannot be written is said before anybody has worked for it."""
    if file is None:
        return
    if file.is_dir():
        raise ScenarioError(f"cannot write {file}: it is a folder")
    if not os.access(file if file.exists() else file.parent, os.W_OK):
        raise ScenarioError(f"cannot write {file}: no permission, or no such folder")

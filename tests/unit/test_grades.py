"""A grade adds up as it is said, and nothing that a student writes can do more than be read."""

from __future__ import annotations

import csv
import io
import json

import pytest

from neighlab.model.grades import Attempt, CheckResult
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.report.feedback import file_name, index_html, one_attempt, student_html, student_markdown
from neighlab.report.grades import grades_csv, grades_json, matrix_csv, matrix_text

NASTY = "=1+1|<b>\x1b[2J`x`\n# two"


def check(name: str, points: int, passed: bool, *, kept: bool = False) -> CheckResult:
    return CheckResult(
        name, f"{name} is so", points, passed, kept, "" if passed else f"look at {name}", f"{name}: 7", f"{name}: 8"
    )


def attempt(student: str = "alice", exercise: str = "flux", ended: str = "", **passed: bool) -> Attempt:
    checks = [check(name, 2, so, kept=name.startswith("kept")) for name, so in passed.items()]
    return Attempt(exercise, student, checks, ended)


def test_points_add_up() -> None:
    assert (attempt(a=True, b=False).earned, attempt(a=True, b=False).most) == (2, 4)
    assert not attempt(a=True, b=False).solved
    assert attempt(a=True, b=True).solved


def test_what_was_so_from_the_beginning_earns_nothing_alone() -> None:
    assert attempt(a=False, kept=True).earned == 0
    assert attempt(a=True, kept=True).earned == 4


def test_who_breaks_a_limit_earns_nothing() -> None:
    broken = attempt(ended="it printed a gigabyte", a=True)
    assert broken.earned == 0
    assert not broken.solved


def test_without_checks_nothing_is_solved() -> None:
    assert not attempt().solved


def test_attempt_survives_its_way_through_json() -> None:
    one = attempt(a=True, kept=False)
    one.output, one.status, one.discarded_bytes = NASTY, -9, 5
    assert Attempt.from_plain(json.loads(json.dumps(one.to_plain()))) == one


@pytest.mark.parametrize("broken", [{}, [], {"exercise": 1}, None])
def test_what_is_no_attempt_is_refused(broken: object) -> None:
    with pytest.raises((LookupError, TypeError, ValueError)):
        Attempt.from_plain(broken)  # type: ignore[arg-type]


def test_table_has_a_line_for_each_attempt() -> None:
    table = grades_csv([attempt(a=True), attempt("bob", ended="it did not end within 2 s", a=True)])
    assert table == (
        "student,exercise,points,of,solved,reason\nalice,flux,2,2,yes,\nbob,flux,0,2,no,it did not end within 2 s\n"
    )


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@sum", "\t=1", " =1", "\r=1", "\n=1", NASTY])
def test_no_cell_is_a_formula_or_a_second_line(name: str) -> None:
    for text in (grades_csv([attempt(name, a=True)]), matrix_csv([attempt(name, a=True)])):
        assert len(text.splitlines()) == 2
        assert "\x1b" not in text
        (row,) = list(csv.reader(io.StringIO(text)))[1:]
        assert not row[0].lstrip().startswith(("=", "+", "-", "@"))


def test_matrix_shows_who_solved_what() -> None:
    attempts = [attempt(a=True), attempt("bob", a=False, b=True), attempt("bob", "other", a=True)]
    assert matrix_csv(attempts) == "student,flux,other,total\nalice,2,,2\nbob,2,2,4\n"
    assert matrix_text(attempts).splitlines() == [
        "       flux  other  total",
        "alice  2/2*      -      2",
        "bob    2/4    2/2*      4",
    ]


def test_grades_are_one_document() -> None:
    document = json.loads(grades_json([attempt(a=True, b=False)], "6.18.44"))
    assert (document["schema"], document["kernel"]) == ("neighlab.grades/1", "6.18.44")
    assert document["totals"] == {"attempts": 1, "solved": 0}
    (one,) = document["attempts"]
    assert (one["student"], one["points"], one["of"], one["solved"]) == ("alice", 2, 4, False)
    assert one["checks"][1]["said"] == "look at b"


def test_student_is_told_what_was_wrong_and_where_to_look() -> None:
    told = student_markdown("alice", [attempt(a=True, b=False)], {"flux": "Flux is cured"})
    assert told == (
        "# alice\n\n## Flux is cured\n\n`flux`: **2 of 4 points**\n\nNot solved yet.\n\n- [x] a is so (2/2)\n"
        "- [ ] b is so (0/2)\n  - look at b\n  - observed: b: 8\n"
    )
    assert (
        one_attempt(attempt(b=False))
        == "      -- 0/2  b is so\n              look at b\n              observed  b: 8\n"
    )
    assert "look at b" in student_html("alice", [attempt(b=False)], {})


def test_no_student_is_shown_what_would_have_been_right() -> None:
    one = attempt(b=False)
    one.checks[0].expected = "b: SECRET"
    one.case = CaseResult("flux", "alice", "Flux is cured", "failed")
    one.case.timeline = [
        Entry(1.0, "lab", "story", "expect", "b: SECRET NOT met", {}),
        Entry(2.0, "victim", "netlink", "event", "NEWNEIGH", {}),
    ]
    page = student_html("alice", [one], {})
    for told in (one_attempt(one), one_attempt(one, width=80), student_markdown("alice", [one], {}), page):
        assert "SECRET" not in told
    assert "NEWNEIGH" in page
    assert "expected  b: SECRET" in one_attempt(one, author=True)
    assert "SECRET" in grades_json([one], "6.18.44")


def test_long_sentences_are_folded_to_the_terminal_and_stay_whole() -> None:
    one = attempt(b=False)
    one.checks[0].said = "word " * 40
    lines = one_attempt(one, width=80).splitlines()
    assert max(map(len, lines)) < 80
    assert sum(line.count("word") for line in lines) == 40
    assert all(line.startswith(" " * 14) for line in lines if "word" in line)


def test_student_whose_solution_was_ended_reads_why() -> None:
    ended = attempt(ended="it printed a gigabyte", a=True)
    for told in (student_markdown("x", [ended], {}), student_html("x", [ended], {})):
        assert "The solution was ended: it printed a gigabyte." in told
        assert "a is so" not in told


def test_nothing_that_a_student_writes_is_obeyed() -> None:
    one = attempt(NASTY, a=False)
    one.output = NASTY
    one.checks[0].observed = NASTY
    page, index = student_html(NASTY, [one], {}), index_html([one])
    for text in (page, index, student_markdown(NASTY, [one], {}), one_attempt(one), matrix_text([one])):
        assert "\x1b" not in text
    assert "<b>\\x1b" not in page + index
    lines = student_markdown(NASTY, [one], {}).splitlines()
    assert not any(line.startswith("# two") for line in lines)
    assert lines[0] == r"# =1+1\|\<b\>\\x1b\[2J\`x\`\\n\# two"
    assert all(line.startswith("    ") for line in lines if "1+1" in line and "\\`" not in line)


def test_two_students_never_share_a_page() -> None:
    names = ["alice", "a/lice", "a?lice", "../../etc/passwd", "index", ".hidden", "", "x" * 300, NASTY]
    files = [file_name(name) for name in names]
    assert len(set(files)) == len(files)
    assert not any("/" in file or file.startswith(".") or len(file) > 100 for file in files)
    assert files[0] == "alice"
    assert "index" not in files

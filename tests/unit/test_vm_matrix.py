"""A difference between kernels is explained by the case or by what a kernel lacks; anything else is unexplained."""

import json
from xml.etree import ElementTree

import pytest

from neighlab.model.result import CaseResult, Expectation, RunResult
from neighlab.report.matrix import html_matrix, json_matrix, junit_matrix, text_matrix
from neighlab.runner.discovery import Selected
from neighlab.runner.registry import Case, scenario
from neighlab.vm.matrix import Column, Matrix, matrix

CASES = [
    Case("plain"),
    Case("new", since="6.0"),
    Case("old", until="6.10"),
    Case("ipvs"),
    Case("broken"),
    Case("broken-everywhere"),
]


def story(victim):
    """Something is claimed."""


# called and not written as a decorator, which would make pytest run it
REGISTERED = scenario(topology=object, cases=CASES)(story).__neighlab__  # type: ignore[attr-defined]
REGISTERED.name = "garp/story"
SELECTION = [Selected(REGISTERED, case) for case in CASES]


def result(case: str, outcome: str, reason: str = "") -> CaseResult:
    seen = Expectation("victim eth0 192.0.2.9", "ABSENT", "STALE <b>", outcome == "passed", 1.0)
    told = [seen] if outcome in ("passed", "failed") else []
    return CaseResult("garp/story", case, "Something is claimed.", outcome, reason, expectations=told)  # type: ignore[arg-type]


def run(kernel: str, **outcomes: str) -> RunResult:
    """A run in which every case passed but those that are named."""
    cases = []
    for case in CASES:
        outcome = outcomes.get(case.name.replace("-", "_"), "passed")
        reason = "Unsupported: no IPVS in this kernel" if case.name == "ipvs" else "Unsupported: as the case says"
        cases.append(result(case.name, outcome, reason if outcome == "skipped" else ""))
    return RunResult(kernel, "vm", cases, duration_ms=1000.0)


@pytest.fixture
def table() -> Matrix:
    old = run("5.10.200", new="skipped", broken_everywhere="failed")
    new = run("6.12.9", old="skipped", ipvs="skipped", broken="failed", broken_everywhere="failed")
    return matrix(SELECTION, [Column("5.10.200", old), Column("6.12.9", new)])


def test_differences_come_first_and_the_unexplained_ones_before_all(table: Matrix) -> None:
    assert [(row.case, row.verdict) for row in table.rows] == [
        ("broken", "unexplained"),
        ("broken-everywhere", "unexplained"),
        ("new", "explained"),
        ("old", "explained"),
        ("ipvs", "explained"),
        ("plain", "same"),
    ]


def test_what_a_case_says_of_its_versions_explains_it(table: Matrix) -> None:
    why = {row.case: row.why for row in table.rows}

    assert why["new"] == ("since 6.0",)
    assert why["old"] == ("until 6.10",)
    assert why["ipvs"] == ("6.12.9: no IPVS in this kernel",)
    assert why["broken"] == ("6.12.9: victim eth0 192.0.2.9: expected ABSENT, observed STALE <b>",)


def test_a_bound_that_no_kernel_met_explains_nothing() -> None:
    both = [Column(kernel, run(kernel, new="skipped")) for kernel in ("6.1.0", "6.12.9")]

    (row,) = [row for row in matrix(SELECTION, both).rows if row.case == "new"]

    assert row.why == ("6.1.0: as the case says",)


def test_the_exit_code_says_whether_somebody_has_to_look(table: Matrix) -> None:
    fine = [Column("6.1.0", run("6.1.0")), Column("6.12.9", run("6.12.9", old="skipped"))]
    nothing = dict.fromkeys(("plain", "new", "old", "ipvs", "broken", "broken_everywhere"), "skipped")
    stopped = run("6.1.0")
    stopped.interrupted, stopped.cases = True, stopped.cases[:2]

    assert table.exit_code() == 1
    assert matrix(SELECTION, fine).exit_code() == 0
    assert matrix(SELECTION, [Column("6.1.0", run("6.1.0", **nothing))]).exit_code() == 4
    assert matrix(SELECTION, [Column("6.1.0", stopped)]).exit_code() == 130


def test_the_text_shows_what_differs_and_counts_the_rest(table: Matrix) -> None:
    assert (
        text_matrix(table)
        == """\
                              5.10.200  6.12.9

Unexplained: a case does not hold, and does not say since or until when it should
garp/story:broken             pass      FAIL
    6.12.9: victim eth0 192.0.2.9: expected ABSENT, observed STALE <b>
garp/story:broken-everywhere  FAIL      FAIL
    5.10.200: victim eth0 192.0.2.9: expected ABSENT, observed STALE <b>
    6.12.9: victim eth0 192.0.2.9: expected ABSENT, observed STALE <b>

Explained: a case says where it holds, or a kernel lacks what it needs
garp/story:new                skip      pass    since 6.0
garp/story:old                pass      skip    until 6.10
garp/story:ipvs               pass      skip    6.12.9: no IPVS in this kernel

5.10.200: 4 passed, 1 failed, 1 skipped, 0 errors in 1.0 s  (vm)
6.12.9: 2 passed, 2 failed, 2 skipped, 0 errors in 1.0 s  (vm)
2 unexplained, 3 explained, 1 the same
"""
    )
    assert "garp/story:plain" in text_matrix(table, verbose=1)


def test_what_an_interrupted_run_did_not_come_to_is_no_agreement() -> None:
    stopped, never = run("6.1.0", plain="failed"), RunResult("6.12.9", "vm", interrupted=True)
    stopped.interrupted, stopped.cases = True, stopped.cases[:2]
    table = matrix(SELECTION, [Column("6.1.0", stopped), Column("6.12.9", never)])

    assert table.totals() == {"unexplained": 1, "explained": 0, "unfinished": 5, "same": 0}
    assert text_matrix(table).splitlines()[-1] == "1 unexplained, 0 explained, 0 the same, 5 unfinished (interrupted)"
    assert "garp/story:new" not in text_matrix(table)
    assert "garp/story:new" in text_matrix(table, verbose=1)
    assert 'message="unfinished: the run was interrupted"' in junit_matrix(table)


def test_the_json_has_every_cell(table: Matrix) -> None:
    document = json.loads(json_matrix(table))

    assert document["schema"] == "neighlab.matrix/1"
    assert document["totals"] == {"unexplained": 2, "explained": 3, "unfinished": 0, "same": 1}
    assert [one["kernel"] for one in document["kernels"]] == ["5.10.200", "6.12.9"]
    assert document["cases"][0]["outcomes"]["6.12.9"]["outcome"] == "failed"


def test_the_junit_fails_where_a_difference_is_unexplained(table: Matrix) -> None:
    root = ElementTree.fromstring(junit_matrix(table))

    failed = [test.get("name") for test in root.iter("testcase") if test.find("failure") is not None]
    assert failed == ["broken", "broken-everywhere"]
    assert root.get("failures") == "2"


def test_the_page_is_one_file_in_which_no_text_becomes_markup(table: Matrix) -> None:
    page = html_matrix(table)

    assert "STALE &lt;b&gt;" in page
    assert "<b>" not in page
    assert "http:" not in page
    assert "https:" not in page
    assert page.index('id="unexplained"') < page.index('id="explained"') < page.index('id="same"')

"""The page shows every result once, runs nothing but its own script, and asks no network for anything."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import sys
import urllib.parse
from pathlib import Path

import pytest
from page_reader import Page, report

from neighlab.model.result import CaseResult, Expectation, RunResult
from neighlab.model.timeline import Entry
from neighlab.report.html import Story, circumstances, headline
from neighlab.report.html_case import body, rerun

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = (
    '</script><script>alert(1)</script><img src="//evil.example/x" onerror=alert(1)>"\'`{{ 7 * 7 }}'
    "\x1b[31m\x00\u202e\ud800"
)


def case(
    name: str = "2-creates", outcome: str = "passed", *, scenario: str = "garp/arp_accept", **more: object
) -> CaseResult:
    passed = outcome == "passed"
    one = Expectation("victim eth0 192.0.2.99", "STALE", "STALE" if passed else "ABSENT", passed, 4.5, 0.2)
    timeline = [
        Entry(0.5, "victim", "knob", "set", "conf.eth0.arp_accept=2"),
        Entry(1.0, "attacker", "story", "sent", "ARP who-has 192.0.2.99 tell 192.0.2.99 (gratuitous)"),
        Entry(2.0, "victim", "netlink", "event", "NEWNEIGH 192.0.2.99 STALE", {
            "addr": "192.0.2.99", "ifname": "eth0", "state": "STALE", "lladdr": "00:00:5e:00:53:66",
            "event": "NEWNEIGH", "cause": "frame: ARP who-has 192.0.2.99, from attacker", "cause_inferred": True,
        }),
        Entry(4.5, "victim", "story", "expect", "victim eth0 192.0.2.99: STALE met", {"expectation": 0}),
    ]  # fmt: skip
    knobs = {"victim conf.eth0.arp_accept": "2"}
    ran = {"timeline": timeline, "expectations": [one], "knobs": knobs, "duration_ms": 61.4, "epoch_s": 1e9}
    if outcome in ("skipped", "error"):
        ran = {"reason": "the kernel does so since 6.0"}
    return CaseResult(scenario, name, "It decides.", outcome, **{**ran, **more})  # type: ignore[arg-type]


def reason(text: str, remedy: str) -> dict[str, object]:
    """What stopped a frame at a host."""
    where = {"host": "victim", "ifname": "eth0"}
    return {**where, "check": text, "function": "arp_process", "text": text, "remedy": remedy, "values": {}}


def test_every_case_is_there_once_with_its_outcome_and_what_the_kernel_did() -> None:
    shown = Page(report(case("a"), case("b", "failed"), case("c", "skipped"), case("d", "error", scenario="nud/x")))

    assert [(one.attributes["id"], one.attributes["data-outcome"]) for one in shown.cases()] == [
        ("garp/arp_accept:a", "passed"),
        ("garp/arp_accept:b", "failed"),
        ("garp/arp_accept:c", "skipped"),
        ("nud/x:d", "error"),
    ]
    assert [one.text for one in shown.all("span", "said")] == [
        "victim eth0 192.0.2.99  STALE",
        "victim eth0 192.0.2.99  ABSENT",
        "the kernel does so since 6.0",
        "the kernel does so since 6.0",
    ]
    assert [one.text for one in shown.all("button") if "data-subject" in one.attributes] == ["garp", "nud"]


def test_the_body_of_a_case_tells_everything_of_it() -> None:
    opened = body(case(outcome="failed"), kernel="6.18.44", ident="c0")
    shown = Page(opened)

    (ladder,) = shown.all("svg", "ladder")
    assert ladder.attributes["data-case"] == "garp/arp_accept:2-creates"
    assert [one.attributes["data-place"] for one in shown.all("g", "event")] == ["0", "1", "2", "3"]
    for told in (
        "victim eth0 192.0.2.99",
        "not met",
        "frame: ARP who-has 192.0.2.99, from attacker",
        "<i>inferred</i>",
        "conf.eth0.arp_accept",
        "neighlab run garp/arp_accept:2-creates -v",
        "kernel 6.18.44",
        "observed  victim eth0 192.0.2.99  ABSENT",
    ):
        assert told in opened, told
    assert [one.attributes["data-place"] for one in shown.all("button", "moment")] == ["3", "2"]


def test_a_frame_that_changed_nothing_has_the_reason_of_each_receiver() -> None:
    silent = reason("arp_ignore=8", "with arp_ignore=0")
    one = case()
    one.timeline[1].fields["why"] = [
        {**reason("no entry, and arp_accept=0", "with arp_accept=1"), "answered": True, "silent": silent}
    ]

    opened = body(one, kernel="6.18.44", ident="c0")

    rows = opened[opened.index("What changed nothing") :]
    assert (
        "why nothing: victim: no entry, and arp_accept=0 (arp_process), but it is answered; with arp_accept=1 it"
        in rows
    )
    assert "why no answer: victim: arp_ignore=8 (arp_process); with arp_ignore=0 it would pass" in rows


def test_a_case_that_did_not_run_has_no_ladder_but_its_reason() -> None:
    skipped, failed = (
        body(case(outcome=one, details="Traceback\n\tboom"), kernel="6", ident="c") for one in ("skipped", "error")
    )

    for opened in (skipped, failed):
        assert "<svg" not in opened
        assert "the kernel does so since 6.0" in opened
        assert "Traceback\n        boom" in opened


@pytest.mark.parametrize(
    ("outcomes", "said"),
    [
        ([], "Nothing was run"),
        (["skipped"], "Nothing was run"),
        (["passed"], "The one case that ran holds"),
        (["passed", "passed", "skipped"], "All 2 cases that ran hold"),
        (["passed", "failed"], "1 of 2 cases does not hold"),
        (["error", "failed", "passed"], "2 of 3 cases do not hold"),
    ],
)
def test_the_headline_counts_what_ran(outcomes: list[str], said: str) -> None:
    assert headline(RunResult("6", "root", [case(outcome=one) for one in outcomes])) == said


def test_the_circumstances_name_day_scale_and_other_kernels() -> None:
    run = RunResult("6.18.44", "rootless", [case(kernel="6.1.2"), case(kernel="6.18.44"), case()], 90_000, time_scale=3)

    assert circumstances(run) == [
        "kernel 6.18.44",
        "rootless",
        "took 1 min",
        "2001-09-09 01:46 UTC",
        "deadlines x3",
        "1 in a VM with kernel 6.1.2",
    ]


def test_what_was_interrupted_says_so() -> None:
    assert "(interrupted)" in report(case(), interrupted=True)
    assert "(interrupted)" not in report(case())


def test_a_lesson_is_there_once_for_its_scenario_paragraph_by_paragraph() -> None:
    story = Story("One <b>thing</b>\nis so.\n\nAnother is not.", "arp_process", "\n a --- b\n")
    text = report(case("a"), case("b"), stories={"garp/arp_accept": story})

    assert text.count("<p>One &lt;b&gt;thing&lt;/b&gt;\nis so.</p>\n<p>Another is not.</p>") == 1
    assert text.count("In the kernel: <code>arp_process</code>") == 1
    assert text.count(" a --- b") == 1


def test_hostile_names_are_text_wherever_they_stand() -> None:
    one = case(HOSTILE, scenario=f"x/{HOSTILE}", reason=HOSTILE, details=HOSTILE, where=HOSTILE, kernel=HOSTILE)
    one.claim, one.outcome = HOSTILE, "failed"
    one.knobs = {f"victim {HOSTILE}": HOSTILE}
    one.expectations = [Expectation(HOSTILE, HOSTILE, HOSTILE, False, 1.0)]
    for entry in one.timeline:
        entry.text = entry.host = HOSTILE
    one.timeline[1].fields["why"] = [reason(HOSTILE, HOSTILE)]
    one.timeline[2].fields.update(addr=HOSTILE, ifname=HOSTILE, state=HOSTILE, cause=HOSTILE)

    text = report(one, stories={one.scenario: Story(HOSTILE, HOSTILE, HOSTILE)})
    shown = Page(text)
    (opened,) = shown.bodies()

    assert len(shown.all("script")) == 2
    for document in (shown, Page(opened)):
        assert not document.all("img")
        for element in document.elements:
            assert not [name for name in element.attributes if name.startswith("on") or name in ("src", "srcdoc")]
    for document in (text, opened):
        document.encode()
        assert not set("\x1b\x00\u202e") & set(document)
        assert "49" not in re.findall(r"`(\d+)", document)
    assert not Page(opened).all("script")


def test_a_browser_is_told_to_run_this_script_only_and_to_ask_for_nothing() -> None:
    shown = Page(report(case()))

    (policy,) = [one.attributes["content"] for one in shown.all("meta") if "http-equiv" in one.attributes]
    digest = base64.b64encode(hashlib.sha256(shown.script().encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; script-src 'sha256-{digest}'; ")


def test_nothing_in_the_page_is_fetched() -> None:
    shown = Page(report(case()))

    text = shown.text.replace("http://www.w3.org/2000/svg", "")
    for document in (text, *(one.replace("http://www.w3.org/2000/svg", "") for one in shown.bodies())):
        assert not re.search(r"https?://|@import|url\((?!#)", document)
    assert {one.attributes["href"] for one in shown.all("link")} == {"data:,"}
    assert all(one.attributes["href"].startswith("#") for one in shown.all("a"))


def test_each_repetition_has_an_address_of_its_own() -> None:
    shown = Page(report(case(), case(repetition=2), case("2-creates~2"), case("with space\n")))

    names = [one.attributes["id"] for one in shown.cases()]
    assert names == [
        "garp/arp_accept:2-creates",
        "garp/arp_accept:2-creates~2",
        "garp/arp_accept:with_space\\n",
        "garp/arp_accept:2-creates~2~~2",
    ]
    cells = [urllib.parse.unquote(one.attributes["href"][1:]) for one in shown.all("a", "cell")]
    assert cells == names
    assert not re.search(r"\s", "".join(names))


def test_bodies_are_those_of_the_rows() -> None:
    shown = Page(report(case("b", repetition=2), case("a"), case("b"), case("c", "skipped")))

    bodies = shown.bodies()
    for one in shown.cases():
        name = one.attributes["id"].replace("~2", " (2)")
        opened = bodies[int(one.attributes["data-number"])]
        assert one.attributes["data-outcome"] == "skipped" or f'data-case="{name}"' in opened


def test_words_that_stand_nowhere_in_the_row_are_searched_too() -> None:
    (one,) = Page(report(case())).cases()

    assert "conf.eth0.arp_accept=2" in one.attributes["data-words"]


def test_the_command_runs_the_case_in_the_same_way() -> None:
    one = case("it's", kernel="6.1.2")

    assert rerun(one, ["--set", "arp_ignore=2"]) == (
        "neighlab run 'garp/arp_accept:it'\"'\"'s' --set arp_ignore=2 --kernel 6.1.2 -v"
    )


def test_a_run_without_cases_is_a_page_all_the_same() -> None:
    assert "No case was run." in report()


def test_templates_are_not_loaded_before_they_are_wanted() -> None:
    code = (
        "import sys; from neighlab.cli.main import call; call(['list', 'garp']);"
        "sys.exit(bool({'jinja2', 'neighlab.report.html'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL)


def test_an_installed_neighlab_has_the_templates(tmp_path: Path) -> None:
    pytest.importorskip("setuptools")
    code = "from setuptools import setup; setup()"
    steps = ["egg_info", "--egg-base", str(tmp_path), "build_py", "--build-lib", str(tmp_path / "installed")]

    subprocess.run([sys.executable, "-c", code, "-q", *steps], cwd=ROOT, check=True, capture_output=True)

    folder = Path("neighlab", "report", "templates")
    there = {one.relative_to(tmp_path / "installed") for one in (tmp_path / "installed" / folder).rglob("*.*")}
    assert there == {one.relative_to(ROOT) for one in (ROOT / folder).rglob("*.*")}
    assert {".j2", ".css", ".js"} == {one.suffix for one in there}

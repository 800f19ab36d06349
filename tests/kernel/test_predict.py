"""What a student predicts is compared with what the kernel does afterwards, at a terminal and in homework."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import select as polling
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from neighlab.runner.discovery import select
from neighlab.teach.predict.outcomes import Kind
from neighlab.teach.predict.session import Session

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.anybody]

COMMAND = [sys.executable, "-c", "from neighlab.cli.main import run_cli; run_cli()", "predict"]
PROMPT = "Ctrl-D end): "
PATIENCE_S = 120
TRUE_ANSWERS = ["ABSENT", "STALE", "STALE", "ABSENT"]
OWN = (
    '"""It is as it is set."""\nfrom neighlab import NUD, Case, Unsupported, scenario\n'
    "from neighlab.topologies import TwoHosts\n"
    "@scenario(topology=TwoHosts, cases=[\n"
    "    Case('fails-as-told', told=NUD.FAILED), Case('stale-as-told', told=NUD.STALE), Case('not-yet', told=None),\n"
    "    Case('too-new', since='99.0', told=None),\n])\n"
    "def it_is_as_it_is_set(victim, lab, *, told):\n"
    "    if told is None:\n        raise Unsupported('there is no such thing')\n"
    "    victim.neigh_set('192.0.2.99', '00:00:5e:00:53:77', state=told)\n"
    "    lab.expect('state', victim.neigh_get('192.0.2.99').state.name, told.name)\n"
)


class Terminal:
    """The command in a pseudo terminal: what it says is read, what is typed is answered."""

    def __init__(self, *args: str) -> None:
        self.pid, self._fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "dumb"
            os.execv(COMMAND[0], [*COMMAND, *args])
        self._said = b""

    def until(self, text: str) -> str:
        """Read until `text` comes, and return all that was said before and with it."""
        wanted, deadline = text.encode(), time.monotonic() + PATIENCE_S
        while wanted not in self._said:
            if time.monotonic() > deadline or not self._read():
                pytest.fail(f"{text!r} never came:\n{self._said.decode()}")
        end = self._said.index(wanted) + len(wanted)
        told, self._said = self._said[:end], self._said[end:]
        return told.decode().replace("\r\n", "\n")

    def type(self, text: str) -> None:
        """Type a line, or a control character."""
        os.write(self._fd, (text if len(text) == 1 and text < " " else f"{text}\n").encode())

    def interrupt(self) -> None:
        """Press Ctrl-C until it is heard: between its prompt and its reading, Python notes it and reads on."""
        deadline = time.monotonic() + PATIENCE_S
        while not polling.select([self._fd], [], [], 0.2)[0] or self._read():
            assert time.monotonic() < deadline, "Ctrl-C was not heard"
            with contextlib.suppress(OSError):  # EIO: it has ended meanwhile
                self.type("\x03")

    def end(self) -> tuple[str, int]:
        """Read all that is still said, and return it with the exit code."""
        while self._read():
            pass
        os.close(self._fd)
        return self._said.decode().replace("\r\n", "\n"), os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def _read(self) -> bool:
        if not polling.select([self._fd], [], [], PATIENCE_S)[0]:
            return False
        try:
            part = os.read(self._fd, 65536)
        except OSError:  # the other end is closed
            return False
        self._said += part
        return bool(part)


def run(*args: str | Path, code: int = 0) -> str:
    done = subprocess.run(
        [*COMMAND, *map(str, args)], capture_output=True, text=True, timeout=PATIENCE_S, stdin=subprocess.DEVNULL
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def handed_out(*patterns: str | Path) -> dict[str, Any]:
    plain: dict[str, Any] = json.loads(run(*patterns, "--questions"))
    return plain


def answered(file: Path, plain: dict[str, Any], answers: list[str | None]) -> Path:
    for row, answer in zip(plain["questions"], answers, strict=True):
        row["answer"] = answer
    file.write_text(json.dumps(plain))
    return file


# at a terminal


def test_a_session_asks_runs_explains_and_counts(tmp_path: Path) -> None:
    score, report = tmp_path / "score.json", tmp_path / "report.json"
    terminal = Terminal(
        "garp/arp_accept", "--score", str(score), "--format", "json", "--output", str(report)
    )  # fmt: skip

    told = terminal.until(PROMPT)
    assert "garp/arp_accept  4 questions\n" in told
    assert "eth0 --------------- [ s1 ] --------------- eth0" in told
    assert "What does the neighbour table of victim then say of 192.0.2.99 (eth0)?" in told
    assert "never-creates" not in told
    assert "unsolicited announcement" not in told, "the lesson comes last"
    terminal.type("?")
    assert "It is decided in arp_process, arp_accept." in terminal.until(PROMPT)
    terminal.type("stale")
    told = terminal.until(PROMPT)
    assert "Wrong: you said STALE; the kernel: ABSENT (case 0-never-creates)\n" in told
    assert "STALE is what happens in case 2-creates-on-link." in told
    assert "only there: victim: conf.eth0.arp_accept=2" in told
    assert "attacker  sent" in told
    terminal.type("nonsense")
    assert "'nonsense' is none of the choices" in terminal.until(PROMPT)
    terminal.type("stale")
    assert "Right: you said STALE; the kernel: STALE lladdr 00:00:5e:00:53:66" in terminal.until(PROMPT)
    terminal.type("s")
    assert "skipped" in terminal.until(PROMPT)
    terminal.type("ABSENT")
    told, code = terminal.end()

    assert "Right: you said ABSENT; the kernel: ABSENT (case 2-refuses-off-link)\n" in told
    assert "An unsolicited announcement of an address" in told
    assert told.endswith("Score\n  garp/arp_accept  2 of 3 right\n")
    assert code == 0
    assert json.loads(score.read_text())["total"] == {"asked": 3, "right": 2, "hinted": 0, "unanswered": 0}
    assert [row["right"] for row in json.loads(report.read_text())["questions"]] == [False, True, True]


def test_the_end_of_the_input_ends_the_session_with_its_score() -> None:
    terminal = Terminal("garp/arp_accept", "nud/life_cycle")
    terminal.until(PROMPT)
    terminal.type("absent")
    terminal.until(PROMPT)
    terminal.type("\x04")
    told, code = terminal.end()
    assert told.endswith("Score\n  garp/arp_accept  1 of 1 right\n")
    assert (code, "nud/life_cycle" in told) == (0, False)


def test_an_interrupt_ends_the_session_at_once() -> None:
    terminal = Terminal("garp/arp_accept")
    terminal.until(PROMPT)
    terminal.interrupt()
    _told, code = terminal.end()
    # a second one may have met Python as it was leaving: a shell says 130 of both
    assert code in (128 + signal.SIGINT, -signal.SIGINT)


def test_what_cannot_run_is_not_asked_and_says_why() -> None:
    terminal = Terminal("queue/discards_counted")
    told, code = terminal.end()
    assert "queue/discards_counted  0 questions\n" in told
    assert "not asked: queue/discards_counted:" in told
    assert "needs the kernel's whole neighbour table" in told
    assert code == 4


# homework


def test_homework_is_graded_by_running_its_cases(tmp_path: Path) -> None:
    plain = handed_out("garp/arp_accept")
    assert [row["id"] for row in plain["questions"]] == [f"garp/arp_accept#{number}" for number in (1, 2, 3, 4)]
    file = tmp_path / "answers.json"

    told = run("--batch", answered(file, plain, list(TRUE_ANSWERS)))
    assert told.endswith("Score\n  garp/arp_accept  4 of 4 right\n")
    told = run("--batch", answered(file, plain, ["STALE", None, "NONE", "ABSENT"]), code=1)

    assert "garp/arp_accept#1  wrong: you said STALE; the kernel: ABSENT (case 0-never-creates)\n" in told
    assert "garp/arp_accept#2  wrong: no answer; the kernel: STALE" in told
    assert "garp/arp_accept#3  wrong: you said NONE, not one of the choices; the kernel: STALE" in told
    assert "garp/arp_accept#4  right: you said ABSENT" in told
    assert told.endswith("Score\n  garp/arp_accept  1 of 4 right, 1 without an answer\n")


def test_the_same_homework_gets_the_same_grades_again(tmp_path: Path) -> None:
    plain = handed_out("arp/proxy_qlen", "nud/resolve")
    file = answered(tmp_path / "answers.json", plain, ["b"] * len(plain["questions"]))
    grades = []
    for jobs in ("1", "2"):
        out = tmp_path / jobs
        run("--batch", file, "--format", "json", "--output", out, "-j", jobs, code=1)
        grades.append([(row["given"], row["right"]) for row in json.loads(out.read_text())["questions"]])
    assert grades[0] == grades[1]
    assert None not in [right for _given, right in grades[0]]


def test_a_report_for_programs_holds_the_reasons(tmp_path: Path) -> None:
    plain = handed_out("garp/arp_accept:0-never-creates")
    file = answered(tmp_path / "answers.json", plain | {"student": "Ada"}, ["STALE"])

    graded = json.loads(run("--batch", file, "--format", "json", code=1))

    assert (graded["schema"], graded["student"]) == ("neighlab.predict/1", "Ada")
    assert graded["score"] == {"asked": 1, "right": 0, "wrong": 1, "hinted": 0, "unanswered": 0}
    (row,) = graded["questions"]
    assert (row["case"], row["given"], row["observed"]) == ("0-never-creates", "STALE", "ABSENT")
    assert row["contrast"]["case"] == "2-creates-on-link"
    assert row["timeline"][0]["kind"] == "sent"
    assert row["timeline"][-1]["text"].startswith("victim eth0 192.0.2.99: ABSENT")


def test_a_scenario_of_ones_own_can_be_predicted(tmp_path: Path) -> None:
    story = tmp_path / "mine.py"
    story.write_text(OWN)

    plain = handed_out(story)

    assert [row["id"].rpartition("#")[2] for row in plain["questions"]] == ["1", "2"]
    assert [row["reason"] for row in plain["not_asked"]] == [
        "Unsupported: there is no such thing",
        plain["not_asked"][1]["reason"],
    ]
    assert "since 99.0" in plain["not_asked"][1]["reason"]
    file = answered(tmp_path / "answers.json", plain, ["FAILED", "STALE"])
    assert "2 of 2 right" in run(story, "--batch", file)


# every kind of scenario


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("arp/arp_announce", Kind.TEXT),
        ("arp/arp_ignore", Kind.LIST),
        ("arp/proxy_qlen", Kind.NUMBER),
        ("dad/accept_dad", Kind.ADDRESS),
        ("dad/ndisc_notify", Kind.NUMBER),
        ("dad/tentative", Kind.ERROR),
        ("flush/flush_rounds", Kind.LIST),
        ("nud/born_unconfirmed", Kind.ENTRY),
        ("rtnl/dump_interrupted", Kind.FLAG),
        ("rtnl/three_views", Kind.TEXT),
        ("spoof/duplicate_lladdr", Kind.NUMBER),
        ("static/admin_errors", Kind.ENTRY),
    ],
)
def test_every_case_that_passes_has_a_question_with_one_right_choice(pattern: str, kind: Kind) -> None:
    chapter = Session(jobs=2).chapter(select([pattern]))

    assert len(chapter.asked) + len(chapter.not_asked) == len(chapter.scenario.cases)
    assert {one.lens.kind for one in chapter.asked} == {kind}
    assert all(one.reason.startswith("Unsupported: ") for one in chapter.not_asked)
    for one in chapter.asked:
        right = [choice for choice in one.choices if one.lens.holds(choice, one.rehearsed)]
        assert len(right) == 1, (one.id, one.choices)
        assert len(one.choices) == 2 if kind is Kind.FLAG else len(one.choices) > 2
        assert one.situation.steps or one.situation.settings, f"{one.id}: nothing is told of it"
        assert {step.kind for step in one.situation.steps} <= {"set", "sent", "flood", "command", "seen"}

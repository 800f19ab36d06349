"""A run's page tells of every case that came to its end, also of those that failed, repeated, or ran before Ctrl-C."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from page_reader import Page

pytestmark = [pytest.mark.usefixtures("nothing_left"), pytest.mark.anybody]

COMMAND = [sys.executable, "-c", "from neighlab.cli.main import run_cli; run_cli()", "run"]
ORDERLY = Path(__file__).with_name("orderly.py")


def ran(*args: str | Path, status: int = 0) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([*COMMAND, *map(str, args)], capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done.stderr
    return done


def page(folder: Path) -> Page:
    return Page((folder / "index.html").read_text())


def test_each_case_and_repetition_has_its_ladder_beside_its_capture(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "report"
    done = ran("garp/arp_accept:0-never-creates", "--repeat", "3", "-j2", "--report", folder, "--pcap", tmp_path)

    assert done.stderr.splitlines()[-1] == f"neighlab: report in {folder}/index.html"
    shown = page(folder)
    assert [one.attributes["id"] for one in shown.cases()] == [
        f"garp/arp_accept:0-never-creates{number}" for number in ("", "~2", "~3")
    ]
    for body in shown.bodies():
        assert body.count('data-kind="sent"') == body.count('data-kind="met"') == 1
        assert 'data-to="victim"' in body
        assert "why nothing: victim: " in body
        assert 'data-kind="note"' not in body
    assert len(list(tmp_path.glob("*.pcapng"))) == 3
    assert [one.name for one in folder.iterdir()] == ["index.html"]


@pytest.mark.parametrize(("asked", "notes"), [([], 0), (["--explain"], 1)])
def test_that_there_was_nothing_to_explain_is_told_to_who_asked(tmp_path: Path, asked: list[str], notes: int) -> None:
    done = ran("garp/arp_accept:2-creates-on-link", "-v", "--report", tmp_path, *asked)

    (body,) = page(tmp_path).bodies()
    assert body.count('data-kind="note"') == done.stdout.count("nothing to explain: ") == notes


def test_a_case_that_fails_tells_what_was_expected_and_shows_it(tmp_path: Path) -> None:
    story = tmp_path / "story.py"
    story.write_text(
        '"""It is not so."""\nfrom neighlab import ABSENT, scenario\nfrom neighlab.topologies import VictimAttacker\n'
        "@scenario(topology=VictimAttacker)\ndef it_is_not_so(victim, attacker):\n"
        "    victim.neigh_set(attacker.addr, attacker.lladdr)\n    victim.expect(attacker.addr, ABSENT, within_ms=1)\n"
    )

    ran(story, "--report", tmp_path, "--set", "arp_ignore=1", status=1)

    shown = page(tmp_path)
    (body,) = shown.bodies()
    assert [one.text for one in shown.all("h1")] == ["1 of 1 case does not hold"]
    assert body.count('data-kind="not-met"') == 1
    assert "expected  victim eth0 192.0.2.2  ABSENT" in body
    assert " --set ipv4.arp_ignore=1 -v" in body


def test_a_case_that_cannot_run_is_there_with_its_reason(tmp_path: Path) -> None:
    ran("gc/thresh3_overflow", "--report", tmp_path, status=4)

    shown = page(tmp_path)
    assert {one.attributes["data-outcome"] for one in shown.cases()} == {"skipped"}
    assert all("needs the kernel&#39;s whole neighbour table" in body for body in shown.bodies())


def test_an_interrupted_run_leaves_a_page_of_what_had_ended(tmp_path: Path) -> None:
    folder = tmp_path / "report"
    running = subprocess.Popen(
        [*COMMAND, str(ORDERLY), "--repeat", "1000", "--report", str(folder)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert running.stdout is not None
        seen = 0
        for line in running.stdout:
            seen += "PASS" in line
            if seen == 6:
                break
        os.killpg(running.pid, signal.SIGINT)
        _out, said = running.communicate(timeout=120)
    finally:
        running.kill()
        running.wait()

    assert (running.returncode, said) == (130, f"neighlab: report in {folder}/index.html\n")
    shown = page(folder)
    assert len(shown.cases()) >= 6
    assert all("<svg" in body for body in shown.bodies())
    assert "(interrupted)" in shown.text
    assert [one.name for one in folder.iterdir()] == ["index.html"]

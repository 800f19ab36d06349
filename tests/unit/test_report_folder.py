"""The report's page is whole or absent, beside whatever else is in its folder, and what is in its way is said first."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_reader import Page

from neighlab.cli.audience import Audience
from neighlab.cli.main import call
from neighlab.cli.reports import Report
from neighlab.errors import EnvironmentProblem
from neighlab.model.evidence import CapturedFrame, Evidence
from neighlab.model.knobs import parse_setting
from neighlab.model.result import CaseResult, RunResult
from neighlab.model.timeline import Entry
from neighlab.runner.discovery import select
from neighlab.runner.execute import Options

CASE = "garp/arp_accept:2-creates-on-link"
FRAME = bytes.fromhex("ffffffffffff00005e005302080600010800060400010000000000000000000000000000000000000000")


def result(repetition: int = 1) -> CaseResult:
    frames = [
        CapturedFrame(1.0, "attacker", "eth0", "sent", FRAME),
        CapturedFrame(1.1, "victim", "eth0", "received", FRAME),
    ]
    timeline = [Entry(1.0, "attacker", "wire", "frame", "ARP who-has", {"frame": 0})]
    scenario, case = CASE.split(":")
    return CaseResult(
        scenario, case, "It is so.", "passed", timeline=timeline, evidence=Evidence([], frames), repetition=repetition
    )


def written(folder: Path, *results: CaseResult, options: Options | None = None) -> Page:
    report = Report(folder, select([CASE]), options or Options())
    audience = Audience([report])
    for one in results:
        audience.started(one.name)
        audience.finished(one)
    assert report.write(RunResult("6.18.44", "root", list(results))) == f"report in {folder}/index.html"
    return Page((folder / "index.html").read_text())


def test_arrows_have_their_receivers_though_frames_are_let_go_when_a_case_ends(tmp_path: Path) -> None:
    one = result()

    (body,) = written(tmp_path, one).bodies()

    assert 'data-to="victim"' in body
    assert one.evidence is None


def test_the_lesson_and_the_lab_are_those_of_the_scenario(tmp_path: Path) -> None:
    page = written(tmp_path, result())

    assert "An unsolicited announcement of an address that the host does not know is dropped" in page.text
    assert "eth0 --------------- [ s1 ] --------------- eth0" in page.text


def test_every_repetition_is_drawn(tmp_path: Path) -> None:
    bodies = written(tmp_path, result(), result(2)).bodies()

    assert [body.count('<g class="event ') for body in bodies] == [1, 1]
    assert len({Page(body).all("svg", "ladder")[0].attributes["aria-labelledby"] for body in bodies}) == 2


def test_the_command_has_the_options_of_the_run(tmp_path: Path) -> None:
    options = Options(settings=(parse_setting("all.arp_ignore=1"),), time_scale=3.0, sabotage=True, host_table=True)

    (body,) = written(tmp_path, result(), options=options).bodies()

    assert f"neighlab run {CASE} --set ipv4.all.arp_ignore=1 --time-scale 3 --sabotage --host-table -v" in body


def test_an_older_page_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("old")
    (tmp_path / "mine").write_text("mine")

    assert written(tmp_path, result()).cases()

    assert sorted(one.name for one in tmp_path.iterdir()) == ["index.html", "mine"]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("/proc/report", "cannot write to /proc/report: No such file or directory"),
        ("{tmp}/file", "cannot write to {tmp}/file: it is not a folder"),
        ("{tmp}/taken", "cannot write {tmp}/taken/index.html: it is a folder"),
    ],
)
def test_what_is_in_the_way_is_said_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, said: str
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "taken" / "index.html").mkdir(parents=True)

    assert call(["run", CASE, "--report", place.format(tmp=tmp_path)]) == 2

    assert capsys.readouterr() == ("", f"neighlab: {said.format(tmp=tmp_path)}\n")


def test_a_page_that_cannot_be_finished_is_absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write_half(self: Path, data: bytes) -> int:
        with self.open("wb") as draft:
            draft.write(data[: len(data) // 2])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", write_half)

    with pytest.raises(EnvironmentProblem, match="No space left on device"):
        written(tmp_path, result())

    assert list(tmp_path.iterdir()) == []

"""Every case gets a file of its own that is whole or absent, under a name that every file system takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from pcapng_reader import read

from neighlab.cli import files
from neighlab.cli.audience import Audience
from neighlab.cli.captures import Captures
from neighlab.cli.main import call
from neighlab.errors import EnvironmentProblem
from neighlab.kernel.features import kernel_release
from neighlab.model.evidence import Evidence
from neighlab.model.result import CaseResult


def result(scenario: str = "nud/life", case: str = "ipv4", repetition: int = 1) -> CaseResult:
    return CaseResult(scenario, case, "It is so.", "passed", evidence=Evidence(), repetition=repetition)


def written(folder: Path, *results: CaseResult, repeat: int = 1) -> list[str]:
    captures = Captures(folder, repeat=repeat)
    for one in results:
        captures.finished(one)
    return sorted(file.name for file in folder.iterdir())


@pytest.mark.parametrize(
    ("scenario", "case", "name"),
    [
        ("nud/life_cycle", "ipv4", "nud-life_cycle-ipv4.pcapng"),
        ("/home/me/my", "default", "home-me-my-default.pcapng"),
        ("../my.ends", "default", "my.ends-default.pcapng"),
        (".hidden file", "a", "hidden_file-a.pcapng"),
        ("-rf\n\x1b", "a", "rf_-a.pcapng"),
        ("x" * 300, "a", "x" * 200 + ".pcapng"),
    ],
)
def test_a_file_has_the_name_of_its_case_in_safe_characters(
    tmp_path: Path, scenario: str, case: str, name: str
) -> None:
    assert written(tmp_path, result(scenario, case)) == [name]


def test_repetitions_are_numbered_in_an_order_that_survives_sorting(tmp_path: Path) -> None:
    names = written(tmp_path, *(result(repetition=number) for number in (1, 2, 10)), repeat=10)

    assert names == [f"nud-life-ipv4.{number}.pcapng" for number in ("01", "02", "10")]


def test_two_cases_never_share_a_file(tmp_path: Path) -> None:
    names = written(tmp_path, result("a/b", "c-d"), result("a/b-c", "d"), result("a/b", "c-d", 2))

    assert names == ["a-b-c-d.pcapng", "a-b-c-d_2.pcapng"]


def test_an_older_capture_is_replaced_and_counted_and_other_files_stay(tmp_path: Path) -> None:
    (tmp_path / "nud-life-ipv4.pcapng").write_text("old")
    (tmp_path / "mine").write_text("mine")
    captures = Captures(tmp_path, repeat=1)

    captures.finished(result())
    captures.finished(result(case="ipv6"))

    assert captures.summary() == f"2 captures in {tmp_path}, 1 of them in the place of an older one"
    assert read((tmp_path / "nud-life-ipv4.pcapng").read_bytes()).section.texts(1)[0] == "nud/life:ipv4: It is so."
    assert (tmp_path / "mine").read_text() == "mine"


def test_a_case_that_had_no_lab_has_no_capture(tmp_path: Path) -> None:
    captures = Captures(tmp_path / "deep" / "er", repeat=1)

    captures.finished(CaseResult("nud/life", "ipv4", "It is so.", "skipped"))

    assert list((tmp_path / "deep" / "er").iterdir()) == []
    assert captures.summary() == f"0 captures in {tmp_path}/deep/er"


@pytest.mark.parametrize(
    ("place", "reason"), [("/proc/captures", "No such file or directory"), ("{file}", "it is not a folder"),
                          ("{file}/below", "Not a directory")]
)  # fmt: skip
def test_a_folder_that_cannot_be_written_is_named_before_anything_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], place: str, reason: str
) -> None:
    (tmp_path / "file").write_text("")
    place = place.format(file=tmp_path / "file")

    assert call(["run", "garp/arp_accept", "--pcap", place]) == 2

    assert capsys.readouterr() == ("", f"neighlab: cannot write to {place}: {reason}\n")


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_file_that_cannot_be_finished_is_absent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    def write_half(self: Path, data: bytes) -> int:
        with self.open("wb") as draft:
            draft.write(data[: len(data) // 2])
        raise fault

    (tmp_path / "file").write_text("old")
    monkeypatch.setattr(Path, "write_bytes", write_half)

    with pytest.raises((EnvironmentProblem, KeyboardInterrupt)) as raised:
        files.write_whole(tmp_path / "file", b"0123456789")

    assert str(raised.value) in ("", f"cannot write {tmp_path}/file: No space left on device")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("file", "old")]


@pytest.mark.parametrize(("kernel", "said"), [("6.1.0-vm", "6.1.0-vm"), ("", kernel_release())])
def test_a_capture_names_the_kernel_that_the_case_ran_under(tmp_path: Path, kernel: str, said: str) -> None:
    one = result()
    one.kernel = kernel

    Captures(tmp_path, repeat=1).finished(one)

    (file,) = tmp_path.iterdir()
    assert read(file.read_bytes()).section.texts(3) == [f"Linux {said}"]


def test_all_who_listen_hear_of_a_case_before_its_frames_are_let_go() -> None:
    heard: list[object] = []

    class Listener:
        def started(self, name: str) -> None:
            heard.append(name)

        def finished(self, case: CaseResult) -> None:
            heard.append(case.evidence)

    one = result()
    audience = Audience([Listener(), Listener()])
    audience.started(one.name)
    audience.finished(one)

    assert heard == ["nud/life:ipv4"] * 2 + [Evidence()] * 2
    assert one.evidence is None

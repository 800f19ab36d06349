"""A machine is asked for what was selected here, and boots from an archive that a kernel can read."""

import json
from pathlib import Path

import pytest

from neighlab.errors import EnvironmentProblem
from neighlab.model.knobs import parse_setting
from neighlab.runner.discovery import in_file, select
from neighlab.runner.execute import Options
from neighlab.vm import accel, initramfs, protocol, speed


def test_a_request_names_the_same_cases_there() -> None:
    chosen = select(["garp/arp_accept:2-*", "nud/life_cycle"])

    asked = json.loads(json.dumps(protocol.request(chosen, Options(), Path.cwd())))

    there = protocol.asked_cases(asked["cases"])
    assert [one.name for one in there] == [one.name for one in chosen]
    assert [one.case.params for one in there] == [one.case.params for one in chosen]


def test_a_file_with_two_stories_keeps_their_names(tmp_path: Path) -> None:
    story = "@scenario(topology=TwoHosts)\ndef {}(peer):\n    peer.ping('192.0.2.1')\n"
    file = tmp_path / "mine.py"
    head = '"""A claim."""\nfrom neighlab import scenario\nfrom neighlab.topologies import TwoHosts\n'
    file.write_text(head + story.format("one") + story.format("two"))
    chosen = select([f"{file.with_suffix('')}.two"], among=in_file(file))

    there = protocol.asked_cases(protocol.request(chosen, Options(), tmp_path)["cases"])

    assert [one.name for one in there] == [f"{file.with_suffix('')}.two:default"]


def test_a_case_that_the_machine_does_not_see_is_told() -> None:
    (chosen,) = select(["garp/arp_accept:0-*"])
    (plain,) = protocol.request([chosen], Options(), Path.cwd())["cases"]

    with pytest.raises(EnvironmentProblem, match="is another file in the virtual machine"):
        protocol.asked_cases([[*plain[:3], "no-such-case"]])


def test_options_arrive_as_they_were_given_but_the_table_is_the_machine_s_own() -> None:
    settings = tuple(parse_setting(text) for text in ("arp_accept=1", "ipv6.retrans_time_ms=50", "all.arp_ignore=2"))
    options = Options(settings, time_scale=3.0, timeout_s=7.5, sabotage=True, evidence=True)

    asked = json.loads(json.dumps(protocol.request([], options, Path.cwd())))

    assert protocol.asked_options(asked["options"]) == Options(settings, 3.0, 7.5, True, True, False, True)


@pytest.mark.parametrize("text", ["arp_accept=1", "ipv6.retrans_time_ms=50", "ipv4.all.arp_ignore=2"])
def test_a_setting_is_written_as_it_is_read(text: str) -> None:
    assert parse_setting(protocol.setting_text(parse_setting(text))) == parse_setting(text)


@pytest.mark.parametrize(
    ("there_s", "here_s", "expected"), [(0.069, 0.01, 7), (0.071, 0.01, 8), (0.009, 0.01, 1), (9, 0.01, 30)]
)
def test_deadlines_are_stretched_as_the_machine_is_slower(there_s: float, here_s: float, expected: float) -> None:
    assert speed.scale(there_s, here_s) == expected


def test_an_archive_has_every_file_after_its_folder() -> None:
    files = {"bin/sh": (0o755, b"shell"), "init": (0o755, b"#!/bin/sh\n")}

    archive = b"".join(initramfs._cpio(files, ["root"]))

    assert entries(archive) == [
        ("bin", 0o040755, b""),
        ("root", 0o040755, b""),
        ("bin/sh", 0o100755, b"shell"),
        ("init", 0o100755, b"#!/bin/sh\n"),
        ("TRAILER!!!", 0, b""),
    ]


def entries(archive: bytes) -> list[tuple[str, int, bytes]]:
    """Read an archive back: name, mode and content of each entry."""
    found, at = [], 0
    while at < len(archive):
        assert archive[at : at + 6] == b"070701"
        fields = [int(archive[at + 6 + 8 * number : at + 14 + 8 * number], 16) for number in range(13)]
        name = archive[at + 110 : at + 110 + fields[11] - 1].decode()
        at += (110 + fields[11] + 3) // 4 * 4
        found.append((name, fields[1], archive[at : at + fields[6]]))
        at += (fields[6] + 3) // 4 * 4
    return found


def test_what_was_found_out_about_kvm_holds_until_the_next_boot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert accel.remembered() is None

    accel.remember(False)
    assert accel.remembered() is False
    accel.remember(True)
    assert accel.remembered() is True

    monkeypatch.setattr(accel, "_boot_id", lambda: "another boot")
    assert accel.remembered() is None


def test_a_spoilt_note_about_kvm_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "neighlab").mkdir()
    (tmp_path / "neighlab/kvm.json").write_text("[]")

    assert accel.remembered() is None

"""A running lab is named so that a name means one lab, whatever its title and whoever wrote it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from neighlab.errors import ScenarioError
from neighlab.lab import card
from neighlab.lab.running import Running, pick


def lab(title: str, pid: int = 7, *hosts: str) -> Running:
    return Running(pid, 6, 1000, title, "dual", hosts or ("h1", "h2"), ("s1",), 0.0, ())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("VictimAttacker", "victimattacker-7"),
        ("HostsOnBridge(n=20)", "hostsonbridge-7"),
        ("garp/arp_accept:2-creates-on-link", "arp_accept-7"),
        ("/tmp/my files/waits.twice:default", "waits.twice-7"),
        ("Grüße, \x1b[31m!", "gr-e-31m-7"),
        ("(n=1)", "lab-7"),
        ("", "lab-7"),
    ],
)
def test_a_name_is_short_and_can_be_typed(title: str, name: str) -> None:
    assert lab(title).name == name


def test_a_name_its_unique_beginning_and_a_pid_mean_one_lab() -> None:
    one, two, three = lab("TwoHosts", 1), lab("TwoLans", 12), lab("TwoLans", 123)
    labs = [one, two, three]

    assert pick(labs, "twohosts-1") is one
    assert pick(labs, "twoh") is one
    assert pick(labs, "TwoH") is one
    assert pick(labs, "12") is two
    assert pick(labs, "twolans-12") is two, "also where it is the beginning of another one's"
    assert pick([one], None) is one


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("two", "'two' may mean twohosts-1 or twolans-12: say which"),
        ("twolan-12", "no lab 'twolan-12' is running: did you mean twolans-12? (there are twohosts-1, twolans-12)"),
        ("x", "no lab 'x' is running (there are twohosts-1, twolans-12)"),
        (None, "several labs are running: say which of twohosts-1, twolans-12"),
    ],
)
def test_what_means_no_lab_or_several_is_said_with_those_there_are(wanted: str | None, said: str) -> None:
    with pytest.raises(ScenarioError) as problem:
        pick([lab("TwoHosts", 1), lab("TwoLans", 12)], wanted)
    assert str(problem.value) == said


def test_without_labs_it_is_told_how_to_start_one() -> None:
    with pytest.raises(ScenarioError, match=r"no lab is running .`neighlab shell TOPOLOGY` starts one"):
        pick([], "x")


def test_each_node_has_its_namespace_and_a_stranger_none() -> None:
    one = lab("TwoHosts", 7, "victim", "peer")

    assert one.net("victim") == "/proc/7/root/run/netns/victim"
    assert one.net("s1") == one.net("") == "/proc/7/ns/net"
    with pytest.raises(ScenarioError, match=r"no host '\.\./x' in twohosts-7"):
        one.net("../x")


# --- what root finds in the /run of others --------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "run" / "neighlab").mkdir(parents=True)
    return Path(f"{tmp_path}{card.FILE}")


def test_a_card_is_read_back(file: Path, tmp_path: Path) -> None:
    file.write_text(json.dumps({"title": "TwoHosts"}))
    assert card.read(str(tmp_path)) == {"title": "TwoHosts"}


@pytest.mark.parametrize("text", ["", "{", '["TwoHosts"]', "\x00", "[" * 100_000])
def test_what_is_no_card_is_no_lab(file: Path, tmp_path: Path, text: str) -> None:
    file.write_text(text)
    assert card.read(str(tmp_path)) is None


def test_nothing_but_a_plain_file_is_opened(file: Path, tmp_path: Path) -> None:
    assert card.read(str(tmp_path)) is None
    os.mkfifo(file)
    assert card.read(str(tmp_path)) is None
    file.unlink()
    (tmp_path / "secret").write_text("{}")
    file.symlink_to(tmp_path / "secret")
    assert card.read(str(tmp_path)) is None
    file.unlink()
    file.touch()
    os.truncate(file, 1 << 40)
    assert card.read(str(tmp_path)) is None

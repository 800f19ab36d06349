"""What really happened is drawn: every frame, transition and verdict once and in order, arrows to all receivers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import machine
import pytest
import sandboxed
from ladder_reader import assert_complete, assert_legible, assert_unbroken, events, groups, read
from neighlab.topologies import VictimAttacker

from neighlab.lab.lab import Lab
from neighlab.lab.recorder import heard
from neighlab.model import arp
from neighlab.model.result import CaseResult
from neighlab.report.ladder import figure_of, svg
from neighlab.report.ladder.figure import Arrow
from neighlab.runner import discovery, pool
from neighlab.runner.execute import Options

pytestmark = pytest.mark.usefixtures("nothing_left")

COMMAND = [sys.executable, "-c", "from neighlab.cli.main import run_cli; run_cli()", "draw"]
ORDERLY = Path(__file__).with_name("orderly.py")
CASES = (
    "nud/life_cycle:ipv4",
    "garp/arp_accept:2-creates-on-link",
    "garp/vip_failover:advertisement-ipv6",
    "spoof/mitm:forwarding",
    "spoof/bridge_suppress:gratuitous-stopped",
    "dad/collision:probe-of-a-rival",
    "queue/first_packets_lost:6270-loses-the-first",
    "arp/proxy_arp:behind",
)
WRONG = "\n".join(
    (
        '"""An entry appears from nowhere."""',
        "from neighlab import LEARNED, ON_LINK, Case, scenario",
        "from neighlab.topologies import VictimAttacker",
        '@scenario(topology=VictimAttacker, cases=[Case("never")])',
        "def it_is_wrong(victim, attacker):",
        "    victim.expect(ON_LINK, LEARNED, within_ms=10)",
    )
)


@pytest.fixture(scope="module")
def results() -> list[CaseResult]:
    """Real results with all evidence; module-wide, for they are only looked at."""
    with machine.turn(alone=False):  # they are made before a test's own
        run = pool.Runner(Options(evidence=True, time_scale=3.0)).run(discovery.select(CASES))
    assert [(one.name, one.reason) for one in run.cases if one.outcome in ("failed", "error")] == []
    return [one for one in run.cases if one.outcome == "passed"]


def draw(*args: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([*COMMAND, *map(str, args)], capture_output=True, timeout=120, check=False)


def test_every_frame_transition_and_verdict_is_drawn_once_and_in_order(results: list[CaseResult]) -> None:
    assert len(results) >= 6
    for case in results:
        figure = figure_of(case)
        assert_complete(case, read(svg(figure, "x")))
        assert_legible(figure)
        assert_unbroken(figure)


def test_arrows_go_to_all_who_received_the_frame(results: list[CaseResult]) -> None:
    seen = 0
    for case in results:
        assert case.evidence is not None
        received = {
            sent: {case.evidence.frames[one].host for one in places} for sent, places in case.evidence.deliveries()
        }
        for arrow in figure_of(case).events:
            frame = case.timeline[arrow.place].fields.get("frame")
            if not isinstance(arrow, Arrow) or frame is None or arrow.kind == "fence":
                continue
            assert {head.host for head in arrow.heads} == received[frame] - {arrow.host}
            seen += len(arrow.heads)
    assert seen > 40


def test_each_entrys_last_band_is_the_state_that_was_told_last(results: list[CaseResult]) -> None:
    for case in results:
        figure = figure_of(case)
        told: dict[tuple[str, str], str] = {}
        for entry in case.timeline:
            if (entry.source, entry.kind) == ("trace", "transition"):
                told[entry.host, entry.fields["addr"]] = entry.fields["new"]
        for (host, addr), state in told.items():
            bands = [one for one in figure.bands if (one.column.host, one.column.addr) == (host, addr)]
            if bands and state != "ABSENT":
                last = max(bands, key=lambda one: one.bottom)
                assert (last.state, last.bottom) == (state, figure.height)


@pytest.mark.skipif(os.geteuid() != 0, reason="the kernel's own word needs root")
def test_with_the_kernels_own_word_a_figure_shows_states_that_nobody_announces(results: list[CaseResult]) -> None:
    life = next(one for one in results if one.name == "nud/life_cycle:ipv4")

    states = {one.get("data-state") for one in groups(read(svg(figure_of(life), "x")), "band")}
    if not any(one.source == "trace" for one in life.timeline):
        pytest.skip("this kernel was not traced")
    assert {"NONE", "INCOMPLETE", "REACHABLE", "STALE", "DELAY", "PROBE"} <= states


def test_draw_writes_the_figure_and_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    folder.mkdir()
    done = draw(f"{ORDERLY}:03", "-o", folder / "x.svg", "--width", 900, "--theme", "dark")

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    root = read((folder / "x.svg").read_text())
    assert root.get("width") == "900"
    assert {one.get("data-kind") for one in events(root)} >= {"fence", "met"}
    assert "note" not in {one.get("data-kind") for one in events(root)}
    assert [one.name for one in folder.iterdir()] == ["x.svg"]


def test_draw_writes_to_standard_output() -> None:
    done = draw(f"{ORDERLY}:03", "-o", "-")

    assert done.returncode == 0
    assert events(read(done.stdout.decode()))


def test_a_failed_case_is_drawn_and_said_to_have_failed(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(WRONG)
    done = draw(tmp_path / "wrong.py", "-o", tmp_path / "x.svg")

    assert done.returncode == 1
    assert done.stderr.decode().endswith("failed: victim eth0 192.0.2.99: expected LEARNED, observed ABSENT\n")
    (verdict,) = groups(read((tmp_path / "x.svg").read_text()), "not-met")[:1]
    assert verdict.get("data-expectation") == "0"


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("garp/arp_accept", "-o", "{tmp}/x.svg"), 2, "garp/arp_accept names 4 cases: draw one of garp/arp_accept:0-"),
        ((f"{ORDERLY}:03", "-o", "{tmp}/x.gif"), 2, "cannot draw to {tmp}/x.gif: its name has to end in .svg or"),
        ((f"{ORDERLY}:03", "-o", "{tmp}/no/x.svg"), 2, "cannot write {tmp}/no/x.svg: No such file or directory"),
        ((f"{ORDERLY}:03", "-o", "{tmp}"), 2, "cannot draw to {tmp}"),
        (("gc/hash_grows", "-o", "{tmp}/x.svg"), 4, "gc/hash_grows:3000-entries cannot be drawn: needs the kernel's"),
        (("garp/arp_acept:x", "-o", "{tmp}/x.svg"), 2, "no scenario 'garp/arp_acept': did you mean garp/arp_accept?"),
    ],
)
def test_what_cannot_be_drawn_is_said_in_one_line(tmp_path: Path, args: tuple[str, ...], code: int, said: str) -> None:
    done = draw(*(one.format(tmp=tmp_path) for one in args))

    assert done.returncode == code
    assert done.stderr.decode().startswith(f"neighlab: {said.format(tmp=tmp_path)}")
    assert done.stderr.count(b"\n") == 1
    assert not (tmp_path / "x.svg").exists()


def test_a_lab_without_recorder_can_tell_who_received_its_frames() -> None:
    """As the graded ones: their drawings need no more than what was heard anyway."""
    case = CaseResult.from_plain(sandboxed.inside(_graded))

    assert_complete(case, read(svg(figure_of(case), "x")))
    answers = [
        one
        for one in figure_of(case).events
        if isinstance(one, Arrow) and one.kind == "frame" and "is-at" in one.label.text
    ]
    assert [(one.host, [head.host for head in one.heads]) for one in answers] == [("victim", ["attacker"])]


def _graded() -> dict[str, Any]:
    lab = Lab(VictimAttacker, families="ipv4")
    victim, attacker = lab["victim"], lab["attacker"]
    attacker.send(arp.request(victim.addr, sender="192.0.2.2", lladdr=attacker.lladdr))
    attacker.fence(victim, by="marker")
    case = CaseResult("exercise", "alice", "It is so.", "passed", timeline=lab.timeline.sorted())
    case.evidence = heard(lab, case.timeline)
    return case.to_plain()

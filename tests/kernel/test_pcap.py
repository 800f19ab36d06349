"""The real tshark reads every capture as it was meant: interfaces, times, frames, and what the kernel did between."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import sandboxed
from pcapng_reader import read

from neighlab.cli.captures import Captures
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.report.consequences import is_a_frame
from neighlab.report.pcapng import pcapng
from neighlab.runner import discovery, pool
from neighlab.runner.execute import Options

pytestmark = pytest.mark.usefixtures("nothing_left")

COMMAND = [sys.executable, "-c", "from neighlab.cli.main import run_cli; run_cli()", "run"]
ROOT = Path(__file__).resolve().parents[2]
ORDERLY = Path(__file__).with_name("orderly.py")
STALE = "192.0.2.2 STALE lladdr 00:00:5e:00:53:02"
CASES = (
    "nud/life_cycle:ipv6",
    "arp/proxy_arp:behind",
    "garp/arp_accept:2-creates-on-link",
    "spoof/mitm:forwarding",
    "queue/first_packets_lost:6270-loses-the-first",
)
LIFE = (
    '"""DELAY lasts long enough to be seen where nobody tells it, also by who is held up."""\n'
    "from neighlab import NUD, scenario\nfrom neighlab.topologies import TwoHosts\n"
    "@scenario(topology=TwoHosts)\ndef it_is_confirmed_late(victim, peer):\n"
    "    victim.conf(base_reachable_time_ms=200, delay_first_probe_time_ms=60)\n"
    "    victim.ping(peer.addr)\n    victim.expect(peer.addr, NUD.REACHABLE, NUD.STALE)\n"
    "    victim.conf(delay_first_probe_time_ms=2000)\n"
    "    victim.ping(peer.addr)\n    victim.expect(peer.addr, NUD.DELAY, NUD.PROBE, NUD.REACHABLE)\n"
)
needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")


def tshark(file: Path, *args: str) -> str:
    done = subprocess.run(
        ["tshark", "-n", "-r", str(file), *args], capture_output=True, text=True, timeout=120, check=True
    )
    return done.stdout


def table(file: Path, *fields: str) -> list[list[str]]:
    """The wanted fields of each packet; several values of one field are joined by `|`."""
    wanted = [part for field in fields for part in ("-e", field)]
    text = tshark(file, "-T", "fields", "-E", "aggregator=|", *wanted)
    return [line.split("\t") for line in text.splitlines()]


class Keeper(Captures):
    """Remembers what it wrote down."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, repeat=1)
        self.results: dict[Path, CaseResult] = {}
        self.folder = folder

    def finished(self, result: CaseResult) -> None:
        before = set(self.folder.iterdir())
        super().finished(result)
        (file,) = set(self.folder.iterdir()) - before
        self.results[file] = result


def captured(folder: Path, *cases: str) -> dict[Path, CaseResult]:
    folder.mkdir(exist_ok=True)
    keeper = Keeper(folder)
    pool.Runner(Options(evidence=True, time_scale=3.0), listener=keeper).run(discovery.select(cases))
    assert {one.outcome for one in keeper.results.values()} == {"passed"}
    return keeper.results


def life(folder: Path) -> tuple[Path, CaseResult]:
    """The capture of an entry's life from its resolution to its confirmation, and the result it is made from."""
    (folder / "life.py").write_text(LIFE)
    ((file, result),) = captured(folder / "captures", str(folder / "life.py")).items()
    return file, result


@needs_tshark
def test_tshark_finds_every_frame_and_every_line_and_nothing_wrong(tmp_path: Path) -> None:
    results = captured(tmp_path, *CASES)
    assert len(results) == len(CASES)

    for file, result in results.items():
        assert result.evidence is not None
        rows = table(file, "frame.time_epoch", "frame.interface_name", "systemd_journal.message", "_ws.malformed")
        times = [float(row[0]) for row in rows]
        assert times == sorted(times)
        assert result.epoch_s - 60 < times[0] <= times[-1] < result.epoch_s + 60
        ends = Counter(f"{one.host}/{one.ifname}" for one in result.evidence.frames)
        assert ends
        assert Counter(row[1] for row in rows if row[1]) == ends
        assert sum(row[2] != "" for row in rows) == sum(not is_a_frame(entry) for entry in result.timeline)
        assert {row[3] for row in rows} == {""}


@needs_tshark
def test_comments_are_on_the_frames_that_led_to_something(tmp_path: Path) -> None:
    file, _result = life(tmp_path)

    rows = table(file, "frame.comment", "frame.interface_name", "frame.p2p_dir", "arp.opcode", "icmp.type")

    confirmed = [row[1:] for row in rows if "victim: 192.0.2.2 " in row[0] and "REACHABLE" in row[0]]
    delayed = [row[1:] for row in rows if "victim: 192.0.2.2 " in row[0] and "DELAY" in row[0]]
    assert confirmed == [["victim/eth0", "1", "2", ""]] * 2, "both answers, as the victim received them"
    assert delayed == [["victim/eth0", "0", "", "8"]], "the packet that was sent on trust"


@needs_tshark
def test_what_a_timer_did_is_a_line_between_the_frames(tmp_path: Path) -> None:
    file, _result = life(tmp_path)

    rows = table(file, "systemd_journal.message", "systemd_journal.hostname", "arp.opcode")

    said = f"victim event: NEWNEIGH {STALE} (timer: "
    stale, *_later = (place for place, row in enumerate(rows) if row[0].startswith(said) and row[1] == "victim")
    assert [row[2] for row in rows[:stale] if row[2]] == ["1", "1", "2", "2"], "the resolution is before it"
    assert [row[2] for row in rows[stale:] if row[2]] == ["1", "1", "2", "2"], "the confirmation is after it"


@needs_tshark
def test_every_filter_of_the_guide_finds_something(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "evidence.md").read_text()
    rows = re.findall(r"^\| [^|]+ \| `(.+)` \|$", guide, re.MULTILINE)
    filters = [one.replace(r"\|", "|") for one in rows]
    assert len(filters) >= 8
    file, result = life(tmp_path)
    result.timeline.append(Entry(1e6, "lab", "lab", "lost", "for the filter that looks for what went wrong"))
    file.write_bytes(pcapng(result, ""))

    assert {one: tshark(file, "-Y", one) != "" for one in filters} == dict.fromkeys(filters, True)


def test_an_interrupted_run_has_the_captures_of_all_cases_that_had_ended(tmp_path: Path) -> None:
    folder = tmp_path / "captures"
    running = subprocess.Popen(
        [*COMMAND, str(ORDERLY), "--repeat", "1000", "--pcap", str(folder)],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        assert sandboxed.wait_until(lambda: len(list(folder.glob("*.pcapng"))) > 5, within_s=60)
        os.killpg(running.pid, signal.SIGINT)
        _out, said = running.communicate(timeout=120)
    finally:
        running.kill()
        running.wait()

    files = [file.name for file in folder.iterdir()]
    assert running.returncode == 130
    # between a file and its being counted there is room for an interrupt
    assert said in [f"neighlab: {number} captures in {folder}\n" for number in (len(files), len(files) - 1)]
    assert all(name.endswith(".pcapng") for name in files)
    for file in folder.iterdir():
        assert read(file.read_bytes()).packets


def test_a_case_that_fails_has_its_verdict_in_the_capture(tmp_path: Path) -> None:
    story = tmp_path / "story.py"
    story.write_text(
        '"""It is not so."""\nfrom neighlab import ABSENT, scenario\nfrom neighlab.topologies import VictimAttacker\n'
        "@scenario(topology=VictimAttacker)\ndef it_is_not_so(victim, attacker):\n"
        "    attacker.fence(victim)\n    victim.neigh_set(attacker.addr, attacker.lladdr)\n"
        "    victim.expect(attacker.addr, ABSENT, within_ms=1)\n"
    )

    done = subprocess.run([*COMMAND, str(story), "--pcap", str(tmp_path)], capture_output=True, text=True, timeout=120)

    assert done.returncode == 1
    (file,) = tmp_path.glob("*.pcapng")
    found = read(file.read_bytes())
    assert found.section.texts(1)[1].startswith("failed: victim eth0 192.0.2.2: expected ABSENT")
    (verdict,) = (entry for entry in found.journal if entry["PRIORITY"] == "3")
    assert verdict["MESSAGE"] == "victim expect: eth0 192.0.2.2: ABSENT NOT met"

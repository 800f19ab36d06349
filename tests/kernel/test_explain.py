"""`run --explain` tells of each frame without effect which check stopped it, to root and to an ordinary user alike."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import as_user
import pytest

pytestmark = pytest.mark.usefixtures("nothing_left")

ORDINARY = pytest.param(
    "ordinary-user",
    marks=[pytest.mark.anybody, pytest.mark.skipif(os.geteuid() != 0, reason="who started it is one already")],
)
WHO = pytest.mark.parametrize("user", ["as-started", ORDINARY])
OWN_WORDS = ("unknown", "not-delivered")
"""Checks that tell no more than that nothing is known: no frame of the catalogue may have come to that."""
CATALOGUE = (
    "arp/arp_filter:1-*", "arp/dropped", "arp/rp_filter", "arp/unchecked", "arp/proxy_delay:ipv6-never-*",
    "dad/enhanced_dad", "garp/arp_accept", "garp/drop_gratuitous_arp", "garp/locktime", "map/noarp_device",
    "nd/resolve", "nd/unsolicited_na", "nud/resolve", "spoof/isolated_port", "spoof/locked_port", "static/permanent",
)  # fmt: skip
"""Everything that stops a frame: checks of both protocols, settings, entries, policy rules, ports of a bridge."""

SILENT = textwrap.dedent('''\
    """A host whose arp_ignore is 8 answers nobody."""

    from neighlab import ABSENT, NUD, Case, arp, scenario
    from neighlab.topologies import VictimAttacker


    @scenario(topology=VictimAttacker, cases=[Case("ignored", to=ABSENT), Case("missed", to=NUD.STALE)])
    def nobody_is_answered(victim, attacker, *, to):
        victim.conf(arp_ignore=8)
        attacker.send(arp.request(victim.addr, sender=attacker.addr, lladdr=attacker.lladdr))
        attacker.fence(victim, by="marker")
        victim.expect(attacker.addr, to)


    @scenario(topology=VictimAttacker, cases=[Case("fenced")])
    def nobody_speaks(victim, attacker):
        attacker.fence(victim, by="marker")
        victim.expect(attacker.addr, ABSENT)
    ''')
PATIENTLY = ("--time-scale", "10")
STOPPED = "why nothing: victim: arp_ignore=8: no question is answered (arp_ignore; conf.all=0 conf.eth0=8)"


def run(arguments: Sequence[str], user: str, status: int = 0) -> str:
    """What the command prints."""
    command = [sys.executable, "-c", "from neighlab.cli import main; main()", "run", *arguments]
    if user == "ordinary-user":
        command = [sys.executable, as_user.__file__, *command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def whys(case: dict[str, Any]) -> list[dict[str, Any]]:
    return [why for entry in case["timeline"] for why in entry.get("why", ())]


@WHO
def test_a_line_under_the_frame_says_which_check_and_what_would_change_it(user: str) -> None:
    out = run(["garp/arp_accept", *PATIENTLY, "--explain"], user).splitlines()
    at = next(at for at, line in enumerate(out) if "why nothing" in line)
    assert out[at].strip() == (
        "why nothing: victim: no entry for 192.0.2.99, and arp_accept=0 (arp_accept; conf.all=0 conf.eth0=0); "
        "with conf.eth0.arp_accept=1 it would pass this check"
    )
    assert " attacker  sent " in out[at - 1]


@WHO
def test_json_has_check_function_values_and_remedy(user: str) -> None:
    asked = ["garp/arp_accept:2-refuses-off-link", *PATIENTLY, "--explain", "--format", "json"]
    document = json.loads(run(asked, user))
    (why,) = whys(document["cases"][0])
    assert (why["host"], why["ifname"], why["check"], why["function"]) == (
        "victim", "eth0", "arp-accept-off-link", "arp_accept",
    )  # fmt: skip
    assert why["values"] == {"arp_accept": {"value": 2, "conf.all": 0, "conf.eth0": 2}}
    assert why["change"] == {"settings": [{"family": 4, "dev": "eth0", "knob": "arp_accept", "value": 1}]}
    assert why["remedy"] == "with conf.eth0.arp_accept=1"


def test_nothing_is_told_that_was_not_asked_for() -> None:
    document = json.loads(run(["garp/arp_accept:0-never-creates", *PATIENTLY, "--format", "json"], "as-started"))
    assert whys(document["cases"][0]) == []


def test_failures_are_explained_in_every_format_and_nothing_is_said_of_nothing(tmp_path: Path) -> None:
    story = tmp_path / "silent.py"
    story.write_text(SILENT)
    text = run([str(story), "--explain"], "as-started", 1)
    assert text.count(STOPPED) == 2
    assert text.count("nothing to explain: no ARP or ND frame was seen to reach a host") == 1
    assert STOPPED in run([f"{story}:missed", "--explain", "--format", "ktap"], "as-started", 1)
    (out,) = ET.fromstring(run([f"{story}:missed", "--explain", "--format", "junit"], "as-started", 1)).iter(
        "system-out"
    )
    assert out.text is not None
    assert STOPPED in out.text


@WHO
def test_sabotaged_and_repeated_cases_are_explained_as_they_went(user: str) -> None:
    asked = ["garp/arp_accept:1-*", "--explain", "--sabotage", "--repeat", "2", "-j2", "--format", "json"]
    told = [[why["check"] for why in whys(case)] for case in json.loads(run(asked, user))["cases"]]
    assert told == [["arp-accept"], ["arp-accept"]]


@WHO
def test_every_silence_of_the_catalogue_is_explained(user: str) -> None:
    document = json.loads(run([*CATALOGUE, *PATIENTLY, "--explain", "-j2", "--format", "json"], user))
    found: dict[str, str] = {}
    for case in document["cases"]:
        for why in whys(case):
            for one in (why, why.get("silent", why)):
                found.setdefault(one["check"], f"{case['scenario']}:{case['case']} at {why['host']}: {one['text']}")
    assert not {check: where for check, where in found.items() if check in OWN_WORDS}
    assert len(found) >= 25, sorted(found)

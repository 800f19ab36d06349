"""Every report of one run, with all outcomes and nasty names in it, is byte for byte the file in `golden/`.

`python tests/unit/test_report_golden.py` writes the files anew; the difference is then for a person to read.
"""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from neighlab.model.addresses import EVIL, OFF_LINK
from neighlab.model.nud import ABSENT, NTF, NUD
from neighlab.model.result import CaseResult, Expectation, RunResult
from neighlab.model.timeline import Entry
from neighlab.report import FORMATS
from neighlab.report.text import failure_block, text_report

GOLDEN = Path(__file__).parent / "golden"

CLAIM = "arp_accept decides whether a gratuitous ARP may create a neighbour entry."
SUBJECT = f"victim eth0 {OFF_LINK}"
LEARNT = f"STALE lladdr {EVIL}"


def sample() -> RunResult:
    """One case of each outcome, then one whose every text is hostile."""
    timeline = [
        Entry(-0.25, "victim", "knob", "set", "conf.eth0.arp_accept=2", {"knob": "conf.eth0.arp_accept", "value": 2}),
        Entry(
            0.0,
            "attacker",
            "story",
            "sent",
            f"ARP who-has {OFF_LINK} tell {OFF_LINK} (gratuitous)",
            {"ifname": "eth0", "frame": bytes.fromhex("ffffffffffff00005e005366")},
        ),
        Entry(
            0.0112,
            "victim",
            "netlink",
            "event",
            f"NEWNEIGH {OFF_LINK} STALE {EVIL}",
            {
                "addr": OFF_LINK,
                "state": NUD.STALE,
                "before": ABSENT,
                "flags": NTF.ROUTER | NTF.EXT_LEARNED,
                "host": "hidden by the entry's own",
            },
        ),
        Entry(0.016, "attacker", "story", "fence", "answered", {}),
    ]
    knobs = {"victim conf.all.arp_accept": "0", "victim conf.eth0.arp_accept": "2"}
    return RunResult(
        kernel="6.18.44",
        mode="rootless",
        duration_ms=3204.0,
        cases=[
            CaseResult(
                "garp/arp_accept",
                "1-creates-anywhere",
                CLAIM,
                "passed",
                duration_ms=41.2,
                expectations=[Expectation(SUBJECT, "LEARNED", LEARNT, True, 0.02)],
                timeline=timeline[1:],
            ),
            CaseResult(
                "garp/arp_accept",
                "2-refuses-off-link",
                CLAIM,
                "failed",
                reason=f"{SUBJECT}: expected ABSENT, observed {LEARNT}",
                duration_ms=38.7,
                expectations=[Expectation(SUBJECT, "ABSENT", LEARNT, False, 0.02, 0.001)],
                timeline=timeline,
                knobs=knobs,
                where="scenarios/garp/arp_accept.py:29 gratuitous_arp_meets_arp_accept",
            ),
            CaseResult(
                "nd/extended_validation",
                "managed-entry-is-kept",
                "An externally validated entry is not collected.",
                "skipped",
                reason="needs Linux 6.17 (NTF_EXT_VALIDATED)",
            ),
            CaseResult(
                "odd/<tag>&#1 ]]>",
                'a"b # SKIP \x1b[31m\nnot ok 1',
                "A claim with # and <b> & \x00 and [red]markup[/red].",
                "error",
                reason="ValueError: bad \udc80 byte\x07",
                duration_ms=0.0,
                timeline=[Entry(12345.6789, "victim\n", "lab", "note", "ok 1 ]]> \x1b[2J", {"nan": float("nan")})],
                where="odd.py:1 f",
                details='Traceback (most recent call last):\n  File "odd.py", line 1, in f\n'
                "ValueError: bad \udc80 byte\x07\n",
                repetition=2,
            ),
        ],
    )


def golden() -> dict[str, str]:
    run = sample()
    return {
        "run.txt": text_report(run),
        "run-verbose.txt": text_report(run, verbose=1),
        "run-color.txt": text_report(run, color=True),
        "failure.txt": failure_block(run.cases[1], kernel=run.kernel),
        "run.json": FORMATS["json"](run),
        "run.xml": FORMATS["junit"](run),
        "run.ktap": FORMATS["ktap"](run),
        "empty.txt": text_report(RunResult("6.18.44", "root")),
        "empty.json": FORMATS["json"](RunResult("6.18.44", "root")),
        "empty.xml": FORMATS["junit"](RunResult("6.18.44", "root")),
        "empty.ktap": FORMATS["ktap"](RunResult("6.18.44", "root")),
    }


@pytest.mark.parametrize("name", golden())
def test_report_is_the_golden_file(name: str) -> None:
    assert golden()[name] == (GOLDEN / name).read_text(encoding="utf-8")


def test_text_is_the_default_report_without_colour() -> None:
    assert FORMATS["text"](sample()) == text_report(sample())


def test_json_reads_back_with_states_by_name_and_the_five_keys_intact() -> None:
    document = json.loads(FORMATS["json"](sample()))
    assert document["schema"] == "neighlab.run/1"
    assert document["totals"] == {"passed": 1, "failed": 1, "skipped": 1, "error": 1}
    assert document["cases"][1]["timeline"][2] == {
        "t_ms": 0.011,
        "host": "victim",
        "source": "netlink",
        "kind": "event",
        "text": f"NEWNEIGH {OFF_LINK} STALE {EVIL}",
        "addr": OFF_LINK,
        "state": "STALE",
        "before": "ABSENT",
        "flags": ["extern_learn", "router"],
    }
    assert document["cases"][1]["timeline"][1]["frame"] == "ffffffffffff00005e005366"
    assert document["cases"][3]["timeline"][0]["nan"] is None
    assert document["cases"][3]["case"] == sample().cases[3].case


def test_junit_reads_back_with_the_counts_and_without_what_xml_forbids() -> None:
    root = ET.fromstring(FORMATS["junit"](sample()).encode())
    assert {key: root.get(key) for key in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "4",
        "failures": "1",
        "errors": "1",
        "skipped": "1",
        "time": "3.204",
    }
    tests = root.findall("testsuite/testcase")
    assert [(test.get("classname"), test.get("time")) for test in tests[:3]] == [
        ("garp.arp_accept", "0.041"),
        ("garp.arp_accept", "0.039"),
        ("nd.extended_validation", "0.000"),
    ]
    tags = [child.tag for test in tests for child in test]
    assert tags == ["failure", "system-out", "skipped", "error", "system-out"]
    failure = tests[1].find("failure")
    assert failure is not None
    assert failure.get("message") == f"{SUBJECT}: expected ABSENT, observed {LEARNT}"
    assert failure.text == failure_block(sample().cases[1], kernel="6.18.44")
    assert tests[3].get("classname") == "odd.<tag>&#1 ]]>"
    claims = root.findall("testsuite/properties/property[@name='claim']")
    assert claims[2].get("value") == "A claim with # and <b> &  and [red]markup[/red]."


if __name__ == "__main__":
    for name, text in golden().items():
        (GOLDEN / name).write_text(text, encoding="utf-8")

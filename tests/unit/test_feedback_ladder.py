"""A student's page shows the ladder of his own lab, and nothing that a stranger put into it can do anything there."""

from __future__ import annotations

import re

from ladder_reader import SVG, events, read

from neighlab.model.grades import Attempt
from neighlab.model.result import CaseResult, Expectation
from neighlab.model.timeline import Entry
from neighlab.report.feedback import student_html

NASTY = "</title></svg><script>alert(1)</script>\x1b[2J"


def page(*entries: Entry) -> str:
    case = CaseResult("mitm", "alice", "Be in the middle", "failed", "the secret answer", timeline=list(entries))
    case.expectations.append(Expectation("victim eth0 192.0.2.3", "the secret answer", "x", False, 0))
    case.knobs = {"victim conf.eth0.arp_accept": "the secret answer"}
    return student_html("alice", [Attempt("mitm", "alice", case=case)] * 2, {"mitm": "Be in the middle"})


def drawings(text: str) -> list[str]:
    return re.findall(r'<svg [^>]*class="ladder" .*?</svg>', text, re.DOTALL)


def test_each_attempt_has_its_ladder_and_the_page_the_signs_once() -> None:
    text = page(Entry(0.0, "attacker", "wire", "frame", "ARP who-has 192.0.2.1", {"ifname": "eth0"}))

    first, second = (read(one) for one in drawings(text))
    assert [one.get("data-host") for one in events(first)] == ["attacker"]
    assert {one.get("id") for one in first.iter(f"{SVG}g")} & {one.get("id") for one in second.iter(f"{SVG}g")} == {
        None
    }
    assert text.count('<pattern id="p-STALE"') == 1
    assert text.count("--ladder-ground:") > 1


def test_the_ladder_tells_no_more_than_the_page_did() -> None:
    verdict = Entry(2.0, "victim", "story", "expect", "the secret answer NOT met", {"expectation": 0})
    text = page(Entry(0.0, "victim", "story", "note", "hello"), verdict)

    assert "hello" in drawings(text)[0]
    assert "the secret answer" not in text


def test_what_a_stranger_calls_things_is_text_in_the_ladder() -> None:
    fields = {"addr": NASTY, "ifname": NASTY, "state": NASTY, "event": "NEWNEIGH", "cause": NASTY, "x": NASTY}
    text = page(Entry(0.0, NASTY, "netlink", "event", NASTY, fields), Entry(1.0, "victim", NASTY, NASTY, NASTY))

    assert "<script" not in text
    assert "\x1b" not in text
    assert len(events(read(drawings(text)[0]))) == 2


def test_a_flood_makes_no_page_without_end() -> None:
    entries = [Entry(place / 10, f"h{place % 40}", "story", "note", f"{'x' * 9000} {place}") for place in range(2000)]

    assert len(page(*entries)) < 4 << 20


def test_a_page_without_a_lab_is_as_small_as_it_was() -> None:
    text = student_html("alice", [Attempt("mitm", "alice")], {})

    assert "<svg" not in text
    assert "--ladder" not in text

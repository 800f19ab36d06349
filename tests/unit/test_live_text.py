"""A page is as big as the terminal, says what there is by name, and obeys no terminal code of a host's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from neighlab.model.countdown import Timer
from neighlab.model.live import EntryNow, FrameNow, LabNow, LossNow, NewsNow, TableNow
from neighlab.model.neigh import Neigh
from neighlab.model.nud import ABSENT, NTF, NUD
from neighlab.report import live_json
from neighlab.report.live_text import View, age, countdown, page, plain
from neighlab.report.plain import duration

MAC = "00:00:5e:00:53:02"
FRAME = bytes.fromhex("ffffffffffff00005e0053020806000108000604000100005e005302c0000202000000000000c0000263")


def entry(
    host: str, addr: str, state: NUD, timer: Timer | None = None, ifname: str = "eth0", **more: object
) -> EntryNow:
    family = 10 if ":" in addr else 2
    lladdr = None if state in (NUD.INCOMPLETE, NUD.FAILED) else MAC
    return EntryNow(host, ifname, Neigh(addr, state, lladdr, 2, family, **more), timer)  # type: ignore[arg-type]


LAB = LabNow(
    "twohosts-7", "TwoHosts", "dual", ("victim", "peer"), 1234.5678, 1.0, 75.0,
    [
        entry(
            "victim", "192.0.2.2", NUD.REACHABLE, Timer(NUD.STALE, 12_340, 14_000),
            confirmed_ms=310, used_ms=42_000, updated_ms=7_200_000,
        ),
        entry(
            "victim", "fe80::200:5eff:fe00:5302", NUD.PROBE, Timer(NUD.PROBE, 400, 500, 2),
            flags=NTF.ROUTER, probes=1,
        ),
        entry("victim", "ff02::16", NUD.NOARP),
        entry("victim", "192.0.2.9", NUD.INCOMPLETE, Timer(NUD.FAILED, 0, 20), ifname="eth1", probes=6),
    ],
    [TableNow("arp_cache", 512, 2, 128, 512, 1024)], True,
)  # fmt: skip


def test_a_page_is_what_one_sees() -> None:
    frames = [FrameNow(1_000.0, "peer", "eth0", FRAME)]

    assert [line.rstrip() for line in page(LAB, frames, View(), width=80, height=15)] == [
        "twohosts-7  TwoHosts  dual                                              up 1 min",
        "arp_cache      512 entries, 2 here   50% of gc_thresh 128/512/1024",
        " ADDRESS           STATE      LLADDR            FL PR CNF USE UPD NEXT",
        "victim eth0  +1 NOARP",
        " 192.0.2.2         REACHABLE  00:00:5e:00:53:02       0.3  42  2h STALE 12.3s",
        " fe80::20~e00:5302 PROBE      00:00:5e:00:53:02 R   1 0.0 0.0 0.0 probe 2 0.4s",
        "victim eth1",
        " 192.0.2.9         INCOMPLETE -                     6 0.0 0.0 0.0 FAILED now",
        "peer  no entries",
        "FRAMES  the last of 1",
        "     1.000 s  peer eth0  ARP who-has 192.0.2.99 tell 192.0.2.2",
        "",
        "",
        "",
        "q quit  p pause  tab host  a all  up/down scroll",
    ]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (40, 10), (200, 60), (20, 5), (1, 1), (80, 6)])
def test_a_page_fits_whatever_there_is_on_it(width: int, height: int) -> None:
    many = [entry(f"h{number}", f"2001:db8:ffff:ffff:ffff:ffff:ffff:{number:x}", NUD.STALE) for number in range(100)]
    lab = replace(LAB, hosts=[f"h{number}" for number in range(100)], entries=many)
    frames = [FrameNow(1.0, "victim", "eth0", FRAME)] * 50

    lines = page(lab, frames, View(), width=width, height=height)

    assert len(lines) == height
    assert max(map(len, lines)) <= width


def test_what_does_not_fit_is_scrolled_to_and_not_beyond() -> None:
    many = [entry("victim", f"192.0.2.{number}", NUD.STALE) for number in range(1, 101)]
    lab, view = replace(LAB, entries=many), View()

    def shown() -> str:
        return "\n".join(page(lab, [], view, width=100, height=24))

    assert " 192.0.2.1 " in shown()
    assert "rows 1-14 of 102" in shown()
    view.first += 10
    assert " 192.0.2.1 " not in shown()
    assert " 192.0.2.11 " in shown()
    view.first += 1000
    assert " 192.0.2.100 " in shown()
    assert "rows 89-102 of 102" in shown()
    view.first -= 5000
    assert " 192.0.2.1 " in shown()


def test_one_host_after_the_other_can_be_looked_at() -> None:
    view, seen = View(), []
    for _ in range(4):
        text = plain(LAB, view, width=100)
        seen.append(("victim eth0" in text, "peer" in text))
        view.next_host(LAB.hosts)
    assert seen == [(True, True), (True, False), (False, True), (True, True)]
    assert view.first == 0


def test_noarp_entries_are_counted_or_shown() -> None:
    assert "ff02::16" not in plain(LAB, View(), width=100)
    text = plain(LAB, View(everything=True), width=100)
    assert "ff02::16" in text
    assert "+1 NOARP" not in text


def test_a_host_cannot_write_to_the_terminal_through_its_name() -> None:
    lab = replace(LAB, hosts=["\x1b[2J"], entries=[entry("\x1b[2J", "192.0.2.1", NUD.STALE)], title="\x1b]0;x\x07")
    frames = [FrameNow(1.0, "\x1b[2J", "\r", FRAME)]
    for text in (plain(lab, View(), width=100), "\n".join(page(lab, frames, View(), width=100, height=20))):
        assert all(char.isprintable() or char == "\n" for char in text)


@pytest.mark.parametrize(
    ("timer", "text"),
    [
        (None, ""),
        (Timer(NUD.STALE, 12_345, 14_000), "STALE 12.3s"),
        (Timer(NUD.STALE, 150_000, 170_000), "STALE 2m"),
        (Timer(NUD.FAILED, 0, 20), "FAILED now"),
        (Timer(NUD.INCOMPLETE, 950, 1_000, 2), "probe 2 0.9s"),
        (Timer(NUD.STALE, 5_000, None), "STALE >5.0s"),
        (Timer(ABSENT, 45_000, 60_000), "gone >45.0s"),
        (Timer(ABSENT, 0, 15_000), "gone soon"),
    ],
)
def test_a_countdown_says_what_comes_and_when(timer: Timer | None, text: str) -> None:
    assert countdown(timer) == text


def test_an_age_has_three_characters() -> None:
    seconds = [0, 0.31, 9.94, 9.95, 99.4, 99.5, 5_900, 6_000, 300_000, 400_000, 1e9]
    assert [age(int(1000 * one)) for one in seconds] == [
        "0.0", "0.3", "9.9", "10", "99", "2m", "98m", "2h", "83h", "4d", "99d",
    ]  # fmt: skip
    assert [duration(one) for one in (4.24, 75, 7_500, 100_000)] == ["4.2 s", "1 min", "2 h 5 min", "1 d 3 h"]


def test_records_say_what_the_page_says_and_more() -> None:
    first = live_json.snapshot(LAB)
    assert (first["type"], first["schema"], first["t_ms"], first["lab"]) == (
        "snapshot", "neighlab.watch/1", 1234.568, "twohosts-7",
    )  # fmt: skip
    assert first["entries"][0] == {
        "host": "victim", "ifname": "eth0", "addr": "192.0.2.2", "state": "REACHABLE", "lladdr": MAC, "ifindex": 2,
        "flags": [], "probes": 0, "confirmed_ms": 310, "used_ms": 42_000, "updated_ms": 7_200_000, "refcnt": 0,
        "timer": {"leads_to": "STALE", "probe": 0, "due_ms": 12_340, "at_most_ms": 14_000},
    }  # fmt: skip
    assert first["entries"][1]["flags"] == ["router"]
    assert first["entries"][2]["timer"] is None
    assert json.loads(live_json.line(first)) == first

    gone = live_json.news(NewsNow(2.0, "victim", "eth0", "DELNEIGH", LAB.entries[0].neigh))
    assert (gone["type"], gone["event"], gone["announced"], gone["state"], gone["lladdr"]) == (
        "neigh", "DELNEIGH", True, "ABSENT", None,
    )  # fmt: skip
    found = live_json.news(NewsNow(2.0, "victim", "eth0", "FOUND", LAB.entries[1].neigh))
    assert (found["announced"], found["state"]) == (False, "PROBE")
    frame = live_json.news(FrameNow(2.0, "peer", "eth0", FRAME))
    assert (frame["kind"], frame["frame"]) == ("arp-request", FRAME.hex())
    assert live_json.news(LossNow(3.0, "frames", 7)) == {"type": "lost", "t_ms": 3.0, "what": "frames", "number": 7}
    changed = replace(LAB, tables=[TableNow("arp_cache", 513, 2, 128, 512, 1024)])
    assert [one["entries"] for one in live_json.tables(changed, LAB.tables)] == [513]
    assert live_json.tables(LAB, LAB.tables) == []

"""A case's capture is a pcapng file that an independent reader understands to the last byte."""

from __future__ import annotations

import pytest
from pcapng_reader import Capture, read

from neighlab.model import arp
from neighlab.model.evidence import CapturedFrame, Evidence, Interface
from neighlab.model.result import CaseResult, Expectation
from neighlab.model.timeline import Entry
from neighlab.report.pcapng import pcapng

EPOCH_S = 1_700_000_000.25
FRAME = bytes.fromhex("ffffffffffff00005e005301080600010800060400010000")
INTERFACES = [
    Interface("victim", "eth0", "00:00:5e:00:53:01", ("192.0.2.1", "2001:db8::1"), "s1"),
    Interface("peer", "eth0", "00:00:5e:00:53:02", (), "s1"),
]


def captured(t_ms: float, host: str, direction: str, data: bytes = FRAME, ifname: str = "eth0") -> CapturedFrame:
    return CapturedFrame(t_ms, host, ifname, direction, data)  # type: ignore[arg-type]


def case(frames: list[CapturedFrame], timeline: list[Entry] | None = None, **more: object) -> CaseResult:
    evidence = Evidence(INTERFACES, frames)
    return CaseResult(
        "a/b", "c", "It is so.", "passed", timeline=timeline or [], evidence=evidence, epoch_s=EPOCH_S, **more
    )  # type: ignore[arg-type]


def capture(*args: object, **more: object) -> Capture:
    return read(pcapng(case(*args, **more), "6.1.0"))  # type: ignore[arg-type]


def test_an_empty_case_is_a_whole_file() -> None:
    found = capture([])

    assert found.section.texts(1) == ["a/b:c: It is so.", "passed"]
    assert found.section.texts(3) == ["Linux 6.1.0"]
    assert [one.texts(2) for one in found.interfaces] == [["victim/eth0"], ["peer/eth0"]]
    assert (found.packets, found.journal) == ([], [])


def test_a_case_without_evidence_is_refused() -> None:
    with pytest.raises(ValueError, match="a/b:c was run without evidence"):
        pcapng(CaseResult("a/b", "c", "It is so.", "skipped"), "6.1.0")


def test_an_interface_has_the_name_of_its_host_and_says_where_it_is() -> None:
    victim, peer = capture([]).interfaces

    assert victim.texts(3) == ["192.0.2.1, 2001:db8::1; wired to s1"]
    assert victim.options[6] == [bytes.fromhex("00005e005301")]
    assert victim.options[9] == [b"\6"]
    assert peer.texts(3) == ["wired to s1"]


def test_an_interface_that_the_story_made_is_there_as_well() -> None:
    found = capture([captured(1, "victim", "sent", ifname="vlan7")])

    assert found.interfaces[-1].texts(2) == ["victim/vlan7"]
    assert 6 not in found.interfaces[-1].options
    assert found.packets[0].interface == "victim/vlan7"


@pytest.mark.parametrize("length", range(60, 65))
def test_frames_of_every_length_come_back_as_they_were(length: int) -> None:
    data = bytes(range(length))

    (packet,) = capture([captured(0, "victim", "sent", data)]).packets

    assert packet.data == data


def test_a_frame_is_outbound_where_it_was_sent_and_inbound_where_it_was_received() -> None:
    found = capture([captured(0.5, "victim", "sent"), captured(0.5, "peer", "received")])

    assert [(one.interface, one.flags & 3) for one in found.packets] == [("victim/eth0", 2), ("peer/eth0", 1)]


def test_times_are_the_wall_clocks_and_never_go_back() -> None:
    frames = [captured(2.0004, "victim", "sent"), captured(-1.5, "victim", "sent"), captured(2.0006, "peer", "sent")]
    entries = [Entry(2.0005, "victim", "knob", "set", "one"), Entry(1.0, "victim", "knob", "set", "two")]

    found = capture(frames, entries)

    assert found.order == sorted(found.order)
    assert found.order[0] == round((EPOCH_S - 0.0015) * 1e6)
    assert [one["MESSAGE"] for one in found.journal] == ["victim set: two", "victim set: one"]
    assert [one.at_us - round(EPOCH_S * 1e6) for one in found.packets] == [-1500, 2000, 2000]


def test_what_is_no_frame_is_a_line_of_the_journal() -> None:
    entries = [
        Entry(1, "victim", "netlink", "event", "NEWNEIGH 192.0.2.2 STALE", {"cause": "timer: it was", "ifname": ""}),
        Entry(2, "victim", "wire", "frame", "ARP", {"frame": 0}),
        Entry(3, "victim", "story", "expect", "victim eth0 192.0.2.2: STALE NOT met", {"expectation": 0}),
        Entry(4, "victim", "trace", "drop", "UDP dropped", {"cause": "guessed", "cause_inferred": True}),
    ]

    found = capture(
        [captured(2, "victim", "sent")], entries, expectations=[Expectation("s", "STALE", "ABSENT", False, 3)]
    )

    assert [(one["MESSAGE"], one["SYSLOG_IDENTIFIER"], one["PRIORITY"]) for one in found.journal] == [
        ("victim event: NEWNEIGH 192.0.2.2 STALE (timer: it was)", "netlink/event", "6"),
        ("victim expect: eth0 192.0.2.2: STALE NOT met", "story/expect", "3"),
        ("victim drop: UDP dropped (guessed, inferred)", "trace/drop", "4"),
    ]
    assert {one["_HOSTNAME"] for one in found.journal} == {"victim"}


def test_texts_in_any_language_stay_and_line_ends_do_not() -> None:
    entries = [Entry(0, "víctim", "story", "command", "écho \N{SNOWMAN}\nPRIORITY=0\x1b[0m")]

    found = capture([], entries, knobs={"v conf": "1"}, reason="weil \N{GREEK SMALL LETTER PI}\n")

    assert found.messages() == [f"víctim command: écho \N{SNOWMAN}{chr(92)}nPRIORITY=0{chr(92)}x1b[0m"]
    assert found.section.texts(1)[1:] == [f"passed: weil \N{GREEK SMALL LETTER PI}{chr(92)}n", "knobs: v conf=1"]


def test_a_text_that_is_longer_than_an_option_ends_after_a_whole_character() -> None:
    (comment,) = capture([], reason="x" + "\N{SNOWMAN}" * 40_000).section.texts(1)[1:]

    assert comment.startswith("passed: x\N{SNOWMAN}")
    assert set(comment.removeprefix("passed: x")) == {"\N{SNOWMAN}"}
    assert 65_532 < len(comment.encode()) <= 65_535


def test_comments_stand_at_the_frame_that_led_to_something() -> None:
    data = arp.reply("192.0.2.2", lladdr="00:00:5e:00:53:02", receiver="192.0.2.1", receiver_lladdr="00:00:5e:00:53:01")
    frames = [captured(1, "peer", "sent", data), captured(1, "victim", "received", data)]
    learnt = {"addr": "192.0.2.2", "ifname": "eth0", "state": "REACHABLE", "lladdr": "00:00:5e:00:53:02"}

    found = capture(frames, [Entry(1.5, "victim", "netlink", "event", "NEWNEIGH", learnt | {"event": "NEWNEIGH"})])

    assert [one.comments for one in found.packets] == [[], ["victim: 192.0.2.2 REACHABLE lladdr 00:00:5e:00:53:02"]]


def test_twenty_thousand_frames_are_all_there() -> None:
    frames = [captured(place / 100, "victim", "sent", FRAME + place.to_bytes(4, "big")) for place in range(20_000)]
    entries = [Entry(place / 100, "victim", "story", "command", str(place)) for place in range(20_000)]

    found = capture(frames, entries)

    assert [one.data for one in found.packets] == [one.data for one in frames]
    assert len(found.journal) == 20_000

"""A ladder shows every entry of a timeline once and in order, whatever the timeline holds."""

from __future__ import annotations

import functools
import random
from typing import Any, Literal

import pytest
from ladder_reader import assert_complete, assert_legible, assert_unbroken, events, groups, read, title

from neighlab.model import arp
from neighlab.model.evidence import CapturedFrame, Evidence, Interface
from neighlab.model.result import CaseResult, Expectation
from neighlab.model.timeline import Entry
from neighlab.report.ladder import Figure, figure_of, svg
from neighlab.report.ladder.figure import Arrow, Mark

VICTIM, EVIL = "00:00:5e:00:53:01", "00:00:5e:00:53:66"
ADDR = "192.0.2.99"
TWO = (
    Interface("victim", "eth0", VICTIM, ("192.0.2.1", "2001:db8::1"), "s1"),
    Interface("attacker", "eth0", "00:00:5e:00:53:02", ("192.0.2.2",), "s1"),
)


@functools.cache
def question(addr: str) -> bytes:
    return bytes(arp.gratuitous(addr, lladdr=EVIL))


class Story:
    """Builds a case as a lab would have recorded it."""

    def __init__(self, *interfaces: Interface) -> None:
        self.case = CaseResult("garp/story", "case", "It is so.", "passed", evidence=Evidence(list(interfaces or TWO)))
        self.now = 0.0

    @property
    def frames(self) -> list[CapturedFrame]:
        assert self.case.evidence is not None
        return self.case.evidence.frames

    def after(self, ms: float) -> Story:
        self.now += ms
        return self

    def add(self, host: str, source: str, kind: str, text: str, **fields: Any) -> Story:
        self.case.timeline.append(Entry(self.now, host, source, kind, text, fields))
        return self

    def frame(self, host: str, addr: str = ADDR, *, to: dict[str, float] | None = None, kind: str = "frame") -> Story:
        """A frame that `to` tells the receivers of, each with the time that it took."""
        data = question(addr) + len(self.frames).to_bytes(2, "big")
        place = len(self.frames)
        self.frames.append(CapturedFrame(self.now, host, "eth0", "sent", data))
        for receiver, took_ms in (to or {}).items():
            self.frames.append(CapturedFrame(self.now + took_ms, receiver, "eth0", "received", data))
        source = "wire" if kind == "frame" else "story"
        return self.add(host, source, kind, f"ARP who-has {addr} tell {addr} (gratuitous)", ifname="eth0", frame=place)

    def traced(self, old: str, new: str, addr: str = ADDR, *, host: str = "victim", **fields: Any) -> Story:
        fields = {"lladdr": None, "function": "neigh_update", "by": "softirq"} | fields
        return self.add(
            host, "trace", "transition", f"{addr} {old} -> {new}", addr=addr, ifname="eth0", old=old, new=new, **fields
        )

    def announced(self, state: str, addr: str = ADDR, *, event: str = "NEWNEIGH", **fields: Any) -> Story:
        text = f"{event} {addr} {state}"
        return self.add(
            "victim", "netlink", "event", text, addr=addr, ifname="eth0", state=state, event=event, **fields
        )

    def expected(self, *, passed: bool = True) -> Story:
        told = Expectation(f"victim eth0 {ADDR}", "STALE", "STALE" if passed else "ABSENT", passed, self.now)
        self.case.expectations.append(told)
        place = len(self.case.expectations) - 1
        verdict = "met" if passed else "NOT met"
        return self.add("victim", "story", "expect", f"victim eth0 {ADDR}: STALE {verdict}", expectation=place)

    def drawn(self) -> Figure:
        """The figure, after everything that holds of all figures has been looked at."""
        figure = figure_of(self.case)
        assert_complete(self.case, read(svg(figure, "x")))
        assert_legible(figure)
        assert_unbroken(figure)
        return figure


def arrows(figure: Figure) -> list[Arrow]:
    return [one for one in figure.events if isinstance(one, Arrow)]


def marks(figure: Figure, kind: str) -> list[Mark]:
    return [one for one in figure.events if isinstance(one, Mark) and one.kind == kind]


def states(figure: Figure, addr: str = ADDR) -> list[str]:
    return [one.state for one in sorted(figure.bands, key=lambda one: one.top) if one.column.addr == addr]


def test_a_case_without_a_story_is_an_empty_figure() -> None:
    figure = figure_of(CaseResult("a/b", "c", "It is so.", "skipped", "not here"))
    root = read(svg(figure, "x"))

    assert (figure.events, figure.lifelines, figure.folds) == ([], [], [])
    assert root.get("data-events") == "0"
    assert "0 hosts, 0 frames, 0 transitions" in figure.summary


def test_a_frame_is_an_arrow_to_all_that_received_it_and_tells_when() -> None:
    third = Interface("owner", "eth0", "00:00:5e:00:53:03", ("192.0.2.3",), "s1")
    figure = Story(*TWO, third).frame("attacker", to={"victim": 0.02, "owner": 0.03}, kind="sent").drawn()

    (arrow,) = arrows(figure)
    assert sorted(head.host for head in arrow.heads) == ["owner", "victim"]
    assert arrow.kind == "sent"
    assert ("received by", "victim eth0 after 20 µs") in arrow.fields
    assert ("announced lladdr", EVIL) in arrow.fields
    lines = {one.hosts[0]: one.x for one in figure.lifelines}
    assert {head.host: head.x for head in arrow.heads} == {"victim": lines["victim"], "owner": lines["owner"]}


def test_a_frame_that_nobody_received_has_no_head() -> None:
    (arrow,) = arrows(Story().frame("attacker").drawn())

    assert arrow.heads == ()
    assert ("received by", "nobody") in arrow.fields


def test_an_arrow_is_level_unless_its_receiver_did_something_before_it_arrived() -> None:
    story = Story().frame("attacker", to={"victim": 0.5}).after(0.1).add("attacker", "story", "note", "elsewhere")
    (level,) = arrows(story.drawn())
    assert level.heads[0].y == level.y

    story.after(0.1).add("victim", "story", "note", "there").after(1).add("victim", "story", "note", "later")
    figure = story.drawn()
    (steep,) = arrows(figure)
    before, after = marks(figure, "note")[1:]
    assert before.y < steep.heads[0].y < after.y


def test_the_trace_makes_an_entrys_history_and_announcements_only_repeat_it() -> None:
    story = Story().frame("attacker", to={"victim": 0.02}).after(0.1).traced("ABSENT", "NONE").after(0.01)
    story.traced("NONE", "STALE", lladdr=EVIL, cause="frame: ARP who-has, from attacker", cause_inferred=False)
    figure = story.after(0.1).announced("STALE", lladdr=EVIL).drawn()

    assert states(figure) == ["NONE", "STALE"]
    assert [one.label.strong for one in marks(figure, "transition") if one.label] == [
        "ABSENT → NONE",
        f"NONE → STALE lladdr {EVIL}",
    ]
    assert ("cause", "frame: ARP who-has, from attacker") in marks(figure, "transition")[1].fields
    assert len(marks(figure, "announcement")) == 1


def test_without_a_trace_announcements_make_it() -> None:
    story = Story().announced("REACHABLE", lladdr=EVIL).after(1).announced("REACHABLE", lladdr=EVIL).after(100)
    figure = story.announced("STALE", lladdr=EVIL).after(1).announced("FAILED", event="DELNEIGH").drawn()

    assert states(figure) == ["REACHABLE", "STALE"]
    assert [(dict(one.data)["old"], dict(one.data)["new"]) for one in marks(figure, "transition")] == [
        ("ABSENT", "REACHABLE"),
        ("REACHABLE", "STALE"),
        ("STALE", "ABSENT"),
    ]
    assert figure.bands[-1].bottom < figure.height  # it is gone before the end


def test_a_new_address_in_an_old_state_is_a_transition() -> None:
    figure = Story().announced("STALE", lladdr=VICTIM).after(1).announced("STALE", lladdr=EVIL).drawn()

    last = marks(figure, "transition")[-1]
    assert last.label is not None
    assert last.label.strong == f"STALE → STALE lladdr {EVIL}"


def test_a_state_from_before_the_first_event_has_its_band_from_the_top() -> None:
    figure = Story().traced("REACHABLE", "STALE", cause="timer: reachable time is over", by="timer").drawn()

    assert states(figure) == ["REACHABLE", "STALE"]
    assert figure.bands[0].top == figure.head
    assert [one.timer for one in marks(figure, "transition")] == [True]


def test_a_timer_says_how_long_the_state_had_lasted() -> None:
    story = Story().traced("NONE", "REACHABLE").after(163).traced("REACHABLE", "STALE", cause="timer: it is over")
    last = marks(story.drawn(), "transition")[-1]

    assert last.label is not None
    assert last.label.text == "timer: it is over, after 163 ms"
    assert ("after", "163 ms") in last.fields


def test_an_inferred_cause_is_slanted_and_said_to_be() -> None:
    figure = Story().announced("STALE", cause="frame: ARP who-has", cause_inferred=True).drawn()
    (mark,) = marks(figure, "transition")

    assert mark.label is not None
    assert mark.label.slanted
    assert ("cause", "frame: ARP who-has (inferred)") in mark.fields
    assert "What made a transition is inferred where it is slanted." in figure.notes


def test_an_update_without_effect_and_a_drop_are_no_transitions() -> None:
    story = Story().traced("NONE", "STALE").add(
        "victim", "trace", "no-op", f"{ADDR} stays STALE: an update is without effect",
        addr=ADDR, ifname="eth0", old="STALE", new="STALE", lladdr=None,
    )  # fmt: skip
    story.add("victim", "trace", "drop", "UDP 192.0.2.1 > 192.0.2.99 dropped: NEIGH_FAILED (arp_error)", reason="x")
    figure = story.drawn()

    assert states(figure) == ["STALE"] or states(figure) == ["NONE", "STALE"]
    assert len(marks(figure, "transition")) == 1
    (drop,) = marks(figure, "drop")
    assert drop.label is not None
    assert drop.label.strong == "dropped: NEIGH_FAILED (arp_error)"
    assert [one.label.text for one in marks(figure, "no-op") if one.label] == [
        "stays STALE: an update is without effect"
    ]


def test_a_verdict_stands_where_it_fell_and_a_bad_one_tells_what_was_seen() -> None:
    figure = Story().expected().after(1).expected(passed=False).drawn()

    (met,), (wrong,) = marks(figure, "met"), marks(figure, "not-met")
    assert met.label is not None
    assert wrong.label is not None
    assert met.label.text == f"victim eth0 {ADDR}: STALE"
    assert wrong.label.strong == "expected STALE, observed ABSENT"
    assert wrong.data == (("expectation", "1"),)


def test_a_frame_that_changed_nothing_is_hollow_and_says_why() -> None:
    story = Story().frame("attacker", to={"victim": 0.02}, kind="sent")
    story.case.timeline[0].fields["why"] = [
        {"host": "victim", "ifname": "eth0", "check": "arp-accept", "function": "arp_process", "text": "arp_accept=0",
         "remedy": "with arp_accept=1"}
    ]  # fmt: skip
    (arrow,) = arrows(story.after(0.01).frame("attacker", to={"victim": 0.02}).drawn())[:1]

    assert [head.idle for head in arrow.heads] == [True]
    assert [one.text for one in arrow.whys] == ["no effect: arp_accept=0 (arp_process)"]
    why = dict(arrow.fields)["why"]
    assert why == "no effect at victim eth0: arp_accept=0 (arp_process); with arp_accept=1 it would pass"


def test_a_fence_goes_to_who_answered_though_everybody_heard_it() -> None:
    third = Interface("owner", "eth0", "00:00:5e:00:53:03", ("192.0.2.3",), "s1")
    story = Story(*TWO, third).frame("attacker", to={"victim": 0.02, "owner": 0.02}, kind="fence")
    story.case.timeline[0].text = "answered by owner"
    (arrow,) = arrows(story.drawn())

    assert [head.host for head in arrow.heads] == ["owner"]
    assert arrow.label.text == "fence: answered by owner"


def test_a_long_silence_is_cut_and_says_how_long_it_was() -> None:
    story = Story().add("victim", "story", "note", "a").after(2500).add("victim", "story", "note", "b")
    figure = story.after(1).add("victim", "story", "note", "c").drawn()

    assert [(one.ms, one.text) for one in figure.silences] == [(2500, "2.5 s")]
    assert figure.height < 400


def test_more_hosts_than_there_is_room_for_share_a_line() -> None:
    hosts = [Interface(f"h{n}", "eth0", f"00:00:5e:00:53:{n:02x}", (f"192.0.2.{n}",), "s1") for n in range(1, 31)]
    figure = Story(*hosts).frame("h1", to={one.host: 0.02 for one in hosts[1:]}).frame("h9", to={"h1": 0.01}).drawn()

    assert [one.title for one in figure.lifelines] == ["h1", "h9", "28 more hosts"]
    assert len(figure.lifelines[-1].hosts) == 28
    assert figure.notes == ["28 hosts share one line: h2, h3, h4, h5, h6, h7, h8, h10 and 20 more."]


def test_hosts_stand_in_the_same_order_every_time_the_asserted_table_first() -> None:
    chain = [
        Interface("far", "eth0", VICTIM, (), "router/eth1"), Interface("router", "eth0", VICTIM, (), "near/eth0"),
        Interface("router", "eth1", VICTIM, (), "far/eth0"), Interface("near", "eth0", VICTIM, (), "router/eth0"),
    ]  # fmt: skip
    story = Story(*chain)
    story.case.expectations.append(Expectation(f"near eth0 {ADDR}", "STALE", "STALE", True, 0))

    assert [one.title for one in story.drawn().lifelines] == ["near", "router", "far"]


def test_a_host_at_which_nothing_happened_is_named_below_when_there_are_many() -> None:
    hosts = [Interface(f"h{n}", "eth0", VICTIM, (), "s1") for n in range(1, 6)]
    figure = Story(*hosts).frame("h1", to={"h2": 0.01}).drawn()

    assert [one.title for one in figure.lifelines] == ["h1", "h2"]
    assert figure.notes == ["Nothing happened at h3, h4, h5."]


def test_what_belongs_to_no_host_stands_beside_the_lines() -> None:
    figure = Story().add("lab", "knob", "set", "gc_thresh3=500").add("victim", "story", "note", "x").drawn()

    assert marks(figure, "knob")[0].x not in {one.x for one in figure.lifelines}


def test_entries_without_a_column_are_named_at_their_changes() -> None:
    story = Story()
    for number in range(20):
        story.after(0.1).traced("ABSENT", "STALE", f"192.0.2.{number}").traced("STALE", "FAILED", f"192.0.2.{number}")
    figure = story.traced("ABSENT", "NONE", "ff02::16").drawn()

    assert len(figure.columns) == 6
    named = [one for one in marks(figure, "transition") if one.column is None]
    assert named[0].label is not None
    assert named[0].label.strong == "192.0.2.6 ABSENT → STALE"
    assert named[-1].label is not None
    assert named[-1].label.strong == "ff02::16 ABSENT → NONE"
    assert "15 neighbour entries have no column (victim): the changes name it." in figure.notes


@pytest.mark.parametrize("repeated", ["alike", "not alike"])
def test_two_thousand_events_are_folded_and_counted(repeated: Literal["alike", "not alike"]) -> None:
    chance = random.Random(7)
    story = Story()
    for number in range(500):
        story.after(0.2).frame("attacker", f"192.0.2.{number % 250}", to={"victim": 0.01}).after(0.05)
        new = "STALE" if repeated == "alike" else chance.choice(("STALE", "REACHABLE", "PERMANENT", "FAILED"))
        story.traced("ABSENT", "NONE", f"192.0.2.{number % 250}").traced("NONE", new, f"192.0.2.{number % 250}")
        story.announced(new, f"192.0.2.{number % 250}", lladdr=None)
    figure = story.expected().drawn()

    folded = sum(len(one.places) for one in figure.folds)
    assert len(figure.events) + folded == 2001
    assert len(figure.events) < 520
    assert f"{folded:,} of 2,001 events are folded: the figure says where and what." in figure.notes
    if repeated == "alike":
        (fold,) = figure.folds
        assert fold.text.startswith("498 times like the 4 above: 498 frames, 996 transitions, 498 others folded")
    assert len(marks(figure, "met")) == 1


def test_a_short_timeline_is_never_folded() -> None:
    story = Story()
    for _ in range(120):
        story.after(0.1).frame("attacker", to={"victim": 0.01})

    assert story.drawn().folds == []


def test_a_band_that_changed_within_a_fold_is_mixed_there_and_goes_on_below() -> None:
    story = Story()
    for _ in range(100):
        story.after(0.1).traced("STALE", "DELAY").after(0.1).traced("DELAY", "STALE")
    figure = story.drawn()

    (fold,) = figure.folds
    (mixed,) = [one for one in figure.bands if one.mixed]
    assert (mixed.top, mixed.bottom) == (fold.top, fold.bottom)
    # the first state, the fold's, and the one that it left
    assert len(figure.bands) == len(figure.events) + 3


HOSTILE = "<script>alert(1)</script>&\"'\x1b[2J\x00\ud800\n]]>--><!--"


def test_no_name_can_break_out_of_the_figure() -> None:
    story = Story(Interface(HOSTILE, HOSTILE, HOSTILE, (HOSTILE,), HOSTILE), *TWO)
    story.case.claim = story.case.scenario = story.case.case = HOSTILE
    story.add(HOSTILE, HOSTILE, HOSTILE, HOSTILE, **{"x": HOSTILE, "why": [{"host": HOSTILE, "text": HOSTILE}]})
    story.add(HOSTILE, "trace", "transition", HOSTILE, addr=HOSTILE, ifname=HOSTILE, old=HOSTILE, new=HOSTILE)
    story.announced(HOSTILE, HOSTILE, lladdr=HOSTILE, cause=HOSTILE).frame(HOSTILE, to={"victim": 0.1})
    text = svg(figure_of(story.case), HOSTILE)
    root = read(text)

    assert "<script" not in text
    assert "\x1b" not in text
    assert len(events(root)) == 4
    assert any("&<script" not in line and "<script>" in line for line in title(events(root)[0]))


def test_texts_without_end_are_cut() -> None:
    long = "x" * 10_000
    story = Story().add("victim", "story", "note", long, more=long, cause=long).announced(long, long, lladdr=long)
    story.case.claim = long
    figure = story.drawn()

    assert figure.width < 1500
    assert len(svg(figure, "x")) < 30_000


def test_nonsense_in_fields_is_survived() -> None:
    chance = random.Random(3)
    values: list[Any] = [None, True, -1, 10**9, 1.5, "x", "", [], [None], {}, [{}], [{"silent": 1, "host": None}]]
    names = ("frame", "expectation", "addr", "ifname", "old", "new", "state", "lladdr", "event", "cause", "why", "by")
    kinds = [
        ("trace", "transition"), ("trace", "no-op"), ("trace", "drop"), ("netlink", "event"), ("netlink", "poll"),
        ("netlink", "resync"), ("wire", "frame"), ("story", "sent"), ("story", "fence"), ("story", "expect"),
    ]  # fmt: skip
    for _ in range(150):
        story = Story()
        story.frame("victim", to={"attacker": 0.1})
        for _ in range(8):
            source, kind = chance.choice(kinds)
            fields = {name: chance.choice(values) for name in names if chance.random() < 0.6}
            story.after(chance.choice((0, 0.01, 20))).add(
                chance.choice(("victim", "lab", "?")), source, kind, "nonsense", **fields
            )
        read(svg(figure_of(story.case), "x"))


def test_each_event_has_all_its_fields_as_lines_and_a_short_name() -> None:
    story = Story().frame("attacker", to={"victim": 0.02}).traced("ABSENT", "STALE", cause="frame: it")
    first, second = events(read(svg(figure_of(story.case), "x")))

    assert title(first)[:3] == [
        "time: +0.000 ms",
        "where: attacker eth0",
        f"wire frame: ARP who-has {ADDR} tell {ADDR} (gratuitous)",
    ]
    assert second.get("aria-label") == f"+0.000 ms, victim eth0, {ADDR} ABSENT -> STALE, frame: it"
    assert (second.get("role"), second.get("id")) == ("img", "x-e1")


def test_bands_lines_and_silences_can_be_found_by_programs() -> None:
    story = Story().traced("ABSENT", "STALE").after(50).traced("STALE", "FAILED")
    root = read(svg(figure_of(story.case), "x"))

    bands = [(one.get("data-addr"), one.get("data-state"), one.get("data-from")) for one in groups(root, "band")]
    assert bands == [(ADDR, "STALE", "0"), (ADDR, "FAILED", "1")]
    assert [one.get("data-host") for one in groups(root, "lifeline")] == ["victim", "attacker"]
    assert [one.get("data-ms") for one in groups(root, "silence")] == ["50.000"]

"""What the kernel says becomes a lab's timeline and history; announcements only tell what of it was not hidden."""

from __future__ import annotations

import os
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest

from neighlab.kernel.monitor import NeighEvent
from neighlab.kernel.rtneigh import RTM_DELNEIGH, RTM_NEWNEIGH
from neighlab.kernel.tracing.records import DropRecord, Kind, NeighRecord, Origin
from neighlab.kernel.tracing.symbols import Symbols
from neighlab.lab import expect, witness
from neighlab.lab.dropped import Dropped
from neighlab.lab.history import Sighting
from neighlab.model import ndp
from neighlab.model.frame_words import describe
from neighlab.model.neigh import Neigh
from neighlab.model.nud import ABSENT, NTF, NUD
from neighlab.model.timeline import Entry, Timeline

ADDR, NEAR, EVIL, IFINDEX = "192.0.2.2", "00:00:5e:00:53:02", "00:00:5e:00:53:66", 2
KEY = "victim", IFINDEX, ADDR
TEXT = b"""\
ffffffff81000000 T bpf_trace_run2
ffffffff81000100 T __neigh_event_send
ffffffff81000200 T arp_process
ffffffff81000300 T net_rx_action
"""
SENDING = b"".join((0xFFFFFFFF81000000 + at).to_bytes(8, "little") for at in (0x10, 0x110))
HEARING = b"".join((0xFFFFFFFF81000000 + at).to_bytes(8, "little") for at in (0x10, 0x210, 0x310))


class FakeTrace:
    """Says what it is told to say."""

    def __init__(self) -> None:
        self.waiting: list[NeighRecord | DropRecord] = []
        self.losses = 0
        self.misses = 0
        self.watched: list[int] = []

    def watch(self, inum: int) -> None:
        self.watched.append(inum)

    def read(self) -> list[NeighRecord | DropRecord]:
        found, self.waiting = self.waiting, []
        return found

    def lost(self) -> int:
        found, self.losses = self.losses, 0
        return found

    def missed(self) -> int:
        return self.misses


class Stage:
    """A witness of one host, and who speaks before it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.lab: Any = SimpleNamespace(
            timeline=Timeline(lambda: self.now), hosts={"victim": object()}, history=defaultdict(list), resyncs=[]
        )
        self.lab.saw = lambda key, at, neigh: self.lab.history[key].append(neigh)
        self.lab.resynchronise = self.lab.resyncs.append
        self.trace = FakeTrace()
        self.one = witness.Witness(self.lab, self.trace)  # type: ignore[arg-type]
        fds = [os.memfd_create(name) for name in ("victim", "lab")]  # any two files: their inodes are the numbers
        for name, fd in zip(("victim", "lab"), fds, strict=True):
            self.one.watch(name, fd)
        for fd in fds:
            os.close(fd)

    def origin(self, calls: bytes, host: int) -> Origin:
        self.now += 0.001
        return Origin(self.now, self.trace.watched[host], IFINDEX, "eth0", 5, 1, "ping", calls)

    def says(self, kind: Kind, state: NUD, calls: bytes = b"", lladdr: str | None = None, **more: Any) -> None:
        fields: dict[str, Any] = {"wanted": NUD.NONE, "given": None, "update_flags": 0, "error": 0, "host": 0, **more}
        origin = self.origin(calls, fields.pop("host"))
        self.trace.waiting.append(NeighRecord(kind, origin, ADDR, 2, state, lladdr, NTF.NONE, **fields))

    def resolves(self) -> None:
        self.says(Kind.CREATED, NUD.NONE, SENDING)
        self.says(Kind.SENT, NUD.INCOMPLETE, SENDING)
        self.says(Kind.UPDATE, NUD.INCOMPLETE, HEARING, wanted=NUD.REACHABLE, given=NEAR, update_flags=1)
        self.says(Kind.UPDATED, NUD.REACHABLE, lladdr=NEAR)

    def announces(self, state: NUD, lladdr: str | None, kind: int = RTM_NEWNEIGH) -> None:
        self.one.announced(KEY, NeighEvent(1, kind, Neigh(ADDR, state, lladdr, IFINDEX, 2), self.now))

    def told(self) -> list[Entry]:
        return [one for one in self.lab.timeline if one.source == "trace"]


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    monkeypatch.setattr(witness, "drop_reasons", lambda: {0: "NOT_DROPPED_YET", 59: "NEIGH_QUEUEFULL"})
    monkeypatch.setattr(witness, "kernel_symbols", lambda: Symbols(TEXT))
    made = Stage()
    made.one.begin()
    return made


def test_a_transition_is_a_line_with_all_its_fields(stage: Stage) -> None:
    stage.resolves()
    stage.one.take()
    last = stage.told()[-1]
    assert (last.host, last.kind) == ("victim", "transition")
    assert last.text == f"{ADDR} INCOMPLETE -> REACHABLE lladdr {NEAR} (arp_process, softirq)"
    assert last.fields == {
        "addr": ADDR, "ifname": "eth0", "old": "INCOMPLETE", "new": "REACHABLE", "lladdr": NEAR, "flags": ["OVERRIDE"],
        "ntf": [], "function": "arp_process", "stack": ["arp_process", "net_rx_action"], "by": "softirq",
        "hidden": True,
    }  # fmt: skip
    assert [one and one.state for one in stage.lab.history[KEY]] == [NUD.NONE, NUD.INCOMPLETE, NUD.REACHABLE]


def test_what_was_announced_is_not_hidden_whoever_comes_first(stage: Stage) -> None:
    stage.announces(NUD.REACHABLE, NEAR)  # it overtook its record
    stage.resolves()
    stage.one.take()
    assert stage.one.hidden(KEY) == ["NONE", "INCOMPLETE"]
    stage.says(Kind.TIMER, NUD.DELAY, HEARING, NEAR)
    stage.says(Kind.TIMER, NUD.PROBE, HEARING, NEAR)
    stage.one.take()
    assert stage.one.hidden(KEY) == ["NONE", "INCOMPLETE", "DELAY", "PROBE"]
    stage.announces(NUD.PROBE, EVIL)  # another address: not this one
    stage.announces(NUD.PROBE, NEAR)
    assert stage.one.hidden(KEY) == ["NONE", "INCOMPLETE", "DELAY"]


def test_an_end_is_announced_by_its_kind(stage: Stage) -> None:
    stage.resolves()
    stage.says(Kind.CLEANED, NUD.REACHABLE, HEARING, NEAR)
    stage.one.take()
    assert stage.told()[-1].fields["new"] == "ABSENT"
    stage.announces(NUD.REACHABLE, NEAR, RTM_DELNEIGH)
    assert "ABSENT" not in stage.one.hidden(KEY)
    assert stage.lab.history[KEY][-1] is None


def test_an_update_without_effect_is_no_part_of_the_history(stage: Stage) -> None:
    stage.resolves()
    stage.says(Kind.UPDATE, NUD.REACHABLE, HEARING, NEAR, wanted=NUD.STALE, given=EVIL)
    stage.says(Kind.UPDATED, NUD.REACHABLE, lladdr=NEAR)
    stage.one.take()
    last = stage.told()[-1]
    assert last.kind == "no-op"
    refused = f"an update to STALE lladdr {EVIL} is without effect (arp_process, softirq)"
    assert last.text == f"{ADDR} stays REACHABLE lladdr {NEAR}: {refused}"
    assert len(stage.lab.history[KEY]) == 3
    assert [change.effect for change in stage.one.updates[KEY]] == [True, False]


def test_a_full_table_is_said(stage: Stage) -> None:
    stage.says(Kind.CREATED, NUD.NONE, SENDING, error=-105)
    stage.one.take()
    (line,) = stage.told()
    assert line.text == f"{ADDR} is not created: the table is full (__neigh_event_send, task ping/1)"
    assert KEY not in stage.lab.history


def test_drops_are_told_and_counted_by_reason_and_destination(stage: Stage) -> None:
    packet = bytes.fromhex("4500001d000040004011b6cec0000201c0000202a0001e6100090000") + b"x"
    for reason, ethertype, data in ((59, 0x0800, packet), (59, 0x88B5, b"marker"), (7 << 16, 0x0800, packet)):
        stage.trace.waiting.append(
            DropRecord(stage.origin(SENDING, 0), reason, 0xFFFFFFFF81000110, ethertype, 29, b"", data)
        )
    stage.one.take()
    first, second, third = stage.told()
    assert first.text == "UDP 192.0.2.1:40960 > 192.0.2.2:7777 1 bytes dropped: NEIGH_QUEUEFULL (__neigh_event_send)"
    assert first.fields["packet"] == packet.hex()
    assert first.fields["location"] == "__neigh_event_send"
    assert second.text.startswith("ethertype 0x88b5, 20 bytes dropped: NEIGH_QUEUEFULL")
    assert third.fields["reason"] == "reason 0x70000"
    everything = Dropped("victim", "NEIGH_QUEUEFULL")
    assert stage.one.uncounted(everything) == 2
    assert stage.one.uncounted(everything._replace(to=ADDR)) == 1
    stage.one.counted[everything] += 2
    assert stage.one.uncounted(everything) == 0


def test_the_labs_own_side_is_told_but_has_no_history(stage: Stage) -> None:
    stage.says(Kind.CREATED, NUD.NONE, SENDING, host=1)
    stage.one.take()
    assert [one.host for one in stage.told()] == ["lab"]
    assert not stage.lab.history


def test_what_happens_before_the_story_is_known_but_not_told(stage: Stage) -> None:
    early = Stage()
    early.resolves()
    early.one.begin()
    early.says(Kind.TIMER, NUD.STALE, HEARING, NEAR)
    early.one.take()
    (line,) = early.told()
    assert (line.fields["old"], line.fields["new"]) == ("REACHABLE", "STALE")
    assert len(early.lab.history[KEY]) == 4


def test_a_loss_is_said_and_forgets_what_was_known(stage: Stage) -> None:
    stage.resolves()
    stage.trace.losses = 3
    stage.one.take()
    assert stage.lab.resyncs == ["3 of the kernel's records were lost: no room; tables are read again"]
    stage.says(Kind.TIMER, NUD.PROBE, HEARING, NEAR)
    stage.one.take()
    assert stage.told()[-1].fields["new"] == "REACHABLE"  # nobody knows whether PROBE is news


def test_what_may_be_missing_is_said_at_the_end(stage: Stage) -> None:
    stage.one.conclude()
    assert stage.told() == []
    stage.trace.misses = 2
    stage.one.conclude()
    (line,) = stage.told()
    assert (line.kind, line.text.split(" of ")[0]) == ("lost", "up to 2")


def test_what_was_missed_before_the_story_is_not_its_own(stage: Stage) -> None:
    early = Stage()
    early.trace.misses = 2
    early.one.begin()
    early.one.conclude()
    assert early.told() == []
    assert early.one.certain()


def test_who_lost_or_missed_something_is_not_certain(stage: Stage) -> None:
    assert stage.one.certain()
    stage.trace.misses = 1
    assert not stage.one.certain()
    stage.trace.misses, stage.trace.losses = 0, 1
    stage.one.take()
    assert not stage.one.certain()


def test_where_records_are_missing_announcements_stand_in_for_them(stage: Stage) -> None:
    stage.resolves()
    stage.one.take()
    stage.trace.misses = 1
    stage.announces(NUD.STALE, NEAR)
    stage.one.take()
    assert len(stage.lab.history[KEY]) == 3  # its record may still come
    stage.one.take()
    assert [one and one.state for one in stage.lab.history[KEY][3:]] == [NUD.STALE]
    stage.announces(NUD.STALE, NEAR, RTM_DELNEIGH)
    stage.one.take()
    stage.one.take()
    assert stage.lab.history[KEY][4:] == [None]
    stage.says(Kind.CREATED, NUD.NONE, SENDING)
    stage.one.take()
    assert (stage.told()[-1].fields["old"], len(stage.lab.history[KEY])) == ("ABSENT", 6)


def test_a_transition_after_a_missing_one_is_told_from_what_was_announced(stage: Stage) -> None:
    stage.resolves()
    stage.one.take()
    stage.trace.misses = 1
    stage.announces(NUD.STALE, NEAR)
    stage.one.take()
    stage.one.take()
    stage.says(Kind.SENT, NUD.DELAY, SENDING, NEAR)
    stage.one.take()
    assert (stage.told()[-1].fields["old"], stage.told()[-1].fields["new"]) == ("STALE", "DELAY")


def test_an_announcement_is_nobodys_place_while_nothing_is_missing(stage: Stage) -> None:
    stage.resolves()
    stage.announces(NUD.STALE, NEAR)
    for _ in range(3):
        stage.one.take()
    assert len(stage.lab.history[KEY]) == 3
    stage.trace.misses = 1
    stage.says(Kind.TIMER, NUD.DELAY, HEARING, NEAR)  # what is older than this need not be known any more
    stage.one.take()
    stage.one.take()
    assert [one and one.state for one in stage.lab.history[KEY][3:]] == [NUD.DELAY]


def test_an_answer_that_is_older_than_the_kernels_own_word_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([1.0, 3.0])
    past = [Sighting(0.5, ABSENT, None, True)]
    key = "victim", IFINDEX, ADDR

    def ask(_addr: str, dev: str) -> None:
        past.append(Sighting(2.0, NUD.INCOMPLETE, Neigh(ADDR, NUD.INCOMPLETE, None, IFINDEX, 2), True))

    lab: Any = SimpleNamespace(pump=lambda: None, history={key: past}, witness=object(), timeline=Timeline(lambda: 0.0))
    host: Any = SimpleNamespace(name="victim", neigh_get=ask, ifname_of=lambda _: "eth0")
    monkeypatch.setattr(expect, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    expect.Watcher(lab, host)._look(key)
    assert [one.state for one in past] == [ABSENT, NUD.INCOMPLETE]


def test_a_redirect_is_told_without_the_packet_that_it_quotes() -> None:
    whole = ndp.redirect(
        "2001:db8::3", sender="fe80::2", lladdr=EVIL, dst="2001:db8::1", to=NEAR, packet=bytes(80)
    )  # fmt: skip
    beginning = whole[14:110]  # as much as a record holds

    told = witness._unquoted(beginning)

    assert describe(whole[:14] + beginning).startswith("IPv6 malformed")
    assert describe(whole[:14] + told) == f"ND redirect 2001:db8::3 is on the link at {EVIL}"
    assert witness._unquoted(whole[14:60]) == whole[14:60]

"""A program that the kernel does not run is noticed, told, and made up for by what else is known."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import pytest
from neighlab.topologies import TwoHosts
from sandboxed import inside, sandboxed

from neighlab.kernel import nlattr, rtneigh
from neighlab.kernel.netlink import NETLINK_ROUTE, Route
from neighlab.kernel.tracing import programs, syscall
from neighlab.kernel.tracing.passages import Passages, passages
from neighlab.kernel.tracing.trace import Trace, unavailable
from neighlab.lab.lab import Lab
from neighlab.model.addresses import EVIL, ON_LINK
from neighlab.model.nud import NUD

NAMES = list(programs.PROGRAMS)
PAIRS = 500
SCALE = 3.0
"""What must come may be late on a machine that stands still now and then."""

pytestmark = [
    pytest.mark.usefixtures("nothing_left"),
    pytest.mark.skipif(unavailable() is not None, reason=str(unavailable())),
]


@pytest.fixture
def counters(nothing_left: None) -> Iterator[Passages]:
    made = passages(NAMES)
    if made is None:
        pytest.skip("this machine counts no passages: it lacks tracefs, perf or descriptors")
    yield made
    made.close()


@pytest.fixture
def trace(counters: Passages) -> Iterator[Trace]:
    made = Trace(passages=counters)
    yield made
    made.close()


@pytest.fixture
def deaf(counters: Passages, monkeypatch: pytest.MonkeyPatch) -> Iterator[Trace]:
    """A trace whose programs for timers and for packets are never run."""

    def attach(program: int, tracepoint: str) -> int:
        return os.dup(program) if tracepoint in ("neigh_timer_handler", "kfree_skb") else real(program, tracepoint)

    real = syscall.attach
    monkeypatch.setattr(syscall, "attach", attach)
    made = Trace(passages=counters)
    yield made
    made.close()


def updates() -> None:
    """Pass neigh_update and neigh_update_done, many times, in this process' own time."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_ROUTE) as sock:
        body = rtneigh.encode_neigh(family=2, ifindex=1, addr="192.0.2.9", state=NUD.PERMANENT, lladdr=EVIL)
        one = nlattr.RTM_NEWNEIGH, nlattr.NLM_F_CREATE | nlattr.NLM_F_REPLACE, body
        Route(sock, "here").ask_all([one] * PAIRS, "change it")


def test_every_passage_is_counted_by_its_tracepoint(counters: Passages) -> None:
    before = counters.totals()
    inside(updates)
    passed = dict(zip(NAMES, (now - then for now, then in zip(counters.totals(), before, strict=True)), strict=True))
    assert passed["neigh_update"] >= PAIRS
    assert passed["neigh_update_done"] >= PAIRS
    counters.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        counters.totals()


def test_counters_are_read_where_they_are_inherited(trace: Trace) -> None:
    @sandboxed
    def story() -> None:
        before = trace.missed()
        updates()
        assert trace.missed() - before < PAIRS  # these programs were run

    story()


def test_a_program_that_is_not_run_is_missed_until_the_trace_is_renewed(deaf: Trace, counters: Passages) -> None:
    @sandboxed
    def story() -> None:
        lab = Lab(TwoHosts, families="ipv4", trace=deaf, time_scale=SCALE)
        lab["victim"].conf(mcast_solicit=1, retrans_time_ms=20)
        lab["victim"].udp(ON_LINK).send(count=3)
        lab["victim"].expect(ON_LINK, NUD.FAILED)
        assert deaf.missed() >= 4  # one timer, three packets

    story()
    assert deaf.missed() >= 4
    before = sum(counters.totals())
    deaf.renew()
    missed = deaf.missed()
    assert missed <= sum(counters.totals()) - before, "others may pass the tracepoints at any time"


def test_a_story_goes_on_without_the_records_that_are_missing_and_says_so(deaf: Trace) -> None:
    @sandboxed
    def story() -> None:
        lab = Lab(TwoHosts, families="ipv4", trace=deaf, time_scale=SCALE)
        victim = lab["victim"]
        victim.conf(mcast_solicit=1, retrans_time_ms=20)
        wire = victim.capture(everything=True)
        victim.udp(ON_LINK).send(count=3)
        victim.expect(ON_LINK, NUD.INCOMPLETE, NUD.FAILED)
        victim.expect_drop("NEIGH_FAILED", 3, within_ms=0, inferred=3 - len(wire.frames("sent", dport=7777)))
        victim.udp(ON_LINK).send()
        victim.expect(ON_LINK, NUD.INCOMPLETE)  # from FAILED, of which there is no record
        assert lab.witness is not None
        lab.witness.conclude()
        assert [one.inferred for one in lab.expectations] == [False, True, False]
        (lost,) = [one for one in lab.timeline if one.kind == "lost"]
        assert "of the kernel's records are missing" in lost.text
        steps = [one.fields for one in lab.timeline.sorted() if (one.source, one.kind) == ("trace", "transition")]
        last = [one for one in steps if one["addr"] == ON_LINK][-1]
        assert (last["old"], last["new"]) == ("FAILED", "INCOMPLETE")

    story()


def test_counters_that_cannot_be_had_are_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    assert passages([*NAMES, "neigh_no_such_thing"]) is None
    monkeypatch.setattr("neighlab.kernel.tracing.passages._MOST_OF_DESCRIPTORS", 1 << 40)
    assert passages(NAMES) is None
    alone = Trace()
    try:
        assert alone.missed() == 0
    finally:
        alone.close()

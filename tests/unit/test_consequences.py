"""A transition is told at the frame that led to it, and at no other: not where a timer or a command made it."""

from __future__ import annotations

import struct
from socket import inet_aton
from typing import Any

import pytest

from neighlab.model import arp
from neighlab.model.evidence import CapturedFrame, Evidence
from neighlab.model.result import CaseResult
from neighlab.model.timeline import Entry
from neighlab.report.consequences import Consequences

VICTIM, PEER, EVIL = "00:00:5e:00:53:01", "00:00:5e:00:53:02", "00:00:5e:00:53:66"
US, IT = "192.0.2.1", "192.0.2.2"


def ask(sender: str = US, target: str = IT, lladdr: str = VICTIM) -> bytes:
    return arp.request(target, sender=sender, lladdr=lladdr)


def answer(lladdr: str = PEER) -> bytes:
    return arp.reply(IT, lladdr=lladdr, receiver=US, receiver_lladdr=VICTIM)


def asked(lladdr: str = PEER, dst: str = "ff:ff:ff:ff:ff:ff") -> bytes:
    """A question of theirs, in which they tell their address."""
    return arp.request(US, sender=IT, lladdr=lladdr, to=dst)


def packet(sender: str = US, target: str = IT, dst: str = PEER) -> bytes:
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20, 0, 0, 64, 253, 0, inet_aton(sender), inet_aton(target))
    return bytes.fromhex(dst.replace(":", "")) + b"\0\0\x5e\0\x53\1\x08\0" + header


def sent(t_ms: float, data: bytes, host: str = "victim") -> CapturedFrame:
    return CapturedFrame(t_ms, host, "eth0", "sent", data)


def received(t_ms: float, data: bytes, host: str = "victim") -> CapturedFrame:
    return CapturedFrame(t_ms, host, "eth0", "received", data)


def event(t_ms: float, state: str, lladdr: str | None = PEER, addr: str = IT, **more: Any) -> Entry:
    fields = {"addr": addr, "ifname": "eth0", "state": state, "lladdr": lladdr, "event": "NEWNEIGH"}
    return Entry(t_ms, "victim", "netlink", "event", f"NEWNEIGH {addr} {state}", fields | more)


def traced(t_ms: float, old: str, new: str, *stack: str, by: str = "softirq", **more: Any) -> Entry:
    fields = {"addr": IT, "ifname": "eth0", "old": old, "new": new, "lladdr": PEER, "stack": list(stack), "by": by}
    return Entry(t_ms, "victim", "trace", "transition", f"{IT} {old} -> {new}", fields | more)


def lines(frames: list[CapturedFrame], *timeline: Entry) -> dict[int, list[str]]:
    evidence = Evidence(frames=frames)
    return dict(Consequences(CaseResult("a/b", "c", "", "passed", timeline=list(timeline), evidence=evidence)).lines)


def test_a_resolution_is_told_at_the_answer_as_the_asker_received_it() -> None:
    frames = [sent(1, ask()), sent(2, answer(), "peer"), received(2, answer()), sent(3, packet())]
    frames += [received(4, packet(IT, US, VICTIM))]

    assert lines(frames, event(5, "REACHABLE")) == {2: [f"victim: {IT} REACHABLE lladdr {PEER}"]}


def test_of_two_answers_it_is_the_one_that_was_believed() -> None:
    frames = [received(1, answer(EVIL)), received(2, answer(PEER))]

    assert lines(frames, event(3, "REACHABLE", EVIL)) == {0: [f"victim: {IT} REACHABLE lladdr {EVIL}"]}


def test_it_is_the_frame_that_can_have_done_it_and_not_the_last() -> None:
    frames = [received(1, asked()), received(2, answer())]

    found = lines(frames, event(3, "STALE"), event(4, "REACHABLE"))

    assert found == {0: [f"victim: {IT} STALE lladdr {PEER}"], 1: [f"victim: {IT} STALE -> REACHABLE lladdr {PEER}"]}


def test_one_frame_of_a_flood_is_not_picked_out() -> None:
    flood = Entry(1, "attacker", "story", "flood", "2 ARP replies")

    assert lines([received(2, packet(IT, US, VICTIM))], flood, event(3, "STALE")) == {}


def test_an_entry_that_grows_old_was_changed_by_no_frame() -> None:
    frames = [received(1, answer()), sent(2, packet())]

    assert 1 not in lines(frames, event(1.5, "REACHABLE"), event(90, "STALE"), event(91, "PROBE"), event(92, "FAILED"))


def test_a_change_of_the_address_has_a_frame_also_when_the_entry_becomes_stale() -> None:
    frames = [received(1, answer()), received(5, asked(EVIL))]

    found = lines(frames, event(2, "REACHABLE"), event(6, "STALE", EVIL))

    assert found[1] == [f"victim: {IT} REACHABLE -> STALE lladdr {EVIL}"]


def test_what_a_dump_shows_again_is_not_told_again() -> None:
    poll = Entry(3, "victim", "netlink", "poll", "", {"addr": IT, "ifname": "eth0", "state": "STALE", "lladdr": PEER})

    assert lines([received(1, asked())], event(2, "STALE"), poll)[0] == [f"victim: {IT} STALE lladdr {PEER}"]


@pytest.mark.parametrize("target", [IT, "198.51.100.9"])
def test_delay_is_told_at_the_packet_that_left_for_the_neighbour_or_through_it(target: str) -> None:
    frames = [received(1, answer()), sent(5, packet(target=target))]

    found = lines(frames, event(2, "STALE"), event(6, "DELAY"))

    assert found[1] == [f"victim: {IT} STALE -> DELAY lladdr {PEER}"]


def test_what_an_upper_layer_confirmed_a_timer_believed() -> None:
    frames = [received(1, asked()), sent(2, packet()), received(3, packet(IT, US, VICTIM))]

    found = lines(frames, event(1.5, "STALE"), event(2.5, "DELAY"), event(4, "REACHABLE"))

    assert found == {
        0: [f"victim: {IT} STALE lladdr {PEER}"],
        1: [f"victim: {IT} STALE -> DELAY lladdr {PEER}"],
    }


@pytest.mark.parametrize(("source", "kind"), [("story", "command"), ("knob", "set")])
def test_what_a_command_did_after_the_frame_is_not_put_down_to_the_frame(source: str, kind: str) -> None:
    act = Entry(2, "victim", source, kind, "ip neigh replace")

    assert lines([received(1, answer())], act, event(3, "STALE")) == {}


def test_a_frame_that_reached_somebody_else_changed_nothing_here() -> None:
    assert lines([received(1, answer(), "owner")], event(2, "STALE")) == {}


def test_a_question_to_user_space_is_no_transition() -> None:
    assert lines([sent(1, ask())], event(2, "INCOMPLETE", None, event="GETNEIGH")) == {}


def test_what_the_kernel_itself_tells_is_not_told_a_second_time() -> None:
    frames = [received(1, answer())]

    found = lines(frames, traced(2, "INCOMPLETE", "REACHABLE", "neigh_update", "arp_process"), event(3, "REACHABLE"))

    assert found == {0: [f"victim: {IT} INCOMPLETE -> REACHABLE"]}


@pytest.mark.parametrize(
    ("stack", "by"),
    [
        (["neigh_timer_handler"], "timer"),
        (["__neigh_event_send", "neigh_managed_work"], "work"),
        (["neigh_update", "neigh_add"], "task ip/7"),
    ],
)
def test_a_stack_without_a_frame_in_it_is_told_at_none(stack: list[str], by: str) -> None:
    assert lines([received(1, answer()), sent(1, packet())], traced(2, "STALE", "REACHABLE", *stack, by=by)) == {}


def test_an_entry_changes_before_the_packet_leaves_that_changes_it() -> None:
    frames = [sent(1, packet()), sent(3, packet())]

    found = lines(frames, traced(2, "STALE", "DELAY", "__neigh_event_send", "ip_finish_output2", by="task ping/7"))

    assert found == {1: [f"victim: {IT} STALE -> DELAY"]}


def test_a_packet_that_never_leaves_is_told_nowhere_once_the_entry_went_on() -> None:
    went_on = traced(3, "INCOMPLETE", "FAILED", "neigh_timer_handler", by="timer")

    found = lines([sent(4, ask())], traced(2, "NONE", "INCOMPLETE", "__neigh_event_send", by="task a/7"), went_on)

    assert found == {}


def test_the_cause_is_told_with_it() -> None:
    found = lines([received(1, answer())], event(3, "REACHABLE", cause="frame: ARP reply", cause_inferred=True))

    assert found == {0: [f"victim: {IT} REACHABLE lladdr {PEER} (frame: ARP reply, inferred)"]}


@pytest.mark.parametrize("start", [0, 14])
def test_a_drop_is_told_at_the_frame_that_was_dropped(start: int) -> None:
    frames = [received(1, packet(IT)), received(2, answer())]
    fields = {"ifname": "eth0", "packet": packet(IT)[start:30].hex(), "reason": "IP_RPFILTER"}

    found = lines(frames, Entry(3, "victim", "trace", "drop", "dropped: IP_RPFILTER", fields))

    assert found == {0: ["victim: dropped: IP_RPFILTER"]}


def test_what_the_story_meant_by_a_frame_is_told_at_the_frame() -> None:
    entries = [
        Entry(1, "victim", "story", "sent", "ARP", {"frame": 0}),
        Entry(2, "victim", "story", "fence", "answered by peer", {"frame": 1}),
        Entry(3, "peer", "wire", "frame", "ARP", {"frame": 2}),
    ]

    found = lines([sent(1, ask()), sent(2, ask()), sent(3, answer(), "peer")], *entries)

    assert found == {0: ["victim: sent by the story"], 1: ["victim: fence: answered by peer"]}


def test_without_frames_there_is_nothing_to_tell_at() -> None:
    assert lines([], event(1, "REACHABLE")) == {}
    assert Consequences(CaseResult("a/b", "c", "", "skipped")).lines == {}

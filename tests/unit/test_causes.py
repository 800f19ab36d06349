"""A cause is the one thing that could have made a transition; where nothing could, it is unknown and that is said."""

from __future__ import annotations

import struct
from socket import inet_aton
from typing import Any

import pytest

from neighlab.model import arp, ndp
from neighlab.model.evidence import CapturedFrame, Interface
from neighlab.model.timeline import Entry
from neighlab.model.why.causes import causes, tell_causes

VICTIM, PEER, EVIL = "00:00:5e:00:53:01", "00:00:5e:00:53:02", "00:00:5e:00:53:66"
US, IT, US6, IT6 = "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"
INTERFACES = [Interface("victim", "eth0", VICTIM, (US, US6)), Interface("peer", "eth0", PEER, (IT, IT6))]


def received(t_ms: float, data: bytes) -> list[CapturedFrame]:
    sent = CapturedFrame(t_ms - 0.01, "peer", "eth0", "sent", data)
    return [sent, CapturedFrame(t_ms, "victim", "eth0", "received", data)]


def asked(t_ms: float) -> CapturedFrame:
    return CapturedFrame(t_ms, "victim", "eth0", "sent", arp.request(IT, sender=US, lladdr=VICTIM))


def answer(lladdr: str = PEER, to: str = VICTIM) -> bytes:
    return arp.reply(IT, lladdr=lladdr, receiver=US, receiver_lladdr=VICTIM, to=to)


def event(t_ms: float, state: str, lladdr: str | None = PEER, addr: str = IT, **more: Any) -> Entry:
    fields = {"addr": addr, "ifname": "eth0", "state": state, "lladdr": lladdr, "event": "NEWNEIGH"}
    return Entry(t_ms, "victim", "netlink", "event", f"NEWNEIGH {addr} {state}", fields | more)


def poll(t_ms: float, state: str, lladdr: str | None = PEER) -> Entry:
    fields = {"addr": IT, "ifname": "eth0", "state": state, "lladdr": lladdr}
    return Entry(t_ms, "victim", "netlink", "poll", f"{IT} {state}", fields)


def gone(t_ms: float, addr: str = IT) -> Entry:
    return event(t_ms, "STALE", addr=addr, event="DELNEIGH")


def act(t_ms: float, kind: str, text: str, host: str = "victim") -> Entry:
    return Entry(t_ms, host, "knob" if kind == "set" else "story", kind, text)


def traced(t_ms: float, old: str, new: str, *stack: str, by: str = "softirq", **more: Any) -> Entry:
    fields = {"addr": IT, "ifname": "eth0", "old": old, "new": new, "lladdr": PEER, "stack": list(stack), "by": by}
    return Entry(t_ms, "victim", "trace", "transition", f"{IT} {old} -> {new}", fields | more)


def told(*timeline: Entry, frames: list[CapturedFrame] | None = None, **more: Any) -> list[str]:
    """The causes of the transitions in the order of their time."""
    entries = sorted(timeline, key=lambda one: one.t_ms)
    found = causes(entries, frames or [], INTERFACES, **more)
    return [str(found[place]) for place in sorted(found)]


def test_an_answer_is_the_cause_of_a_resolution() -> None:
    frames = [asked(1), *received(2, answer())]
    timeline = act(0, "sent", f"UDP to {IT}, 1 bytes"), poll(1.5, "INCOMPLETE", None), event(3, "REACHABLE")
    assert told(*timeline, frames=frames) == [
        f"packet: UDP to {IT}, 1 bytes (ip_finish_output2 -> __neigh_event_send)",
        f"frame: ARP {IT} is-at {PEER}, from peer (arp_process -> neigh_update)",
    ]


def test_each_answer_is_the_cause_of_one_transition() -> None:
    frames = [*received(2, answer()), *received(50, answer())]
    timeline = event(3, "REACHABLE"), event(20, "STALE"), event(40, "PROBE"), event(60, "REACHABLE")
    found = causes(timeline, frames, INTERFACES)
    assert [(one.kind, one.place) for one in found.values()] == [
        ("frame", 1), ("timer", None), ("timer", None), ("frame", 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("REACHABLE", "STALE", "timer: reachable time is over, unused (neigh_timer_handler)"),
        ("REACHABLE", "DELAY", "timer: reachable time is over, in use (neigh_timer_handler)"),
        ("STALE", "PROBE", "timer: not confirmed within delay_first_probe_time (neigh_timer_handler)"),
        ("STALE", "REACHABLE", "timer: confirmed by an upper layer in time (neigh_timer_handler)"),
        ("PROBE", "STALE", "timer: no answer, but externally validated (neigh_timer_handler)"),
        ("PROBE", "FAILED", "timer: no answer (neigh_timer_handler -> neigh_invalidate)"),
    ],
)
def test_what_no_frame_and_no_command_did_a_timer_did(before: str, after: str, said: str) -> None:
    timeline = act(1, "command", f"ip neigh replace {IT} lladdr {PEER} nud {before.lower()}"), event(2, before)
    assert told(*timeline, event(500, after))[-1] == said


def test_a_timer_that_gives_up_says_how_often_it_asked() -> None:
    frames = [asked(1), asked(40), asked(80)]
    said = "timer: no answer to 3 questions (neigh_timer_handler -> neigh_invalidate)"
    assert told(event(120, "FAILED", None), frames=frames) == [said]


def test_a_failure_that_was_not_announced_is_no_timers() -> None:
    said = "packet: UDP to 192.0.2.2, for which no question is allowed (mcast_solicit=0)"
    assert told(act(1, "sent", f"UDP to {IT}"), poll(2, "FAILED", None))[0].startswith(said)


def test_a_frame_from_before_the_last_act_is_not_the_cause() -> None:
    frames = received(1, answer())
    command = f"ip neigh replace {IT} lladdr {PEER} nud reachable"
    assert told(act(2, "command", command), event(3, "REACHABLE"), frames=frames) == [f"command: {command} (neigh_add)"]
    assert told(act(2, "sent", "UDP to 192.0.2.9"), event(3, "STALE"), event(900, "REACHABLE"), frames=frames)[1] == (
        "timer: confirmed by an upper layer in time (neigh_timer_handler)"
    )


def test_a_frame_that_says_something_else_is_not_the_cause() -> None:
    frames = [*received(1, answer(EVIL)), *received(2, answer())]
    assert told(event(3, "REACHABLE"), frames=frames)[0].startswith(f"frame: ARP {IT} is-at {PEER}, from peer")
    assert told(event(3, "REACHABLE"), frames=received(1, answer(EVIL))) == ["unknown"]


def test_a_frame_for_another_station_is_not_heard() -> None:
    assert told(event(3, "REACHABLE"), frames=received(1, answer(to=EVIL))) == ["unknown"]


def test_a_question_for_us_comes_before_one_for_somebody_else() -> None:
    frames = received(1, arp.request("192.0.2.9", sender=IT, lladdr=PEER))
    frames += received(2, arp.request(US, sender=IT, lladdr=PEER))
    assert told(event(3, "STALE"), frames=frames) == [
        f"frame: ARP who-has {US} tell {IT}, from peer (arp_process -> neigh_update)"
    ]


def test_an_advertisement_that_may_not_override_makes_reachable_doubtful() -> None:
    frames = received(5, ndp.na(IT6, lladdr=EVIL, override=False))
    timeline = event(1, "REACHABLE", addr=IT6), event(6, "STALE", addr=IT6)
    assert told(*timeline, frames=frames)[1].startswith(f"frame: ND {IT6} is-at {EVIL}")


def test_an_advertisement_without_lladdr_resolves_nothing() -> None:
    frames = received(5, ndp.na(IT6, lladdr=PEER, tlla=False, solicited=True, dst=US6, to=VICTIM))
    assert told(event(6, "REACHABLE", addr=IT6), frames=frames) == ["unknown"]


def test_what_user_space_was_asked_it_may_have_answered() -> None:
    asks = Entry(1, "victim", "netlink", "event", "GETNEIGH", {"addr": IT, "ifname": "eth0", "event": "GETNEIGH"})
    assert told(asks, event(3, "REACHABLE")) == ["command: user space answers what it was asked (neigh_add)"]


def test_a_deletion_is_a_commands_and_so_is_the_failure_that_it_begins_with() -> None:
    timeline = event(1, "STALE"), act(2, "command", f"ip neigh del {IT}"), event(3, "FAILED", None), gone(3.1)
    assert told(*timeline)[1:] == [f"command: ip neigh del {IT} (neigh_delete)"] * 2


def test_a_command_about_another_entry_is_not_the_cause() -> None:
    timeline = event(1, "REACHABLE"), act(2, "command", "ip neigh del 192.0.2.77"), event(900, "STALE"), gone(950)
    assert told(*timeline)[1:] == [
        "timer: reachable time is over, unused (neigh_timer_handler)",
        "work: collected (neigh_periodic_work or neigh_forced_gc)",
    ]


def test_a_request_to_use_an_entry_does_not_make_what_it_says() -> None:
    timeline = act(1, "command", f"ip neigh replace {IT} lladdr {PEER} use nud reachable"), event(3, "REACHABLE")
    assert told(*timeline, frames=received(2, answer()))[0].startswith("frame: ")


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("unplug eth0", "neigh_carrier_down"),
        ("link eth0 up=False", "neigh_ifdown"),
        ("link eth0 lladdr=00:00:5e:00:53:77", "neigh_changeaddr"),
        ("link eth0 arp=False", "neigh_changeaddr"),
        ("remove address 192.0.2.1/24 on eth0", "neigh_ifdown"),
    ],
)
def test_settings_take_entries_away(text: str, function: str) -> None:
    assert told(event(1, "STALE"), act(2, "set", text), gone(3))[1] == f"setting: {text} ({function})"


def test_a_duplicate_address_takes_ipv6_away() -> None:
    failed = Entry(2, "victim", "netlink", "event", "NEWADDR", {"addr": US6, "state": "dadfailed"})
    assert told(act(1, "set", f"add address {US6}/64 on eth0"), failed, gone(3, "ff02::16"))[0].startswith("work: ")


def test_a_flood_is_not_captured_but_known() -> None:
    flooded = "3 frames like ARP who-has 192.0.2.1 tell 192.0.2.2"
    assert told(act(1, "flood", flooded), event(3, "STALE"))[0].startswith(f"frame: one of {flooded} (")


def test_the_kernels_stack_decides() -> None:
    frames = [*received(1, arp.request(US, sender=IT, lladdr=PEER))]
    stack = "__neigh_update", "neigh_event_ns", "arp_process", "__netif_receive_skb_one_core"
    entry = traced(1.5, "NONE", "STALE", *stack)
    (cause,) = causes([entry], frames, INTERFACES).values()
    assert str(cause) == (
        f"frame: ARP who-has {US} tell {IT}, from peer (arp_process -> neigh_event_ns -> __neigh_update)"
    )
    assert not cause.inferred


@pytest.mark.parametrize(
    ("old", "new", "stack", "by", "said"),
    [
        ("NONE", "STALE", ("__neigh_update", "neigh_add", "rtnetlink_rcv_msg"), "task ip/9", "command: ip neigh add"),
        ("STALE", "DELAY", ("__neigh_event_send", "neigh_resolve_output", "ip_finish_output2"), "task x/1",
         "packet: UDP (ip_finish_output2 -> __neigh_event_send)"),
        ("STALE", "DELAY", ("__neigh_event_send", "neigh_resolve_output", "ip6_finish_output", "ndisc_send_na",
                            "ndisc_recv_ns"), "softirq", f"packet: the answer to ARP {IT} is-at {PEER}, from peer"),
        ("INCOMPLETE", "DELAY", ("__neigh_event_send", "neigh_resolve_output", "__neigh_update", "arp_process"),
         "softirq", "packet: UDP (__neigh_update -> __neigh_event_send)"),
        ("STALE", "DELAY", ("__neigh_event_send", "neigh_managed_work"), "work", "work: a managed entry"),
        ("PROBE", "FAILED", ("neigh_timer_handler", "call_timer_fn"), "timer", "timer: no answer ("),
        ("STALE", "ABSENT", ("neigh_cleanup_and_release", "neigh_flush_dev", "__neigh_ifdown", "neigh_carrier_down"),
         "work", "setting: unplug eth0 (neigh_carrier_down)"),
        ("STALE", "ABSENT", ("neigh_cleanup_and_release", "neigh_forced_gc"), "softirq", "work: collected, no room"),
        ("NONE", "NOARP", ("something_new",), "softirq", "unknown (something_new)"),
    ],
)  # fmt: skip
def test_every_kind_of_stack_is_read(old: str, new: str, stack: tuple[str, ...], by: str, said: str) -> None:
    acts = act(1, "sent", "UDP"), act(1.1, "set", "unplug eth0"), act(1.2, "command", "ip neigh add")
    chosen = [one for one in acts if one.text in said] or [acts[0]]
    entry = traced(3, old, new, *stack, by=by)
    assert told(*chosen, entry, frames=received(2, answer()))[0].startswith(said)


def test_an_announcement_has_the_cause_of_the_transition_that_it_tells() -> None:
    stack = "__neigh_update", "neigh_add", "rtnetlink_rcv_msg"
    command = act(1, "command", "python")
    entries = [command, traced(1.1, "NONE", "STALE", *stack, by="task python/3"), event(1.2, "STALE")]
    assert told(*entries) == ["command: python (neigh_add -> __neigh_update)"] * 2
    assert told(*entries, untraced=True) == ["unknown"]


def test_announcements_of_the_same_state_have_each_the_cause_of_its_own_transition() -> None:
    heard = "__neigh_update", "arp_process"
    expired = "neigh_timer_handler", "call_timer_fn"
    first = [traced(1.1, "INCOMPLETE", "REACHABLE", *heard), event(1.2, "REACHABLE"), event(1.3, "REACHABLE")]
    silent = traced(2, "REACHABLE", "DELAY", *expired, by="timer")
    again = [traced(3, "DELAY", "REACHABLE", *expired, by="timer"), event(3.1, "REACHABLE")]
    found = causes([*first, silent, *again], received(1, answer()), INTERFACES)
    assert {place: found[place].kind for place in (1, 2, 5)} == {1: "frame", 2: "frame", 5: "timer"}
    found = causes([*first, silent, event(2.9, "REACHABLE"), again[0]], received(1, answer()), INTERFACES)
    assert (found[4].kind, found[4].inferred) == ("timer", True)


def test_a_packet_from_elsewhere_is_forwarded() -> None:
    header = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20, 0, 0, 64, 253, 0, inet_aton(IT), inet_aton("198.51.100.9"))
    data = bytes.fromhex(VICTIM.replace(":", "") + PEER.replace(":", "")) + b"\x08\0" + header
    stack = "___neigh_create", "ip_finish_output2", "ip_forward"
    entry = traced(3, "ABSENT", "NONE", *stack, addr="198.51.100.9")
    assert told(entry, frames=received(2, data))[0].startswith(
        f"packet: forwards IPv4 protocol 253 {IT} > 198.51.100.9"
    )


def test_the_fields_are_on_the_entries() -> None:
    entries = [act(0, "sent", f"UDP to {IT}"), event(3, "REACHABLE"), Entry(4, "lab", "lab", "note", "nothing")]
    tell_causes(entries, received(2, answer()), INTERFACES)
    assert entries[1].fields["cause"].startswith("frame: ")
    assert entries[1].fields["cause_inferred"] is True
    assert "cause" not in entries[0].fields | entries[2].fields

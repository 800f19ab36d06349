"""From what tracepoints tell to what happened to an entry: old and new state, cause, and what no tracepoint told."""

from __future__ import annotations

from typing import Any

import pytest

from neighlab.kernel.tracing.causes import SHOWN, Cause, Causes
from neighlab.kernel.tracing.chronicle import Change, Chronicle, Drop, Entry, update_flag_names
from neighlab.kernel.tracing.records import DropRecord, Kind, NeighRecord, Origin
from neighlab.kernel.tracing.symbols import Symbols
from neighlab.model.nud import ABSENT, NTF, NUD

ADDR, NEAR, EVIL = "192.0.2.2", "00:00:5e:00:53:02", "00:00:5e:00:53:66"
NET, DEVICE = 4026532000, 2
PROGRAM = "bpf_prog", "bpf_trace_run2"

FUNCTIONS = [
    *PROGRAM, "__traceiter_kfree_skb", "___neigh_create", "__neigh_update", "neigh_update", "neigh_add", "arp_process",
    "arp_rcv", "__neigh_event_send", "neigh_resolve_output", "ip_finish_output2", "neigh_timer_handler",
    "call_timer_fn",
    "handle_softirqs", "net_rx_action", "neigh_cleanup_and_release", "neigh_flush_dev", "neigh_carrier_down",
    "neigh_periodic_work", "process_one_work", "sk_skb_reason_drop", "neigh_invalidate", "do_syscall_64", "udp_sendmsg",
]  # fmt: skip
PLACES = {name: 0xFFFFFFFF81000000 + 0x100 * number for number, name in enumerate(FUNCTIONS)}
SYMBOLS = Symbols("".join(f"{address:016x} t {name}\n" for name, address in PLACES.items()).encode())


def stack(*names: str) -> bytes:
    """The return addresses of these functions, innermost first, below the program's own."""
    return b"".join((PLACES[name] + 0x20).to_bytes(8, "little") for name in (*PROGRAM, *names))


SENDING = stack("__neigh_event_send", "neigh_resolve_output", "ip_finish_output2", "udp_sendmsg", "do_syscall_64")
CREATING = stack("___neigh_create", "ip_finish_output2", "udp_sendmsg", "do_syscall_64")
HEARING = stack("__neigh_update", "neigh_update", "arp_process", "arp_rcv", "net_rx_action", "handle_softirqs")
TIMER = stack("neigh_timer_handler", "call_timer_fn", "handle_softirqs", "do_syscall_64")
ADDING = stack("__neigh_update", "neigh_add", "do_syscall_64")


class Kernel:
    """Writes records as the programs do."""

    def __init__(self) -> None:
        self.now = 10.0
        self.records: list[NeighRecord | DropRecord] = []
        self.chronicle = Chronicle(Causes(SYMBOLS))

    def origin(self, calls: bytes, tid: int) -> Origin:
        self.now += 0.001
        return Origin(self.now, NET, DEVICE, "eth0", tid, 1, "ping", calls)

    def says(
        self, kind: Kind, state: NUD, calls: bytes = b"", *, lladdr: str | None = None, tid: int = 5, **more: Any
    ) -> None:
        fields: dict[str, Any] = {
            "flags": NTF.NONE, "wanted": NUD.NONE, "given": None, "update_flags": 0, "error": 0, **more,
        }  # fmt: skip
        origin = self.origin(calls, tid)
        self.records.append(NeighRecord(kind, origin, ADDR, 2, state, lladdr, **fields))

    def told(self) -> list[Change | Drop]:
        records, self.records = self.records, []
        return self.chronicle.take(records)

    def changes(self) -> list[str]:
        lines = []
        for one in self.told():
            assert isinstance(one, Change)
            old = "?" if one.old is None else getattr(one.old.state, "name", None) or "NONE"
            new = getattr(one.new.state, "name", None) or "NONE"
            cause = f"{one.cause.function}, {one.cause.by}" if one.cause else "nobody"
            lines.append(f"{old} -> {new} ({cause})" if one.effect else f"{new} stays ({cause})")
        return lines


@pytest.fixture
def kernel() -> Kernel:
    return Kernel()


def known_as(kernel: Kernel, state: NUD, lladdr: str | None = NEAR) -> None:
    """The entry is in this state, and everything before is told."""
    kernel.says(Kind.CREATED, NUD.NONE, CREATING)
    kernel.says(Kind.UPDATE, NUD.NONE, ADDING, wanted=state, given=lladdr)
    kernel.says(Kind.UPDATED, state, lladdr=lladdr)
    kernel.told()


def test_a_life_has_every_old_and_new_state_and_every_cause(kernel: Kernel) -> None:
    kernel.says(Kind.CREATED, NUD.NONE, CREATING)
    kernel.says(Kind.SENT, NUD.INCOMPLETE, SENDING)
    kernel.says(Kind.UPDATE, NUD.INCOMPLETE, HEARING, wanted=NUD.REACHABLE, given=NEAR)
    kernel.says(Kind.UPDATED, NUD.REACHABLE, lladdr=NEAR)
    kernel.says(Kind.TIMER, NUD.DELAY, TIMER, lladdr=NEAR)
    kernel.says(Kind.TIMER, NUD.PROBE, TIMER, lladdr=NEAR)
    kernel.says(Kind.TIMER, NUD.PROBE, TIMER, lladdr=NEAR)  # asked again: no transition
    kernel.says(Kind.TIMER, NUD.FAILED, TIMER)
    kernel.says(Kind.CLEANED, NUD.FAILED, stack("neigh_cleanup_and_release", "neigh_periodic_work", "process_one_work"))
    assert kernel.changes() == [
        "ABSENT -> NONE (ip_finish_output2, task ping/1)",
        "NONE -> INCOMPLETE (__neigh_event_send, task ping/1)",
        "INCOMPLETE -> REACHABLE (arp_process, softirq)",
        "REACHABLE -> DELAY (neigh_timer_handler, timer)",
        "DELAY -> PROBE (neigh_timer_handler, timer)",
        "PROBE -> FAILED (neigh_timer_handler, timer)",
        "FAILED -> ABSENT (neigh_periodic_work, work)",
    ]


def test_an_answer_inside_of_the_question_comes_after_it(kernel: Kernel) -> None:
    kernel.says(Kind.CREATED, NUD.NONE, CREATING)
    kernel.says(Kind.UPDATE, NUD.INCOMPLETE, HEARING, wanted=NUD.REACHABLE, given=NEAR)
    kernel.says(Kind.UPDATED, NUD.REACHABLE, lladdr=NEAR)
    kernel.says(Kind.SENT, NUD.REACHABLE, SENDING, lladdr=NEAR)  # who asked speaks last
    news = kernel.told()
    assert [getattr(one, "new", None) for one in news] == [
        Entry(NUD.NONE), Entry(NUD.INCOMPLETE), Entry(NUD.REACHABLE, NEAR),
    ]  # fmt: skip
    assert isinstance(news[1], Change)
    assert news[1].cause == Cause(
        "__neigh_event_send",
        ("__neigh_event_send", "neigh_resolve_output", "ip_finish_output2", "udp_sendmsg", "do_syscall_64"),
        "task ping/1",
    )
    assert [one.at for one in news if isinstance(one, Change)] == sorted(
        one.at for one in news if isinstance(one, Change)
    )


def test_an_update_without_effect_is_told_as_such(kernel: Kernel) -> None:
    known_as(kernel, NUD.STALE)
    kernel.says(Kind.UPDATE, NUD.STALE, HEARING, lladdr=NEAR, wanted=NUD.REACHABLE, given=EVIL, update_flags=0)
    kernel.says(Kind.UPDATED, NUD.STALE, lladdr=NEAR)
    (one,) = kernel.told()
    assert isinstance(one, Change)
    assert (one.effect, one.old, one.new) == (False, Entry(NUD.STALE, NEAR), Entry(NUD.STALE, NEAR))
    assert one.wanted == Entry(NUD.REACHABLE, EVIL)


def test_an_update_that_changes_the_address_alone_has_an_effect(kernel: Kernel) -> None:
    known_as(kernel, NUD.STALE)
    kernel.says(Kind.UPDATE, NUD.STALE, HEARING, lladdr=NEAR, wanted=NUD.STALE, given=EVIL, update_flags=1)
    kernel.says(Kind.UPDATED, NUD.STALE, lladdr=EVIL)
    (one,) = kernel.told()
    assert isinstance(one, Change)
    assert one.effect
    assert (one.old, one.new) == (Entry(NUD.STALE, NEAR), Entry(NUD.STALE, EVIL))


def test_a_packet_between_an_updates_work_and_its_end_comes_after_it(kernel: Kernel) -> None:
    known_as(kernel, NUD.FAILED, None)
    kernel.says(Kind.UPDATE, NUD.FAILED, HEARING, wanted=NUD.STALE, given=NEAR)
    kernel.says(Kind.SENT, NUD.DELAY, SENDING, lladdr=NEAR, tid=6)
    kernel.says(Kind.UPDATED, NUD.DELAY, lladdr=NEAR)
    assert kernel.changes() == [
        "FAILED -> STALE (arp_process, softirq)",
        "STALE -> DELAY (__neigh_event_send, task ping/1)",
    ]


def test_an_update_inside_of_another_shows_what_that_one_did(kernel: Kernel) -> None:
    known_as(kernel, NUD.STALE)
    kernel.says(Kind.UPDATE, NUD.STALE, ADDING, lladdr=NEAR, wanted=NUD.PERMANENT, given=EVIL)
    kernel.says(Kind.UPDATE, NUD.PERMANENT, HEARING, lladdr=EVIL, wanted=NUD.REACHABLE, given=NEAR)
    kernel.says(Kind.UPDATED, NUD.PERMANENT, lladdr=EVIL, error=-1)
    kernel.says(Kind.UPDATED, NUD.PERMANENT, lladdr=EVIL)
    assert kernel.changes() == ["STALE -> PERMANENT (neigh_add, task ping/1)", "PERMANENT stays (arp_process, softirq)"]


def test_a_state_that_a_constructor_set_is_seen_at_the_next_record(kernel: Kernel) -> None:
    kernel.says(Kind.CREATED, NUD.NONE, CREATING)
    kernel.says(Kind.CLEANED, NUD.NOARP, stack("neigh_cleanup_and_release", "neigh_flush_dev", "neigh_carrier_down"))
    assert kernel.changes() == [
        "ABSENT -> NONE (ip_finish_output2, task ping/1)",
        "NOARP -> ABSENT (neigh_carrier_down, task ping/1)",
    ]


def test_a_full_table_creates_nothing(kernel: Kernel) -> None:
    kernel.says(Kind.CREATED, NUD.NONE, CREATING, error=-105)
    (one,) = kernel.told()
    assert isinstance(one, Change)
    assert (one.effect, one.new, one.wanted, one.error) == (False, Entry(ABSENT), None, -105)


def test_after_a_loss_nobody_knows_what_was_before(kernel: Kernel) -> None:
    known_as(kernel, NUD.REACHABLE)
    kernel.chronicle.forget()
    kernel.says(Kind.TIMER, NUD.PROBE, TIMER, lladdr=NEAR)
    assert kernel.changes() == []  # it may have been in PROBE before
    kernel.says(Kind.TIMER, NUD.FAILED, TIMER)
    kernel.says(Kind.UPDATED, NUD.STALE, lladdr=NEAR)  # its beginning was lost
    kernel.says(Kind.SENT, NUD.DELAY, SENDING, lladdr=NEAR)
    assert kernel.changes() == [
        "PROBE -> FAILED (neigh_timer_handler, timer)",
        "STALE -> DELAY (__neigh_event_send, task ping/1)",
    ]


def test_a_timer_leads_to_probe_from_delay_alone_and_so_it_was_there(kernel: Kernel) -> None:
    kernel.says(Kind.TIMER, NUD.REACHABLE, TIMER, lladdr=NEAR)
    kernel.says(Kind.TIMER, NUD.PROBE, TIMER, lladdr=NEAR)
    kernel.says(Kind.SENT, NUD.PROBE, SENDING, lladdr=NEAR)
    assert kernel.changes() == [
        "REACHABLE -> DELAY (nobody)",
        "DELAY -> PROBE (neigh_timer_handler, timer)",
    ]


def test_what_somebody_else_tells_is_where_the_next_record_begins(kernel: Kernel) -> None:
    kernel.says(Kind.SENT, NUD.INCOMPLETE, SENDING)
    assert kernel.changes() == []
    key = NET, DEVICE, ADDR
    assert kernel.chronicle.learn(key, Entry(NUD.FAILED))
    assert not kernel.chronicle.learn(key, Entry(NUD.FAILED))
    kernel.says(Kind.SENT, NUD.INCOMPLETE, SENDING)
    assert kernel.changes() == ["FAILED -> INCOMPLETE (__neigh_event_send, task ping/1)"]


def test_entries_of_other_namespaces_and_devices_are_others(kernel: Kernel) -> None:
    known_as(kernel, NUD.STALE)
    kernel.says(Kind.SENT, NUD.DELAY, SENDING, lladdr=NEAR)
    strange = kernel.records[-1]
    assert isinstance(strange, NeighRecord)
    kernel.records = [strange._replace(origin=strange.origin._replace(inum=NET + 1))]
    assert kernel.changes() == []
    kernel.records = [strange]
    assert kernel.changes() == ["STALE -> DELAY (__neigh_event_send, task ping/1)"]


def test_a_drop_keeps_its_place_between_the_changes(kernel: Kernel) -> None:
    known_as(kernel, NUD.INCOMPLETE, None)
    calls = stack("sk_skb_reason_drop", "neigh_invalidate", "neigh_timer_handler", "call_timer_fn")
    kernel.records.append(DropRecord(kernel.origin(calls, 0), 58, PLACES["neigh_invalidate"] + 8, 0x0800, 29, b"", b""))
    kernel.says(Kind.TIMER, NUD.FAILED, TIMER)
    drop, change = kernel.told()
    assert isinstance(drop, Drop)
    assert isinstance(change, Change)
    assert (drop.cause.function, drop.cause.by) == ("neigh_invalidate", "timer")
    assert drop.cause.stack[0] == "sk_skb_reason_drop"


def test_a_stack_begins_behind_the_program_and_is_cut_for_people_only() -> None:
    deep = stack(*["udp_sendmsg"] * SHOWN, "handle_softirqs")
    cause = Causes(SYMBOLS).of(Kind.SENT, Origin(0.0, NET, DEVICE, "eth0", 1, 1, "ping", deep))
    assert cause == Cause("udp_sendmsg", ("udp_sendmsg",) * SHOWN, "softirq")


def test_a_record_without_a_stack_names_nobody() -> None:
    cause = Causes(SYMBOLS).of(Kind.SENT, Origin(0.0, NET, DEVICE, "eth0", 1, 7, "sh", b""))
    assert cause == Cause("?", (), "task sh/7")


@pytest.mark.parametrize(
    ("flags", "names"),
    [(0, []), (1, ["OVERRIDE"]), (0b110, ["WEAK_OVERRIDE", "OVERRIDE_ISROUTER"]), (1 << 7, ["ADMIN"]),
     (1 << 31, ["ADMIN"])],
)  # fmt: skip
def test_flags_of_an_update_have_the_names_of_neighbour_h(flags: int, names: list[str]) -> None:
    assert update_flag_names(flags) == tuple(names)

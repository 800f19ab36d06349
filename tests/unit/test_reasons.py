"""A frame is explained to whom it changed nothing, from what its receiver was like when it came, and to nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from neighlab.model import arp, ndp
from neighlab.model.evidence import CapturedFrame, Evidence, Interface
from neighlab.model.frame_words import describe
from neighlab.model.nud import NUD
from neighlab.model.reception.decide import decide
from neighlab.model.reception.outcome import Learned, Outcome
from neighlab.model.reception.reasons import tell_reasons
from neighlab.model.reception.routing import lookup
from neighlab.model.reception.situation import RULES, OwnAddr, Route, Rule, Situation, Surroundings
from neighlab.model.timeline import Entry
from neighlab.model.why.causes import causes

VICTIM, PEER, THIRD, EVIL = (f"00:00:5e:00:53:{end}" for end in ("01", "02", "03", "66"))
US, IT, OTHERS = "192.0.2.1", "192.0.2.2", "192.0.2.99"
US6, IT6 = "2001:db8::1", "2001:db8::2"
INTERFACES = [
    Interface("victim", "eth0", VICTIM, (US, US6), "s1"),
    Interface("peer", "eth0", PEER, (IT, IT6), "s1"),
    Interface("third", "eth0", THIRD, ("192.0.2.3",), "s1"),
]
HERE = Surroundings(
    "victim", "eth0", VICTIM, addrs=(OwnAddr(US, 24, "eth0"), OwnAddr(US6, 64, "eth0")),
    routes=(
        Route(f"{US}/32", "local", 255, "eth0"), Route("192.0.2.255/32", "broadcast", 255, "eth0"),
        Route("192.0.2.0/24", "unicast", 254, "eth0"),
    ),
    groups=frozenset({"ff02::1:ff00:1"}),
)  # fmt: skip
CLAIM = arp.gratuitous(OTHERS, lladdr=EVIL)
QUESTION = arp.request(US, sender=OTHERS, lladdr=PEER)
NEWS = arp.gratuitous(IT, lladdr=EVIL)


def told(
    data: bytes,
    *timeline: Entry,
    by: str = "peer",
    to: tuple[str, ...] = ("victim",),
    here: Surroundings | Situation = HERE,
    kind: str = "sent",
    more: tuple[CapturedFrame, ...] = (),
    at: float = 10.0,
) -> list[dict[str, Any]]:
    """What is told at a frame that the story (or, as `frame`, a host) sent at 10 ms, and that came at once."""
    frames = [*more, CapturedFrame(at, by, "eth0", "sent", data)]
    sent = len(frames) - 1
    frames += [CapturedFrame(at + 0.01, one, "eth0", "received", data) for one in to]
    of_it = Entry(at, by, "story" if kind == "sent" else "wire", kind, describe(data), {"frame": sent})
    entries = sorted([of_it, *timeline], key=lambda one: one.t_ms)
    lladdrs = {one.host: one.lladdr for one in INTERFACES}
    receivers = {
        sent + 1 + n: replace(here, host=one, lladdr=lladdrs[one]) if isinstance(here, Surroundings) else here
        for n, one in enumerate(to)
    }
    count = tell_reasons(entries, Evidence(INTERFACES, frames), causes(entries, frames, INTERFACES), receivers)
    assert count == sum("why" in one.fields for one in entries)
    return list(of_it.fields.get("why", []))


def checks(*args: Any, **kwargs: Any) -> list[tuple[str, str]]:
    return [(one["host"], one["check"]) for one in told(*args, **kwargs)]


def decided(data: bytes, here: Surroundings) -> Outcome:
    """What the model says of a frame at a receiver without entries."""
    outcome = decide(data, Situation(here))
    assert outcome is not None
    return outcome


def event(t_ms: float, addr: str, state: str, lladdr: str | None, **more: Any) -> Entry:
    fields = {"addr": addr, "ifname": "eth0", "state": state, "lladdr": lladdr, "event": "NEWNEIGH"} | more
    return Entry(t_ms, "victim", "netlink", "event", f"NEWNEIGH {addr} {state}", fields)


def transition(t_ms: float, old: str, new: str, *stack: str, kind: str = "transition") -> Entry:
    fields = {"addr": OTHERS, "ifname": "eth0", "old": old, "new": new, "lladdr": EVIL, "stack": list(stack)}
    return Entry(t_ms, "victim", "trace", kind, f"{OTHERS} {old} -> {new}", fields | {"by": "softirq", "ntf": []})


def act(host: str, text: str, kind: str = "command") -> Entry:
    return Entry(1.0, host, "knob" if kind == "set" else "story", kind, text)


def test_check_function_values_and_remedy_are_told() -> None:
    (why,) = told(CLAIM, to=("victim", "third"), here=HERE)[:1]
    assert why == {
        "host": "victim", "ifname": "eth0", "check": "arp-accept", "function": "arp_accept",
        "text": f"no entry for {OTHERS}, and arp_accept=0", "remedy": "with conf.eth0.arp_accept=1",
        "change": {"settings": [{"family": 4, "dev": "eth0", "knob": "arp_accept", "value": 1}]},
        "values": {"arp_accept": {"value": 0, "conf.all": 0, "conf.eth0": 0}},
    }  # fmt: skip


def test_a_frame_that_changed_an_entry_is_not_explained() -> None:
    assert told(QUESTION, event(11, OTHERS, "STALE", PEER), to=("victim", "third"), here=HERE)[:1] != []
    assert checks(QUESTION, event(11, OTHERS, "STALE", PEER)) == [("third", "not-delivered")]


def test_an_update_that_the_kernel_refused_is_explained_though_a_frame_caused_it() -> None:
    refused = transition(10.02, "PERMANENT", "PERMANENT", "__neigh_update", "arp_process", kind="no-op")
    pinned = transition(1, "NONE", "PERMANENT", "__neigh_update", "neigh_add")
    assert checks(CLAIM, pinned, refused, to=("victim", "third"))[0] == ("victim", "permanent-entry")


def test_a_packet_that_waited_may_leave_before_the_change_is_announced() -> None:
    """STALE has become DELAY then, which looks like the packet's doing."""
    asked = CapturedFrame(5, "victim", "eth0", "sent", arp.request(OTHERS, sender=US, lladdr=VICTIM))
    sent = Entry(4, "victim", "story", "sent", f"UDP to {OTHERS}, 1 bytes")
    answered = event(12, OTHERS, "DELAY", PEER)
    assert checks(QUESTION, sent, answered, more=(asked,)) == [("third", "not-delivered")]


def test_who_asks_resolves_though_nothing_announces_it() -> None:
    """A reply without effect on an unknown address has one on INCOMPLETE; what has none says so of INCOMPLETE."""
    asked = CapturedFrame(5, "victim", "eth0", "sent", ndp.ns(IT6, sender=US6, lladdr=VICTIM))
    bare = ndp.na(IT6, lladdr=PEER, dst=US6, to=VICTIM, tlla=False, solicited=True)
    (why,) = told(bare, more=(asked,))
    assert (why["check"], why["text"]) == (
        "no-lladdr", f"the frame carries no link-layer address, and the entry for {IT6} is INCOMPLETE",
    )  # fmt: skip
    assert told(bare)[0]["text"] == f"no entry for {IT6}, and no link-layer address"


def test_a_question_that_the_story_forged_resolves_nothing() -> None:
    forged = CapturedFrame(5, "victim", "eth0", "sent", ndp.ns(IT6, sender=US6, lladdr=VICTIM))
    bare = ndp.na(IT6, lladdr=PEER, dst=US6, to=VICTIM, tlla=False, solicited=True)
    of_the_story = Entry(5, "victim", "story", "sent", "forged", {"frame": 0})
    whys = told(bare, of_the_story, more=(forged,))
    assert [one["text"] for one in whys] == [f"no entry for {IT6}, and no link-layer address"]


def test_age_and_state_of_an_entry_are_those_of_the_moment() -> None:
    locked = replace(HERE, parms={"locktime_ms": 100})
    answer = arp.reply(OTHERS, lladdr=EVIL, receiver=US, receiver_lladdr=VICTIM, to=VICTIM)
    news = event(2, OTHERS, "STALE", PEER)
    assert checks(answer, news, here=locked) == [("victim", "locktime")]
    assert checks(answer, news, here=locked, at=200.0) == [("victim", "unknown")]
    gone = event(5, OTHERS, "STALE", PEER, event="DELNEIGH")
    assert checks(answer, news, gone, here=locked) == [("victim", "arp-accept")]


def test_a_filter_that_the_story_made_is_named_where_no_check_stops_a_frame() -> None:
    rule = f"nft add rule arp t in arp saddr ip {OTHERS} drop"
    outward = "nft add chain arp t out { type filter hook output priority 0; }; add rule arp t out drop"
    (why,) = told(QUESTION, act("victim", rule), act("victim", outward), to=("victim", "third"))[:1]
    assert (why["check"], why["function"]) == ("filter", "nf_hook_slow")
    assert why["text"] == f"it passes every check, but there is a filter: {rule}"
    assert checks(QUESTION, act("third", rule), to=("victim", "third"))[0] == ("victim", "unknown")
    assert checks(CLAIM, act("victim", rule), to=("victim", "third"))[0] == ("victim", "arp-accept")


def test_the_kernels_own_reason_of_a_drop_is_better_than_none() -> None:
    drop = Entry(10.1, "victim", "trace", "drop", f"{describe(QUESTION)} dropped: NOMEM (x)",
                 {"reason": "NOMEM", "function": "neigh_alloc"})  # fmt: skip
    assert told(QUESTION, drop, to=("victim", "third"))[0]["text"] == "it was dropped: NOMEM"


@pytest.mark.parametrize(
    ("what", "check", "function"),
    [
        (act("s1", "port of victim: isolated=1", "set"), "bridge-port", "should_deliver"),
        (act("s1", "port of peer: locked=1 learning=0", "set"), "bridge-port", "br_handle_frame_finish"),
        (act("s1", "nft add rule bridge t f drop"), "filter", "nf_hook_slow"),
        (act("victim", "unplug eth0", "set"), "link-down", ""),
        (act("victim", "link eth0 up=False", "set"), "link-down", ""),
        (act("s1", "port of third: isolated=1", "set"), "not-delivered", ""),
        (act("s1", "port of victim: isolated=0", "set"), "not-delivered", ""),
        (act("victim", "link eth0 up=True", "set"), "not-delivered", ""),
    ],
)
def test_what_kept_a_frame_from_a_host_is_named(what: Entry, check: str, function: str) -> None:
    (why,) = told(NEWS, what, to=("third",))[-1:]
    assert (why["host"], why["check"], why["function"]) == ("victim", check, function)


def test_frames_that_hosts_send_are_missed_only_where_something_is_known_to_stop_them() -> None:
    assert checks(QUESTION, to=("victim",), kind="frame") == [("victim", "unknown")]
    isolated = act("s1", "port of third: isolated=1", "set")
    assert checks(QUESTION, isolated, to=("victim",), kind="frame")[1:] == [("third", "bridge-port")]


def test_nobody_misses_a_frame_that_was_for_another_station_or_may_be_lost_to_the_capture() -> None:
    to_third = arp.request(US, sender=OTHERS, lladdr=PEER, to=THIRD)
    assert checks(to_third, to=()) == [("third", "not-delivered")]
    lost = Entry(2, "lab", "lab", "lost", "3 captured frames were lost: no room")
    assert checks(to_third, lost, to=()) == []


def test_a_station_that_a_frame_was_not_for_is_told_only_if_it_was_for_none() -> None:
    to_nobody = arp.request(US, sender=OTHERS, lladdr=PEER, to="00:00:5e:00:53:77")
    assert checks(to_nobody) == [("victim", "other-host")]
    assert checks(arp.request(US, sender=OTHERS, lladdr=PEER, to=THIRD), to=("victim", "third"))[:1] == [
        ("third", "unknown")
    ]  # fmt: skip


def test_silence_has_a_reason_of_its_own_unless_it_is_the_same() -> None:
    probe = arp.request(OTHERS, sender="0.0.0.0", lladdr=PEER)
    (why,) = told(probe, to=("victim", "third"))[:1]
    assert (why["check"], why["silent"]["check"]) == ("probe", "not-our-address")
    assert "silent" not in told(arp.request(IT, sender=OTHERS, lladdr=EVIL), to=("victim", "third"))[0]


def test_an_answer_is_told_only_where_it_was_seen() -> None:
    probe = arp.request(US, sender="0.0.0.0", lladdr=PEER)
    answer = arp.reply(US, lladdr=VICTIM, receiver="0.0.0.0", receiver_lladdr=PEER, to=PEER)
    later, before = (CapturedFrame(at, "victim", "eth0", "sent", answer) for at in (10.1, 9.0))
    (why,) = told(probe, to=("victim", "third"), more=(later,))[:1]
    assert why["answered"]
    assert "silent" not in why
    (why,) = told(probe, to=("victim", "third"), more=(before,))[:1]
    assert (why["silent"]["check"], "answered" in why) == ("unknown", False)
    rule = act("victim", "arptables -A OUTPUT -j DROP")
    assert told(probe, rule, to=("victim", "third"))[0]["silent"]["check"] == "filter"


def test_fences_and_their_answers_are_left_out() -> None:
    probe = arp.request(US, sender="0.0.0.0", lladdr=PEER)
    answer = arp.reply(US, lladdr=VICTIM, receiver="0.0.0.0", receiver_lladdr=PEER, to=PEER)
    asked = CapturedFrame(9, "peer", "eth0", "sent", probe)
    fence = Entry(11, "peer", "story", "fence", "answered by victim", {"frame": 0})
    assert told(answer, fence, by="victim", to=("peer",), kind="frame", more=(asked,)) == []
    assert told(answer, by="victim", to=("peer",), kind="frame") != []


def test_what_a_constructor_makes_noarp_needs_no_announcement() -> None:
    question = ndp.ns(US6, sender="2001:db8::99", lladdr=PEER)
    assert checks(question, here=replace(HERE, arp=False), to=("victim", "third")) == []


def test_an_exact_situation_goes_before_what_was_announced() -> None:
    stale = event(2, OTHERS, "STALE", EVIL)
    assert checks(CLAIM, stale, to=("victim", "third"))[0] == ("victim", "nothing-new")
    assert checks(CLAIM, stale, to=("victim",), here=Situation(HERE))[0] == ("victim", "arp-accept")


def test_a_policy_rule_decides_which_way_back_arp_filter_looks() -> None:
    other = Route("192.0.2.0/24", "unicast", 7, "eth1")
    rules = (RULES[0], Rule(100, src=f"{US}/32", table=7), *RULES[1:])
    here = replace(HERE, routes=(*HERE.routes, other), rules=rules, settings={(4, "eth0", "arp_filter"): 1})
    why = decided(QUESTION, here).ignored
    assert why is not None
    assert (why.check, "leaves by eth1" in why.text) == ("arp-filter", True)
    assert decided(QUESTION, replace(here, rules=RULES)).learned == Learned(OTHERS, NUD.STALE, PEER)


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        (Rule(5, dst="192.0.2.0/24", table=7), "eth1"),
        (Rule(5, dst="192.0.2.0/24", table=7, inverted=True), "eth0"),
        (Rule(5, iif="eth9", table=7), "eth0"),
        (Rule(5, iif="lo", table=7), "eth1"),
        (Rule(5, table=8), "eth0"),
        (Rule(5, table=9), "eth0"),
        (Rule(5, action="nop"), "eth0"),
        (Rule(5, action="prohibit"), None),
    ],
)
def test_rules_are_asked_in_their_order_until_a_table_has_a_route(rule: Rule, found: str | None) -> None:
    more = Route("192.0.2.0/24", "unicast", 7, "eth1"), Route("192.0.2.0/24", "throw", 9, "")
    here = replace(HERE, routes=(*HERE.routes, *more), rules=(RULES[0], rule, *RULES[1:]))
    route = lookup(Situation(here), OTHERS, src=US)
    assert (route.ifname if route is not None else None) == found


def test_a_delayed_proxy_learns_from_nobody_yet() -> None:
    proxied = "2001:db8::77"
    here = replace(
        HERE, proxies=frozenset({proxied}), parms={"proxy_delay6_ms": 80},
        groups=HERE.groups | {ndp.solicited_node(proxied)},
        settings={(6, "eth0", "forwarding"): 1, (6, "eth0", "proxy_ndp"): 1},
    )  # fmt: skip
    asked = decided(ndp.ns(proxied, sender=IT6, lladdr=PEER), here)
    assert asked.ignored is not None
    assert (asked.ignored.check, asked.answer) == ("proxy-delay", "later")
    assert str(asked.ignored.remedy) == "with neigh.eth0.proxy_delay_ms=0"
    at_once = decided(ndp.ns(proxied, sender=IT6, lladdr=PEER, to=VICTIM), here)
    assert at_once.learned == Learned(IT6, NUD.STALE, PEER)


def test_a_full_table_is_the_reason_where_the_kernel_told_so() -> None:
    full = transition(10.1, "ABSENT", "ABSENT", "neigh_alloc", kind="no-op")
    full.text = f"{OTHERS} is not created: the table is full (neigh_event_ns, softirq)"
    assert checks(QUESTION, full, to=("victim", "third"))[0] == ("victim", "table-full")
    full.fields["addr"] = IT
    assert checks(QUESTION, full, to=("victim", "third"))[0] == ("victim", "unknown")


def test_an_answer_may_find_no_room_either() -> None:
    full = transition(10.1, "ABSENT", "ABSENT", "neigh_alloc", kind="no-op")
    full.fields["addr"], full.text = (
        "ff02::1",
        "ff02::1 is not created: the table is full (ip6_finish_output2, softirq)",
    )
    (why,) = told(ndp.dad(US6, lladdr=PEER), full, to=("victim", "third"))[:1]
    assert (why["check"], why["silent"]["check"]) == ("dad-solicitation", "table-full")

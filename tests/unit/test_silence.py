"""A frame's reasons are as many lines as there are checks that stopped it, with all that decided and the remedy."""

from __future__ import annotations

from typing import Any

from neighlab.report.silence import silences


def reason(host: str, check: str = "arp-accept", ifname: str = "eth0", **more: Any) -> dict[str, Any]:
    return {
        "host": host, "ifname": ifname, "check": check, "function": "arp_accept",
        "text": "no entry for 192.0.2.99, and arp_accept=0", "remedy": "with conf.eth0.arp_accept=1", "change": {},
        "values": {"arp_accept": {"value": 0, "conf.all": 0, "conf.eth0": 0}},
    } | more  # fmt: skip


def test_text_function_values_and_remedy_are_one_line() -> None:
    assert list(silences([reason("victim")])) == [
        "why nothing: victim: no entry for 192.0.2.99, and arp_accept=0 (arp_accept; conf.all=0 conf.eth0=0); "
        "with conf.eth0.arp_accept=1 it would pass this check"
    ]


def test_hosts_that_the_same_check_stops_share_a_line() -> None:
    first, second = silences([reason("one"), reason("two", "probe"), reason("three"), reason("four")])
    assert first.startswith("why nothing: one: ")
    assert first.endswith("it would pass this check (likewise at three, four)")
    assert second.startswith("why nothing: two: ")


def test_two_interfaces_of_one_host_are_told_apart() -> None:
    (line,) = silences([reason("server"), reason("server", ifname="eth1")])
    assert line.startswith("why nothing: server eth0: ")
    assert line.endswith("(likewise at server eth1)")


def test_several_values_are_named() -> None:
    values = {"forwarding": {"value": 1, "conf.eth0": 1}, "proxy_arp": {"value": 0, "conf.all": 0, "conf.eth0": 0},
              "route_localnet": {"value": 0, "conf.all": 0, "conf.eth0": 0}}  # fmt: skip
    (line,) = silences([reason("victim", values=values)])
    assert "(arp_accept; proxy_arp: conf.all=0 conf.eth0=0; route_localnet: conf.all=0 conf.eth0=0)" in line


def test_an_answer_and_its_absence_are_told() -> None:
    (line,) = silences([reason("victim", answered=True)])
    assert ", but it is answered; with" in line
    silent = reason("victim", "not-our-address", text="it is not ours", values={}, remedy="with target=192.0.2.1")
    nothing, no_answer = silences([reason("victim", silent=silent)])
    assert nothing.startswith("why nothing: ")
    assert (
        no_answer
        == "why no answer: victim: it is not ours (arp_accept); with target=192.0.2.1 it would pass this check"
    )


def test_what_has_neither_function_nor_remedy_says_neither() -> None:
    assert list(silences([reason("victim", "unknown", text="who knows", function="", remedy="", values={})])) == [
        "why nothing: victim: who knows"
    ]

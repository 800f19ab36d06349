"""The knob table contradicts itself nowhere, and a mistyped setting is answered by one line that names the remedy."""

from __future__ import annotations

import re
import typing

import pytest

from neighlab.errors import ScenarioError
from neighlab.model import knobs
from neighlab.model.knob_table import Combine, Unit
from neighlab.model.knobs import Scope, find, parse_setting, parse_value

TABLE = list(knobs.knobs())
each_knob = pytest.mark.parametrize("knob", TABLE, ids=lambda knob: f"{knob.name}-{knob.families}")


def test_name_and_family_are_unique() -> None:
    pairs = [(knob.name, family) for knob in TABLE for family in knob.families]
    assert len(pairs) == len(set(pairs))


def test_iteration_is_sorted_by_scope_and_name() -> None:
    keys = [(knob.scope.value, knob.name) for knob in TABLE]
    assert keys == sorted(keys)


@each_knob
def test_row_is_consistent(knob: knobs.Knob) -> None:
    assert knob.unit in typing.get_args(Unit)
    assert knob.combine in typing.get_args(Combine)
    assert knob.families in ((4,), (6,), (4, 6))
    assert knob.minimum <= knob.default <= knob.maximum < 2**31
    assert knob.minimum <= knob.baseline <= knob.maximum
    assert (knob.unit == "bool") is ((knob.minimum, knob.maximum) == (0, 1))
    assert knob.sysctl
    assert (knob.ndta is None) or knob.scope is Scope.NEIGH
    assert (knob.combine == "all-only") is (knob.scope is Scope.HOST)


@each_knob
def test_doc_is_prose_and_names_the_kernel_function(knob: knobs.Knob) -> None:
    assert knob.doc[0].isupper() or knob.doc[0].isdigit()
    assert knob.doc.endswith(".")
    assert not re.search(r"  |\n", knob.doc)
    if knob.same_as is None and not knob.doc.startswith("Nothing reads it"):
        assert re.search(r"\([\w, /]*[a-zA-Z0-9]+_\w+", knob.doc), "no kernel function in the doc"


@each_knob
def test_deviating_baseline_gives_its_reason(knob: knobs.Knob) -> None:
    if knob.baseline != knob.default:
        assert "baseline" in knob.doc


@each_knob
def test_second_spelling_sets_the_same_parameter(knob: knobs.Knob) -> None:
    if knob.same_as is None:
        return
    for family in knob.families:
        first = find(knob.same_as, family)
        assert first.same_as is None
        assert first.ndta is not None
        if knob.ndta is None or knob.unit == "packets":  # jiffies depend on HZ, packets on skb->truesize
            continue
        assert knob.ndta == first.ndta
        assert knob.wire(knob.default) == first.wire(first.default)


@pytest.mark.parametrize("family", [4, 6])
def test_netlink_numbers_are_unique_per_preferred_spelling(family: int) -> None:
    numbers = [find(name, family).ndta for name in knobs.baseline_neigh(family)]
    assert None not in numbers
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize(
    ("name", "value", "wire"),
    [
        ("base_reachable_time_ms", 400, 400),
        ("base_reachable_time", 30, 30000),
        ("delay_first_probe_time", 5, 5000),
        ("locktime", 100, 1000),
        ("locktime_ms", 70, 70),
        ("mcast_solicit", 3, 3),
        ("unres_qlen", 3, 3),
        ("unres_qlen_bytes", 4096, 4096),
    ],
)
def test_wire_carries_milliseconds_for_times_and_the_number_for_the_rest(name: str, value: int, wire: int) -> None:
    assert find(name).wire(value) == wire


@pytest.mark.parametrize(
    ("name", "raw", "value"),
    [
        ("delay_first_probe_time_ms", 5, 5000),
        ("delay_first_probe_time", 5, 5),
        ("locktime_ms", 100, 1000),
        ("locktime", 100, 100),
        ("retrans_time_ms", 1000, 1000),
        ("arp_ignore", 2, 2),
    ],
)
def test_file_is_read_in_the_unit_of_the_knob(name: str, raw: int, value: int) -> None:
    assert find(name).from_sysctl(raw) == value


def test_family_decides_between_rows_of_one_name() -> None:
    assert find("locktime_ms").default == find("locktime_ms", 4).default == 1000
    assert find("locktime_ms", 6).default == 0
    assert find("retrans_time", 6).unit == "jiffies"
    assert find("proxy_ndp").families == (6,)


@pytest.mark.parametrize(
    ("text", "family", "message"),
    [
        ("arp_acept", None, "no knob 'arp_acept': did you mean arp_accept?"),
        ("gc_thres3", None, "no knob 'gc_thres3': did you mean gc_thresh3?"),
        ("xyzzy", None, "no knob 'xyzzy'"),
        ("", None, "no knob ''"),
        ("arp_ignore", 6, "no knob 'arp_ignore' in IPv6: it exists only in IPv4"),
        ("proxy_ndp", 4, "no knob 'proxy_ndp' in IPv4: it exists only in IPv6"),
    ],
)
def test_unknown_name_is_refused(text: str, family: int | None, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        find(text, family)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("arp_accept", "2", 2),
        ("arp_accept", 2, 2),
        ("arp_filter", True, 1),
        ("arp_ignore", "16", 16),
        ("router_solicitations", "-1", -1),
        ("medium_id", -1, -1),
        ("base_reachable_time_ms", "2147483647", 2147483647),
    ],
)
def test_value_in_range_is_taken(name: str, given: str | int, value: int) -> None:
    got = parse_value(find(name), given)
    assert got == value
    assert type(got) is int


@pytest.mark.parametrize(
    ("name", "given", "message"),
    [
        ("arp_accept", 7, "arp_accept takes 0..2 (got 7)"),
        ("arp_accept", "-1", "arp_accept takes 0..2 (got -1)"),
        ("arp_accept", "yes", "arp_accept takes 0..2 (got yes)"),
        ("arp_accept", "", "arp_accept takes 0..2 (got nothing)"),
        ("arp_accept", "0x1", "arp_accept takes 0..2 (got 0x1)"),
        ("arp_accept", "1_0", "arp_accept takes 0..2 (got 1_0)"),
        ("arp_accept", "\u0661", "arp_accept takes 0..2 (got \u0661)"),
        ("arp_accept", 0.5, "arp_accept takes 0..2 (got 0.5)"),
        ("arp_ignore", 17, "arp_ignore takes 0..16 (got 17)"),
        ("locktime_ms", "1s", "locktime_ms takes 0..2147483647 ms (got 1s)"),
        ("locktime", -1, "locktime takes 0..214748364 ticks (got -1)"),
        ("base_reachable_time_ms", 2**31, "base_reachable_time_ms takes 0..2147483647 ms (got 2147483648)"),
        ("mcast_solicit", "9" * 30, f"mcast_solicit takes 0..2147483647 (got {'9' * 30})"),
        ("interval_probe_time_ms", 0, "interval_probe_time_ms takes 1..2147483647 ms (got 0)"),
    ],
)
def test_value_out_of_range_is_refused(name: str, given: str | int, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_value(find(name), given)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arp_ignore=2", ("arp_ignore", None, 4, 2)),
        (" arp_ignore = 2 ", ("arp_ignore", None, 4, 2)),
        ("all.arp_ignore=1", ("arp_ignore", "all", 4, 1)),
        ("default.rp_filter=1", ("rp_filter", "default", 4, 1)),
        ("eth0.arp_ignore=1", ("arp_ignore", "eth0", 4, 1)),
        ("locktime_ms=50", ("locktime_ms", None, None, 50)),
        ("ipv6.retrans_time_ms=50", ("retrans_time_ms", None, 6, 50)),
        ("ipv6.eth0.retrans_time_ms=50", ("retrans_time_ms", "eth0", 6, 50)),
        ("net.ipv4.conf.all.arp_ignore=1", ("arp_ignore", "all", 4, 1)),
        ("net.ipv4.neigh.eth0.locktime=100", ("locktime", "eth0", 4, 100)),
        ("net.ipv4.neigh.eth0.100.locktime=100", ("locktime", "eth0.100", 4, 100)),
        ("net.ipv6.conf.all.forwarding=1", ("forwarding", "all", 6, 1)),
        ("gc_thresh3=2048", ("gc_thresh3", None, None, 2048)),
        ("net.ipv4.neigh.default.gc_thresh3=2048", ("gc_thresh3", "default", 4, 2048)),
    ],
)
def test_setting_is_read(text: str, expected: tuple[str, str | None, int | None, int]) -> None:
    setting = parse_setting(text)
    assert (setting.knob.name, *setting[1:]) == expected


def test_setting_of_a_family_carries_the_knob_of_that_family() -> None:
    assert parse_setting("ipv6.retrans_time=250").knob.unit == "jiffies"
    assert parse_setting("net.ipv6.conf.all.forwarding=1").knob.families == (6,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("arp_ignore", "not a setting: 'arp_ignore' (write KNOB=VALUE, as in arp_ignore=2 or all.arp_ignore=1)"),
        ("=1", "not a setting: '=1' (write KNOB=VALUE, as in arp_ignore=2 or all.arp_ignore=1)"),
        ("", "not a setting: '' (write KNOB=VALUE, as in arp_ignore=2 or all.arp_ignore=1)"),
        ("all..arp_ignore=1", "not a setting: 'all..arp_ignore=1' (write KNOB=VALUE, as in arp_ignore=2 or"
                              " all.arp_ignore=1)"),
        ("net.core.arp_ignore=1", "not a setting: 'net.core.arp_ignore=1' (after 'net.' comes ipv4 or ipv6)"),
        ("arp_ignore=", "arp_ignore takes 0..16 (got nothing)"),
        ("arp_ignore=1=2", "arp_ignore takes 0..16 (got 1=2)"),
        ("arp_acept=1", "no knob 'arp_acept': did you mean arp_accept?"),
        ("ipv6.arp_ignore=1", "no knob 'arp_ignore' in IPv6: it exists only in IPv4"),
        ("net.ipv4.neigh.eth0.arp_ignore=1", "arp_ignore lives in conf, not in neigh"),
        ("net.ipv4.conf.eth0.locktime=1", "locktime lives in neigh, not in conf"),
        ("eth0.gc_thresh1=1", "gc_thresh1 belongs to the whole host: it cannot be set for eth0"),
        ("all.locktime_ms=1", "locktime_ms is set per device: a lab has no neigh/all"),
        ("net.ipv4.neigh.default.locktime=1", "locktime is set per device: a lab has no neigh/default"),
    ],
)  # fmt: skip
def test_malformed_setting_is_refused(text: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        parse_setting(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "family", "results"),
    [
        ("arp_ignore", 4, {(0, 2): 2, (2, 1): 2, (0, 0): 0}),
        ("arp_filter", 4, {(0, 0): 0, (1, 0): 1, (0, 1): 1}),
        ("arp_evict_nocarrier", 4, {(1, 1): 1, (1, 0): 0, (0, 1): 0}),
        ("forwarding", 4, {(1, 0): 0, (0, 1): 1}),
        ("gc_thresh1", 4, {(128, 5): 128}),
        ("drop_unicast_in_l2_multicast", 4, {(1, 0): 1}),
        ("drop_unicast_in_l2_multicast", 6, {(1, 0): 0}),
        ("proxy_ndp", 6, {(1, 0): 1, (0, 0): 0}),
    ],
)
def test_all_and_device_are_combined_by_the_rule(name: str, family: int, results: dict[tuple[int, int], int]) -> None:
    for (all_value, dev_value), result in results.items():
        assert knobs.effective(find(name, family), all_value, dev_value) == result


def test_baseline_silences_whatever_speaks_unasked() -> None:
    baseline = knobs.baseline_conf(6)
    silent = "router_solicitations accept_ra autoconf accept_dad dad_transmits use_tempaddr ndisc_notify addr_gen_mode"
    assert {name: baseline[name] for name in silent.split()} == dict.fromkeys(silent.split(), 0)
    assert knobs.baseline_conf(4)["rp_filter"] == 0


def test_baseline_order_lets_no_write_undo_another() -> None:
    assert next(iter(knobs.baseline_conf(4))) == "forwarding"
    assert next(iter(knobs.baseline_conf(6))) == "forwarding"
    assert list(knobs.baseline_conf(6))[-1] == "disable_ipv6"


def test_baseline_of_neighbour_parameters_is_in_milliseconds() -> None:
    assert knobs.baseline_neigh(4)["locktime_ms"] == 1000
    assert knobs.baseline_neigh(6)["locktime_ms"] == 0
    assert "locktime" not in knobs.baseline_neigh(4)
    assert "unres_qlen" not in knobs.baseline_neigh(4)


@pytest.mark.parametrize(
    ("name", "kernel", "there"),
    [
        ("arp_evict_nocarrier", (5, 10, 223), False),
        ("arp_evict_nocarrier", (5, 16), True),
        ("accept_untracked_na", (5, 18, 19), False),
        ("interval_probe_time_ms", (6, 0, 0), True),
        ("interval_probe_time_ms", (5, 19), False),
        ("arp_accept", (5, 10), True),
    ],
)
def test_version_decides_availability(name: str, kernel: tuple[int, ...], there: bool) -> None:
    assert knobs.available(find(name), kernel) is there

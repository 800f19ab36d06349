"""What netlink and /proc tell about a neighbour table is one and the same value, and pyroute2 reads the same."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from neighlab.kernel import nlattr, procstat, rtneightbl
from neighlab.kernel.rtneightbl import NDTPA, NeighStats, NeighTable

# Messages of Linux 6.18, out of what capture_neighs.py prints inside `unshare --user --map-root-user --net`.
TABLE = bytes.fromhex(
    "78010000400002000000000000000000020000000e0001006172705f63616368650000000c0008003075000000000000080002008000"
    "0000080003000002000008000400000400002400050004005001140000002c152000b4ae0200d74afd441f0000000000000000000000"
    "5c0007005c00000000000000480000000000000002000000000000000600000000000000bf0f0000000000002a000000000000000000"
    "0000000000000000000000000000880000000000000000000000000000000000000000000000b0000600080002000100000008001000"
    "00400300080008006500000008000e0040000000080009000000000008000a000300000008000b000300000008001100000000000c00"
    "0300b0820000000000000c00040030750000000000000c00060060ea0000000000000c00070088130000000000000c000500e8030000"
    "000000000c000c00e8030000000000000c000d0020030000000000000c000f00e8030000000000000c0013008813000000000000"
)
INTERFACE = bytes.fromhex(
    "dc000000400002000000000000000000020000000e0001006172705f6361636865000000b80006000800010003000000080002000900"
    "00000800100088130000080008000200000008000e0040000000080009000100000008000a000300000008000b000300000008001100"
    "000000000c00030050050000000000000c000400b0040000000000000c00060060ea0000000000000c00070088130000000000000c00"
    "0500e8030000000000000c000c00e8030000000000000c000d0020030000000000000c000f0028000000000000000c00130088130000"
    "00000000"
)

# Linux 6.18, two CPUs.
PROC = """\
entries  allocs   destroys hash_grows lookups  hits     res_failed rcv_probes_mcast rcv_probes_ucast \
periodic_gc_runs forced_gc_runs unresolved_discards table_fulls
00000012 00000007 0000000a 00000000   0000072a 00000000 00000001   00000000         00000002         \
00000045         00000000       00000003            00000000
00000012 0000000c 00000007 00000001   00000802 00000002 00000001   00000000         00000000         \
00000000         00000001       00000004            0000000f
"""


def ours(buffer: bytes) -> list[NeighTable]:
    """Decode the tables of a buffer."""
    out: list[NeighTable] = []
    rtneightbl.decode_tables(buffer, out)
    return out


def check_against_pyroute2(buffer: bytes) -> None:
    """Compare every value that pyroute2 knows; it has no table_fulls and no parameter above QUEUE_LENBYTES."""
    from pyroute2.netlink.rtnl.ndtmsg import ndtmsg

    messages = [
        ndtmsg(buffer[start - nlattr.HEADER_LEN : end])
        for kind, _flags, _seq, _pid, start, end in nlattr.iter_messages(buffer)
        if kind == nlattr.RTM_NEWNEIGHTBL
    ]
    tables = ours(buffer)
    assert len(tables) == len(messages) > 0
    for message, table in zip(messages, tables, strict=True):
        message.decode()
        get = message.get_attr
        assert (table.name, table.family) == (get("NDTA_NAME"), message["family"])
        assert [table.thresh1, table.thresh2, table.thresh3] == [get(f"NDTA_THRESH{number}") for number in (1, 2, 3)]
        assert table.gc_interval_ms == get("NDTA_GC_INTERVAL")
        if table.config is not None:
            assert list(table.config) == [value for key, value in get("NDTA_CONFIG").items() if key != "attrs"][:9]
        if table.stats is not None:
            theirs: dict[str, Any] = get("NDTA_STATS")
            assert {name: getattr(table.stats, name) for name in theirs if name != "attrs"} == {
                name: value for name, value in theirs.items() if name != "attrs"
            }
        known = {number for number in NDTPA if number <= NDTPA.QUEUE_LENBYTES}
        parms = get("NDTA_PARMS")
        assert {n: table.parms.get(n) for n in known} == {n: parms.get_attr(f"NDTPA_{n.name}") for n in known}


def test_a_captured_table_reads_as_it_did() -> None:
    """The table's own message has limits, counters and the default parameters."""
    (table,) = ours(TABLE)
    assert (table.name, table.family, table.ifindex) == ("arp_cache", 2, 0)
    assert (table.thresh1, table.thresh2, table.thresh3, table.gc_interval_ms) == (128, 512, 1024, 30_000)
    assert table.config is not None
    assert table.stats is not None
    assert (table.config.key_len, table.config.entries, table.stats.entries) == (4, 20, 20)
    assert (table.stats.allocs, table.stats.lookups, table.stats.unresolved_discards) == (92, 4031, None)
    assert (table.parms[NDTPA.LOCKTIME], table.parms[NDTPA.INTERVAL_PROBE_TIME_MS]) == (1000, 5000)
    check_against_pyroute2(TABLE)


def test_a_captured_interface_reads_as_it_did() -> None:
    """An interface's message has its parameters and nothing of the table; times are milliseconds."""
    (table,) = ours(INTERFACE)
    assert (table.name, table.ifindex) == ("arp_cache", 3)
    assert (table.thresh1, table.gc_interval_ms, table.config, table.stats) == (None, None, None, None)
    assert (table.parms[NDTPA.BASE_REACHABLE_TIME], table.parms[NDTPA.APP_PROBES]) == (1200, 1)
    check_against_pyroute2(INTERFACE)


def test_this_kernel_takes_parameters_and_tells_them() -> None:
    """Parameters set on one interface come back in its message, in milliseconds; pyroute2 reads all tables alike."""
    unshare = ["unshare", "--user", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], check=False).returncode:
        pytest.skip("no user namespace can be made here")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    script = Path(__file__).with_name("capture_neighs.py")
    run = subprocess.run([*unshare, sys.executable, script], env=environment, capture_output=True, check=True)
    buffer = bytes.fromhex(json.loads(run.stdout)["tables"])
    check_against_pyroute2(buffer)
    tables = {(table.name, table.ifindex): table for table in ours(buffer)}
    assert {("arp_cache", 0), ("ndisc_cache", 0)} <= set(tables)
    wanted = {
        "arp_cache": {NDTPA.APP_PROBES: 1, NDTPA.BASE_REACHABLE_TIME: 1200, NDTPA.LOCKTIME: 40},
        "ndisc_cache": {NDTPA.RETRANS_TIME: 120, NDTPA.DELAY_PROBE_TIME: 80, NDTPA.GC_STALETIME: 4000},
    }
    for name, parms in wanted.items():
        assert any(parms.items() <= table.parms.items() for key, table in tables.items() if key[0] == name)


def test_a_request_has_the_kernels_widths() -> None:
    """Times go as 64-bit milliseconds, counts as 32 bits; interface 0 is the default and is not named."""
    body = rtneightbl.encode_set_parms("arp_cache", 7, {NDTPA.LOCKTIME: 40, NDTPA.UCAST_PROBES: 2})
    inside = struct.pack("=HHI HHQ HHI", 8, 1, 7, 12, 15, 40, 8, 10, 2)
    name = struct.pack("=HH10sxx", 14, 1, b"arp_cache")
    assert body == bytes(4) + name + struct.pack("=HH", 4 + len(inside), 0x8006) + inside
    defaults = rtneightbl.encode_set_parms("arp_cache", 0, {NDTPA.LOCKTIME: 40})
    assert nlattr.parse_attrs(defaults, 4, len(defaults))[6] == struct.pack("=HHQ", 12, 15, 40)
    limits = rtneightbl.encode_set_thresholds("ndisc_cache", thresh3=2048, gc_interval_ms=1000)
    attrs = nlattr.parse_attrs(limits, 4, len(limits))
    assert attrs == {1: b"ndisc_cache\0", 4: struct.pack("=I", 2048), 8: struct.pack("=Q", 1000)}


def test_a_parameter_that_the_kernel_ignores_is_refused() -> None:
    """The reachable time in force is the kernel's random choice: only its base can be set."""
    with pytest.raises(ValueError, match="NDTPA_REACHABLE_TIME"):
        rtneightbl.encode_set_parms("arp_cache", 1, {NDTPA.REACHABLE_TIME: 1000})


def test_times_and_intervals_read_in_either_width() -> None:
    """A 32-bit time or limit gives the same number as a 64-bit one."""
    for encode in (nlattr.u32, nlattr.u64):
        body = bytes(4) + encode(8, 30_000) + nlattr.nested(6, encode(NDTPA.LOCKTIME, 40), nlattr.attr(18, b""))
        (table,) = ours(nlattr.message(nlattr.RTM_NEWNEIGHTBL, 0, 0, body))
        assert (table.gc_interval_ms, table.parms) == (30_000, {NDTPA.LOCKTIME: 40})


def test_a_damaged_buffer_is_a_value_error() -> None:
    """Cut off anywhere but between two messages, a buffer raises ValueError and nothing else."""
    whole = TABLE + INTERFACE
    for end in set(range(1, len(whole))) - {len(TABLE)}:
        with pytest.raises(ValueError, match="netlink"):
            ours(whole[:end])
    for short in (nlattr.attr(5, bytes(8)), nlattr.attr(6, bytes(3)), nlattr.attr(1, b"\xff")):
        with pytest.raises(ValueError):  # noqa: PT011
            ours(nlattr.message(nlattr.RTM_NEWNEIGHTBL, 0, 0, bytes(4) + short))


def test_proc_counters_are_summed_and_entries_are_not() -> None:
    """`entries` is the table's in every line, everything else is one CPU's; columns go by name."""
    stats = procstat.parse(PROC)
    assert stats == NeighStats(
        entries=0x12, allocs=0x13, destroys=0x11, hash_grows=1, res_failed=2, lookups=0x72A + 0x802, hits=2,
        rcv_probes_ucast=2, periodic_gc_runs=0x45, forced_gc_runs=1, table_fulls=15, unresolved_discards=7,
    )  # fmt: skip
    assert procstat.parse("new_one entries table_fulls\n5 a 1\n6 a 2\n") == NeighStats(entries=10, table_fulls=3)


@pytest.mark.parametrize("text", ["", "entries\n", "foo bar\n1 2\n", "entries hits\n1\n", "entries\nxyz\n"])
def test_other_text_is_refused(text: str) -> None:
    """A file that is not a neighbour table's statistics is a ValueError."""
    with pytest.raises(ValueError):  # noqa: PT011
        procstat.parse(text)


def test_a_difference_is_what_happened_in_between() -> None:
    """Counters subtract one by one; unresolved_discards only where both sides know it."""
    before = procstat.parse(PROC)
    after = before._replace(entries=0x13, allocs=before.allocs + 4, unresolved_discards=9)
    assert after - before == NeighStats(entries=1, allocs=4, unresolved_discards=2)
    assert (after - before._replace(unresolved_discards=None)).unresolved_discards is None

"""The struct decoder and pyroute2 read every neighbour message alike, whatever its attributes and their order."""

from __future__ import annotations

import json
import os
import random
import shutil
import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from neighlab.kernel import nlattr, rtneigh
from neighlab.model.neigh import Neigh
from neighlab.model.nud import NTF, NUD

LLADDR = "00:00:5e:00:53:02"
V4, V6 = socket.AF_INET, socket.AF_INET6
NEIGHS = (nlattr.RTM_NEWNEIGH, nlattr.RTM_DELNEIGH, nlattr.RTM_GETNEIGH)

# Messages of Linux 6.18, out of what capture_neighs.py prints inside `unshare --user --map-root-user --net`.
CAPTURED: dict[str, tuple[str, int, Neigh]] = {
    "permanent v4": (
        "4c0000001c000200000000000000000002000000030000008000000108000100c000020a0a00020000005e005302000008000400"
        "000000001400030000000000000000000000000000000000",
        nlattr.RTM_NEWNEIGH,
        Neigh("192.0.2.10", NUD.PERMANENT, LLADDR, 3, V4, type=1),
    ),
    "noarp v6": (
        "580000001c00020000000000000000000a00000003000000400000011400010020010db80000000000000000000000110a000200"
        "00005e005302000008000400000000001400030000000000000000000000000000000000",
        nlattr.RTM_NEWNEIGH,
        Neigh("2001:db8::11", NUD.NOARP, LLADDR, 3, V6, type=1),
    ),
    "stale v6 router": (
        "580000001c00020000000000000000000a00000003000000040080011400010020010db80000000000000000000000200a000200"
        "00005e005302000008000400000000001400030070170000000000000000000000000000",
        nlattr.RTM_NEWNEIGH,
        Neigh("2001:db8::20", NUD.STALE, LLADDR, 3, V6, flags=NTF.ROUTER, confirmed_ms=60000, type=1),
    ),
    "extern_learn v4 protocol": (
        "540000001c000200000000000000000002000000030000000400100108000100c000020d0a00020000005e005302000008000400"
        "00000000140003007017000000000000000000000000000005000c0063000000",
        nlattr.RTM_NEWNEIGH,
        Neigh("192.0.2.13", NUD.STALE, LLADDR, 3, V4, flags=NTF.EXT_LEARNED, confirmed_ms=60000, type=1, protocol=99),
    ),
    "failed v6": (
        "4c0000001c00020000000000000000000a00000003000000200000011400010020010db800000000000000000000001508000400"
        "000000001400030070170000000000000000000000000000",
        nlattr.RTM_NEWNEIGH,
        Neigh("2001:db8::15", NUD.FAILED, None, 3, V6, confirmed_ms=60000, type=1),
    ),
    "managed v4": (
        "480000001c000200000000000000000002000000030000000100000108000100c000021008000400040000001400030070170000"
        "00000000000000000100000008000f0001000000",
        nlattr.RTM_NEWNEIGH,
        Neigh("192.0.2.16", NUD.INCOMPLETE, None, 3, V4, NTF.MANAGED, probes=4, confirmed_ms=60000, refcnt=1, type=1),
    ),
    "proxy v6 protocol": (
        "380000001c00020000000000000000000a00000003000000000008011400010020010db800000000000000000000001805000c00"
        "63000000",
        nlattr.RTM_NEWNEIGH,
        Neigh("2001:db8::18", NUD.NONE, None, 3, V6, flags=NTF.PROXY, type=1, protocol=99),
    ),
    "deleted v4": (
        "400000001d000000000000000000000002000000030000002000000108000100c000020c08000400000000001400030000000000"
        "000000000000000000000000",
        nlattr.RTM_DELNEIGH,
        Neigh("192.0.2.12", NUD.FAILED, None, 3, V4, type=1),
    ),
    "miss v4": (
        "400000001e000100000000000000000002000000030000000100000108000100c000023c08000400030000001400030070170000"
        "000000000000000001000000",
        nlattr.RTM_GETNEIGH,
        Neigh("192.0.2.60", NUD.INCOMPLETE, None, 3, V4, probes=3, confirmed_ms=60000, refcnt=1, type=1),
    ),
}


def theirs(buffer: bytes) -> list[tuple[int, Neigh]]:
    """Decode the neighbour messages of a buffer with pyroute2."""
    from pyroute2.netlink.rtnl.ndmsg import ndmsg

    found = []
    for kind, _flags, _seq, _pid, start, end in nlattr.iter_messages(buffer):
        if kind not in NEIGHS:
            continue
        message = ndmsg(buffer[start - nlattr.HEADER_LEN : end])
        message.decode()
        cache = message.get_attr("NDA_CACHEINFO") or {}
        neigh = Neigh(
            addr=message.get_attr("NDA_DST") or "",
            state=NUD(message["state"]),
            lladdr=message.get_attr("NDA_LLADDR"),
            ifindex=message["ifindex"],
            family=message["family"],
            flags=NTF(message["flags"] | (message.get_attr("NDA_FLAGS_EXT") or 0) << 8),
            probes=message.get_attr("NDA_PROBES") or 0,
            confirmed_ms=cache.get("ndm_confirmed", 0) * 10,
            used_ms=cache.get("ndm_used", 0) * 10,
            updated_ms=cache.get("ndm_updated", 0) * 10,
            refcnt=cache.get("ndm_refcnt", 0),
            type=message["ndm_type"],
            protocol=message.get_attr("NDA_PROTOCOL"),
        )
        found.append((kind, neigh))
    return found


def ours(buffer: bytes) -> list[tuple[int, Neigh]]:
    """Decode the neighbour messages of a buffer one by one."""
    return [
        rtneigh.decode_neigh(buffer, start - nlattr.HEADER_LEN)
        for kind, _flags, _seq, _pid, start, _end in nlattr.iter_messages(buffer)
        if kind in NEIGHS
    ]


def dumped(buffer: bytes) -> list[Neigh]:
    """Decode a whole buffer at once."""
    out: list[Neigh] = []
    rtneigh.decode_neighs(buffer, out)
    return out


@pytest.fixture(scope="module")
def live() -> dict[str, bytes]:
    """What this machine's kernel says, taken in a namespace that is gone when the test begins."""
    unshare = ["unshare", "--user", "--map-root-user", "--net"]
    if shutil.which("unshare") is None or subprocess.run([*unshare, "true"], check=False).returncode:
        pytest.skip("no user namespace can be made here")
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    script = Path(__file__).with_name("capture_neighs.py")
    run = subprocess.run([*unshare, sys.executable, script], env=environment, capture_output=True, check=True)
    return {name: bytes.fromhex(data) for name, data in json.loads(run.stdout).items()}


@pytest.mark.parametrize("name", CAPTURED)
def test_a_captured_message_reads_as_it_did(name: str) -> None:
    """A message of a real kernel gives the same entry, alone and in a run."""
    data, kind, neigh = CAPTURED[name]
    buffer = bytes.fromhex(data)
    assert rtneigh.decode_neigh(buffer) == (kind, neigh)
    assert dumped(buffer * 3) == [neigh] * (3 if kind == nlattr.RTM_NEWNEIGH else 0)
    assert theirs(buffer) == [(kind, neigh)]


@pytest.mark.parametrize("name", ["all", "v4", "eth1", "proxy", "get", "events"])
def test_this_kernels_messages_read_as_pyroute2_reads_them(live: dict[str, bytes], name: str) -> None:
    """Every entry of a dump or an event is the one that pyroute2 sees."""
    expected = theirs(live[name])
    assert expected
    assert ours(live[name]) == expected
    assert dumped(live[name]) == [neigh for kind, neigh in expected if kind == nlattr.RTM_NEWNEIGH]


def test_the_kernel_understands_what_was_encoded(live: dict[str, bytes]) -> None:
    """State, flags, protocol and filters arrive; a long link-layer address is cut to the interface's length."""
    entries = {neigh.addr: neigh for neigh in dumped(live["all"])}
    for net in ("192.0.2.", "2001:db8::"):
        assert entries[net + "10"].state is NUD.PERMANENT
        assert entries[net + "11"].state is NUD.NOARP
        assert (entries[net + "13"].flags, entries[net + "13"].protocol) == (NTF.EXT_LEARNED, 99)
        assert (entries[net + "15"].state, entries[net + "15"].lladdr) == (NUD.FAILED, None)
        assert entries[net + "16"].flags & NTF.MANAGED
        assert entries[net + "19"].lladdr == LLADDR
    proxies = {neigh.addr: neigh.protocol for neigh in dumped(live["proxy"]) if neigh.flags is NTF.PROXY}
    assert proxies == {"192.0.2.17": None, "192.0.2.18": 99, "2001:db8::17": None, "2001:db8::18": 99}
    assert {neigh.family for neigh in dumped(live["v4"])} == {V4}
    assert [neigh.addr for neigh in dumped(live["eth1"])] == ["192.0.2.21"]
    assert [neigh.addr for neigh in dumped(live["get"])] == ["192.0.2.13"]
    events = [(kind, neigh.addr) for kind, neigh in ours(live["events"])]
    assert (nlattr.RTM_GETNEIGH, "192.0.2.60") in events
    assert (nlattr.RTM_DELNEIGH, "192.0.2.12") in events


def shuffled(rng: random.Random) -> bytes:
    """Make a message with any of the known attributes, in any order."""
    family = rng.choice((V4, V6))
    attrs = [
        nlattr.attr(nlattr.NDA_DST, rng.randbytes(4 if family == V4 else 16)),
        nlattr.attr(nlattr.NDA_LLADDR, rng.randbytes(6)),
        nlattr.u32(nlattr.NDA_PROBES, rng.getrandbits(32)),
        nlattr.attr(nlattr.NDA_CACHEINFO, rng.randbytes(16)),
        nlattr.u8(nlattr.NDA_PROTOCOL, rng.randrange(256)),
        nlattr.u32(nlattr.NDA_FLAGS_EXT, rng.randrange(8)),
        nlattr.u32(nlattr.NDA_MASTER, 7),
        nlattr.u16(nlattr.NDA_VLAN, 7),
    ]
    if rng.random() < 0.5:
        rng.shuffle(attrs)
    chosen = [one for one in attrs if rng.random() < 0.8]
    body = struct.pack("=BxxxiHBB", family, rng.randrange(1, 99), rng.choice(list(NUD)), rng.randrange(256), 1)
    return nlattr.message(nlattr.RTM_NEWNEIGH, 0, 0, body + b"".join(chosen))


def test_the_order_of_the_attributes_does_not_matter() -> None:
    """A thousand messages of any order read as pyroute2 reads them, one by one and as one buffer."""
    rng = random.Random(4861)
    buffer = b"".join(shuffled(rng) for _ in range(1000))
    expected = theirs(buffer)
    assert ours(buffer) == expected
    assert dumped(buffer) == [neigh for _kind, neigh in expected]


@pytest.mark.parametrize("size", [0, 1, 5, 6, 7, 8, 20])
def test_a_link_layer_address_has_any_length(size: int) -> None:
    """Twenty bytes (InfiniBand) read as well as six, also where padding makes the message as long as a usual one."""
    body = rtneigh.encode_neigh(family=V4, ifindex=3, addr="192.0.2.1", lladdr=":".join(["5e"] * size))
    body += nlattr.u32(nlattr.NDA_PROBES, 1) + nlattr.attr(nlattr.NDA_CACHEINFO, bytes(16))
    (neigh,) = dumped(nlattr.message(nlattr.RTM_NEWNEIGH, 0, 0, body))
    assert neigh.lladdr == (":".join(["5e"] * size) or None)


def test_a_bridges_forwarding_entry_has_no_address() -> None:
    """RTNLGRP_NEIGH carries AF_BRIDGE entries as well: they are read, with an empty `addr`."""
    body = struct.pack("=BxxxiHBB", 7, 3, NUD.PERMANENT, NTF.SELF, 0) + nlattr.attr(nlattr.NDA_LLADDR, bytes(6))
    (neigh,) = dumped(nlattr.message(nlattr.RTM_NEWNEIGH, 0, 0, body))
    assert (neigh.family, neigh.addr, neigh.lladdr, neigh.flags) == (7, "", "00:00:00:00:00:00", NTF.SELF)


def test_a_damaged_buffer_is_a_value_error() -> None:
    """Cut off anywhere, or with bytes overwritten, a buffer either reads or raises ValueError."""
    rng = random.Random(826)
    whole = b"".join(bytes.fromhex(data) for data, _kind, _neigh in CAPTURED.values())
    ends = {end for *_, end in nlattr.iter_messages(whole)} | {0}
    for end in range(len(whole)):
        if end in ends:
            dumped(whole[:end])
        else:
            with pytest.raises(ValueError, match="netlink"):
                dumped(whole[:end])
    for _ in range(3000):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 6)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        for decode in (dumped, ours):
            with suppress(ValueError):
                decode(bytes(damaged))


def test_an_address_of_another_family_is_refused() -> None:
    """The text of an address must fit the family, before the kernel hears of it."""
    with pytest.raises(ValueError, match="2001:db8::1"):
        rtneigh.encode_neigh(family=V4, ifindex=1, addr="2001:db8::1")

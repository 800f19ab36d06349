"""The small layers under the kernel's own word: instructions, types, rings, records, symbols."""

from __future__ import annotations

import mmap
import os
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from neighlab.kernel.tracing import btf, records, writer
from neighlab.kernel.tracing.assembler import R0, R1, R2, R6, R10, U16, U32, U64, Assembler
from neighlab.kernel.tracing.programs import PROGRAMS, STRUCTURES, assemble
from neighlab.kernel.tracing.records import DropRecord, Kind, NeighRecord
from neighlab.kernel.tracing.ringbuf import RingBuffer
from neighlab.kernel.tracing.symbols import Symbols
from neighlab.model.nud import NTF, NUD

# -- the assembler, against encodings of linux/bpf.h and of what clang makes of such lines


@pytest.mark.parametrize(
    ("write", "encoded"),
    [
        (lambda a: a.mov(R0, 0), "b700000000000000"),
        (lambda a: a.mov(R2, -8), "b7020000f8ffffff"),
        (lambda a: a.copy(R6, R1), "bf16000000000000"),
        (lambda a: a.copy(R2, R10, -8), "bfa200000000000007020000f8ffffff"),
        (lambda a: a.alu("and", R1, 0xFFFF), "57010000ffff0000"),
        (lambda a: a.alu("mul", R1, 16), "2701000010000000"),
        (lambda a: a.alu("sub", R1, R2, register=True), "1f21000000000000"),
        (lambda a: a.load(U64, R1, R6, 8), "7961080000000000"),
        (lambda a: a.load(U16, R1, R10, -8), "69a1f8ff00000000"),
        (lambda a: a.store(U32, R10, -8, R1), "631af8ff00000000"),
        (lambda a: a.store_number(U32, R10, -4, 7), "620afcff07000000"),
        (lambda a: a.atomic_add(R0, 0, R1), "db10000000000000"),
        (lambda a: a.map(R1, 5), "18110000050000000000000000000000"),
        (lambda a: a.call(5), "8500000005000000"),
        (lambda a: a.leave(), "b7000000000000009500000000000000"),
    ],
)
def test_an_instruction_is_encoded_as_the_kernel_has_it(write, encoded: str) -> None:
    one = Assembler()
    write(one)
    assert one.code().hex() == encoded


def test_a_jump_counts_the_instructions_that_it_skips() -> None:
    one = Assembler()
    one.jump("jeq", R0, 0, "end")
    one.map(R1, 5)  # two instructions wide
    one.goto("end")
    one.jump("jne", R1, R2, "end", register=True)
    one.label("end")
    one.leave()
    code = one.code()
    assert code[:8].hex() == "1500040000000000"
    assert code[24:32].hex() == "0500010000000000"
    assert code[32:40].hex() == "5d21000000000000"


def test_a_label_that_is_nowhere_twice_or_behind_is_refused() -> None:
    nowhere = Assembler()
    nowhere.goto("end")
    with pytest.raises(ValueError, match="end"):
        nowhere.code()
    behind = Assembler()
    behind.label("loop")
    behind.goto("loop")
    with pytest.raises(ValueError, match="before"):
        behind.code()
    with pytest.raises(ValueError, match="twice"):
        behind.label("loop")


# -- BTF: a blob of eleven types

_INT, _PTR, _ARRAY, _STRUCT, _UNION, _ENUM, _TYPEDEF, _FUNC_PROTO = 1, 2, 3, 4, 5, 6, 8, 13


class Blob:
    """A BTF blob under construction."""

    def __init__(self) -> None:
        self.strings = bytearray(b"\0")
        self.types = bytearray()

    def name(self, text: str) -> int:
        if not text:
            return 0
        at = len(self.strings)
        self.strings += text.encode() + b"\0"
        return at

    def add(self, name: str, kind: int, third: int, *words: int, members: int = 0, flag: int = 0) -> None:
        self.types += struct.pack("=III", self.name(name), flag << 31 | kind << 24 | members, third)
        self.types += struct.pack(f"={len(words)}I", *words)

    def bytes(self) -> bytes:
        lengths = (0, len(self.types), len(self.types), len(self.strings))
        return struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, *lengths) + self.types + self.strings


@pytest.fixture
def small() -> bytes:
    blob, no = Blob(), 0
    blob.add("int", _INT, 4, 32)  # 1
    blob.add("inner", _STRUCT, 8, blob.name("a"), 1, 0, blob.name("b"), 1, 32, members=2)  # 2
    blob.add("", _UNION, 4, blob.name("x"), 1, 0, blob.name("y"), 1, 0, members=2)  # 3
    blob.add(
        "outer",
        _STRUCT,
        48,
        blob.name("first"),
        1,
        0,
        no,
        3,
        32,
        blob.name("in"),
        5,
        64,
        blob.name("next"),
        6,
        128,
        blob.name("many"),
        7,
        192,
        members=5,
    )  # 4
    blob.add("inner_t", _TYPEDEF, 2)  # 5
    blob.add("", _PTR, 4)  # 6
    blob.add("", _ARRAY, 0, 1, 1, 4)  # 7
    blob.add("reason", _ENUM, 4, blob.name("R_A"), 0, blob.name("R_B"), 7, members=2)  # 8
    blob.add("", _FUNC_PROTO, 0, no, 6, no, 6, no, 1, members=3)  # 9
    blob.add("", _PTR, 9)  # 10
    blob.add("btf_trace_something", _TYPEDEF, 10)  # 11
    bits = blob.name("bits"), 1, 3 << 24 | 40
    blob.add("packed", _STRUCT, 8, *bits, members=1, flag=1)  # 12
    return blob.bytes()


NAMES = ["outer", "packed", "reason", "btf_trace_something", "btf_trace_other"]


def test_a_member_is_found_through_typedefs_and_members_without_a_name(small: bytes) -> None:
    types = btf.Btf(small, NAMES)
    assert types.offset("outer", "first") == 0
    assert types.offset("outer", "y") == 4
    assert types.offset("outer", "in", "b") == 12
    assert types.offset("packed", "bits") == 5
    assert (types.size("outer", "in"), types.size("outer", "next"), types.size("outer", "many")) == (8, 8, 16)
    assert types.size("outer") == 48


def test_what_this_kernel_does_not_have_is_a_key_error(small: bytes) -> None:
    types = btf.Btf(small, NAMES)
    assert types.has("outer", "in", "a")
    assert not types.has("outer", "in", "c")
    with pytest.raises(KeyError, match=r"outer\.nothing"):
        types.offset("outer", "nothing")
    with pytest.raises(KeyError, match="inner"):
        types.offset("inner", "a")  # nobody asked for it by name
    with pytest.raises(KeyError):
        types.enum("outer")


def test_values_of_an_enumeration_and_arguments_of_a_tracepoint_are_told(small: bytes) -> None:
    types = btf.Btf(small, NAMES)
    assert types.enum("reason") == {0: "R_A", 7: "R_B"}
    assert types.arguments("something") == 2
    assert types.arguments("other") is None


def test_what_is_no_btf_is_refused() -> None:
    with pytest.raises(ValueError, match="no BTF"):
        btf.Btf(bytes(64), [])


@pytest.mark.skipif(not Path(btf.PATH).exists(), reason="this kernel does not tell its types")
def test_every_program_can_be_written_for_this_kernel() -> None:
    names = [*STRUCTURES, "skb_drop_reason", *(f"btf_trace_{name}" for name in PROGRAMS)]
    types = btf.Btf(Path(btf.PATH).read_bytes(), names)
    assert 0 < types.offset("neighbour", "dev") < types.size("neighbour")
    assert (types.size("neighbour", "nud_state"), types.size("neighbour", "dev")) == (1, 8)
    for name in PROGRAMS:
        code = assemble(name, types, writer.Maps(3, 4, 5))
        assert len(code) // 8 < 4096
        assert code.endswith(bytes.fromhex("b7000000000000009500000000000000"))


# -- the ring: a file that looks as the kernel's two mappings do

SIZE = mmap.PAGESIZE


class Ring:
    """The writers' side of a ring buffer in a file; its data is there twice, as the kernel maps it."""

    def __init__(self) -> None:
        self.descriptor = os.memfd_create("ring")
        os.ftruncate(self.descriptor, 2 * SIZE + 2 * SIZE)
        self.position = 0

    def write(self, data: bytes, flags: int = 0) -> None:
        record = struct.pack("=II", len(data) | flags, 0) + data
        record += bytes(-len(record) % 8)
        for offset, byte in enumerate(record):
            place = (self.position + offset) % SIZE
            for copy in (0, SIZE):
                os.pwrite(self.descriptor, bytes([byte]), 2 * SIZE + copy + place)
        self.position += len(record)
        os.pwrite(self.descriptor, struct.pack("=Q", self.position), SIZE)

    def consumed(self) -> int:
        return int.from_bytes(os.pread(self.descriptor, 8, 0), "little")


@pytest.fixture
def ring() -> Iterator[Ring]:
    made = Ring()
    yield made
    os.close(made.descriptor)


def test_records_are_read_once_in_their_order(ring: Ring) -> None:
    reader = RingBuffer(ring.descriptor, SIZE)
    assert reader.read() == []
    ring.write(b"one")
    ring.write(b"twelve bytes")
    assert reader.read() == [b"one", b"twelve bytes"]
    assert reader.read() == []
    assert ring.consumed() == ring.position
    reader.close()


def test_a_record_that_wraps_is_whole(ring: Ring) -> None:
    reader = RingBuffer(ring.descriptor, SIZE)
    written = [bytes([number]) * 1000 for number in range(1, 20)]
    for data in written:
        ring.write(data)
        assert reader.read() == [data]
    assert ring.position > 4 * SIZE
    reader.close()


def test_a_record_that_is_being_written_ends_the_reading_and_one_that_was_given_up_is_passed_over(ring: Ring) -> None:
    reader = RingBuffer(ring.descriptor, SIZE)
    ring.write(b"given up", 1 << 30)
    ring.write(b"here")
    before = ring.position
    ring.write(b"not yet", 1 << 31)
    ring.write(b"later")
    assert reader.read() == [b"here"]
    assert ring.consumed() == before
    reader.clear()
    assert ring.consumed() == ring.position
    reader.close()


# -- records


def record(kind: Kind, **fields: bytes) -> bytes:
    head = records.DROP_HEAD if kind is Kind.DROPPED else records.NEIGH_HEAD
    data = bytearray(head)
    struct.pack_into("=I", data, records.KIND.at, kind)
    for name, value in fields.items():
        field: records.Field = getattr(records, name)
        assert len(value) <= field.size
        data[field.at : field.at + len(value)] = value
    return bytes(data)


def u32(value: int) -> bytes:
    return struct.pack("=I", value)


def test_an_entry_is_decoded_with_its_update_and_its_stack() -> None:
    stack = struct.pack("=2Q", 0xFFFFFFFF81000123, 0xFFFFFFFF81000456)
    data = record(
        Kind.UPDATE, AT_NS=struct.pack("=Q", 1_500_000_000), INUM=u32(4026532000), IFINDEX=u32(2), TID=u32(77),
        PID=u32(1), STACK_BYTES=u32(16), COMM=b"ping\0junk", IFNAME=b"eth0", STATE=b"\x04", WANTED=b"\x02",
        LLADDR_BYTES=b"\x06", GIVEN=b"\x01", FLAGS=u32(0x110), FAMILY=u32(2), UPDATE_FLAGS=u32(1), ERROR=u32(2**32 - 1),
        ADDR=bytes([192, 0, 2, 99, 0xEE]), LLADDR=bytes.fromhex("00005e005301ff"),
        NEW_LLADDR=bytes.fromhex("00005e005366"),
    )  # fmt: skip
    one = records.decode(data + stack)
    assert isinstance(one, NeighRecord)
    assert one.origin == records.Origin(1.5, 4026532000, 2, "eth0", 77, 1, "ping", stack)
    assert (one.kind, one.addr, one.family) == (Kind.UPDATE, "192.0.2.99", 2)
    assert (one.state, one.lladdr, one.flags) == (NUD.STALE, "00:00:5e:00:53:01", NTF.EXT_LEARNED | NTF.MANAGED)
    assert (one.wanted, one.given, one.update_flags, one.error) == (NUD.REACHABLE, "00:00:5e:00:53:66", 1, -1)
    assert records.addresses(stack) == (0xFFFFFFFF81000123, 0xFFFFFFFF81000456)


def test_an_entry_that_knows_no_address_has_none_and_ipv6_is_told_by_the_table() -> None:
    addr = bytes.fromhex("20010db8000000000000000000000099")
    data = record(Kind.TIMER, STATE=b"\x20", FAMILY=u32(10), ADDR=addr, LLADDR_BYTES=b"\x06", LLADDR=b"\x02" * 6)
    one = records.decode(data)
    assert isinstance(one, NeighRecord)
    assert (one.addr, one.state, one.lladdr, one.given) == ("2001:db8::99", NUD.FAILED, None, None)


@pytest.mark.parametrize(("tail_at", "kept"), [(60, 20), (40, 0), (30, 0), (400, 96)])
def test_of_a_dropped_packet_is_kept_what_was_there(tail_at: int, kept: int) -> None:
    data = record(
        Kind.DROPPED, REASON=u32(59), LENGTH=u32(1400), LOCATION=struct.pack("=Q", 0xFFFFFFFF81E75000),
        PROTOCOL=b"\x08\x00", NETWORK_AT=struct.pack("=H", 40), LINK_AT=struct.pack("=H", 26), TAIL_AT=u32(tail_at),
        LINK_HEADER=bytes(range(16)), PACKET=b"\x45" * 96,
    )  # fmt: skip
    one = records.decode(data)
    assert isinstance(one, DropRecord)
    assert (one.reason, one.location, one.ethertype, one.length) == (59, 0xFFFFFFFF81E75000, 0x0800, 1400)
    assert one.packet == b"\x45" * kept
    assert one.link_header == bytes(range(14))


def test_a_packet_without_an_ethernet_header_has_none() -> None:
    data = record(Kind.DROPPED, NETWORK_AT=struct.pack("=H", 40), LINK_AT=b"\xff\xff", LINK_HEADER=b"\x01" * 16)
    one = records.decode(data)
    assert isinstance(one, DropRecord)
    assert one.link_header == b""


def test_fields_of_a_record_do_not_overlap() -> None:
    fields = {name: value for name, value in vars(records).items() if isinstance(value, records.Field)}
    names = list(fields)
    common, neigh = names[: names.index("STATE")], names[names.index("STATE") : names.index("REASON")]
    drop = names[names.index("REASON") :]
    assert (len(common), len(neigh), len(drop)) == (9, 11, 9)
    for both, head in ((common + neigh, records.NEIGH_HEAD), (common + drop, records.DROP_HEAD)):
        taken = [at for name in both for at in range(fields[name].at, fields[name].at + fields[name].size)]
        assert len(taken) == len(set(taken))
        assert max(taken) < head


# -- symbols

TEXT = b"""\
ffffffff81000000 T _stext
ffffffff81000010 T arp_process
ffffffff81000200 t neigh_flush_dev.isra.0
ffffffff81000300 t ___neigh_create.cold
ffffffff81000400 T last_own
ffffffffc0300000 t second_of_a_module\t[br_netfilter]
ffffffffc0200000 t first_of_a_module\t[veth]
000000000002f000 d per_cpu_of_a_module\t[ip_vs]
"""


@pytest.mark.parametrize(
    ("address", "name"),
    [
        (0xFFFFFFFF81000011, "arp_process"),
        (0xFFFFFFFF81000200, "arp_process"),  # its last call does not return: the address behind it is another's
        (0xFFFFFFFF81000201, "neigh_flush_dev"),
        (0xFFFFFFFF81000310, "___neigh_create"),
        (0xFFFFFFFF81999999, "last_own"),
        (0xFFFFFFFFC0200004, "first_of_a_module"),
        (0xFFFFFFFFC0300004, "second_of_a_module"),
        (0x1000, "?"),
        (0x2F010, "per_cpu_of_a_module"),
    ],
)
def test_an_address_is_in_the_function_that_begins_last_before_it(address: int, name: str) -> None:
    assert Symbols(TEXT).caller(address) == name


def test_addresses_of_zero_are_hidden_ones() -> None:
    assert Symbols(b"0000000000000000 T _stext\n0000000000000000 T _text\n").hidden
    assert Symbols(b"").hidden
    assert not Symbols(TEXT).hidden
    assert not Symbols(b"0000000000000000 A fixed_percpu_data\n" + TEXT).hidden
    assert Symbols(b"0000000000000000 T _stext\n0000000000000000 t first_of_a_module\t[veth]\n").hidden

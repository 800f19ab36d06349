"""Seven small programs, one a tracepoint, record what happens in a lab's namespaces, and nothing from elsewhere.

A tracepoint belongs to the whole machine. A program reads which network namespace the entry (or the packet) is in,
looks that up in the lab's filter, and ends if it is not there: what others do costs a few dozen nanoseconds and is
never seen. The records' layout is in `records`.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable
from socket import AF_INET, AF_INET6, AF_PACKET
from typing import Final

from neighlab.kernel.tracing import records
from neighlab.kernel.tracing.assembler import R1, R3, R7, R8, R9, R10, U8, U16, U32, U64
from neighlab.kernel.tracing.btf import Btf
from neighlab.kernel.tracing.passages import PROTOCOLS
from neighlab.kernel.tracing.records import Kind
from neighlab.kernel.tracing.writer import DEVICE, INUM, KEY, RUN_SLOTS, Maps, Writer

STRUCTURES: Final = (
    "neighbour", "neigh_table", "net_device", "net", "sk_buff", "sock", "task_struct", "pid", "upid",
)  # fmt: skip
"""The kernel's structures that the programs look into."""


def _count(writer: Writer) -> None:
    """Count that this program was run; that of packets, if it is for one of those that are counted."""
    if writer.kind is Kind.DROPPED:
        counted, others = writer.new_label(), writer.new_label()
        writer.argument(R8, 0)
        writer.peek(U16, R10, KEY, R8, writer.btf.offset("sk_buff", "protocol"))
        writer.load(U16, R1, R10, KEY)
        for protocol in PROTOCOLS:
            writer.jump("jeq", R1, int.from_bytes(protocol.to_bytes(2), sys.byteorder), counted)
        writer.goto(others)
        writer.label(counted)
        writer.count(RUN_SLOTS + writer.kind)
        writer.label(others)
    else:
        writer.count(RUN_SLOTS + writer.kind)


def _entry(writer: Writer, neigh: int) -> None:
    """Put into the record what an entry is at this moment."""
    writer.put_from(records.STATE, neigh, "neighbour", "nud_state")
    writer.put_from(records.FLAGS, neigh, "neighbour", "flags")
    writer.put_from(records.LLADDR, neigh, "neighbour", "ha")
    writer.put_from(records.ADDR, neigh, "neighbour", "primary_key")
    writer.follow(R9, neigh, writer.btf.offset("neighbour", "tbl"))
    writer.put_from(records.FAMILY, R9, "neigh_table", "family")


def _begin_neigh(writer: Writer, device: int) -> None:
    writer.store(U64, R10, DEVICE, device)
    writer.inum_of_device(device)
    writer.unless_ours(writer.end)
    writer.begin_record()
    writer.load(U64, R9, R10, DEVICE)
    writer.put_device(R9)
    writer.put_from(records.LLADDR_BYTES, R9, "net_device", "addr_len")
    for field in (records.WANTED, records.GIVEN, records.UPDATE_FLAGS, records.ERROR):
        writer.store_number(field.size, R7, field.at, 0)


def _created(writer: Writer) -> bytes:
    """neigh_create(tbl, dev, pkey, n, exempt_from_gc): before the entry has its key; n is NULL if there is no room."""
    writer.argument(R8, 1)
    _begin_neigh(writer, R8)
    writer.store_number(U8, R7, records.STATE.at, 0)
    writer.store_number(U32, R7, records.FLAGS.at, 0)
    writer.argument(R9, 0)
    writer.put_from(records.FAMILY, R9, "neigh_table", "family")
    writer.argument(R9, 2)
    writer.peek(records.ADDR.size, R7, records.ADDR.at, R9, 0)
    writer.argument(R1, 3)
    there = writer.new_label()
    writer.jump("jne", R1, 0, there)
    writer.store_number(U32, R7, records.ERROR.at, -errno.ENOBUFS)
    writer.label(there)
    writer.send(records.NEIGH_HEAD, stack=True)
    return writer.finish()


def _begin_entry(writer: Writer) -> None:
    """The record of a tracepoint whose first argument is the entry."""
    writer.argument(R8, 0)
    writer.follow(R9, R8, writer.btf.offset("neighbour", "dev"))
    _begin_neigh(writer, R9)
    _entry(writer, R8)


def _update(writer: Writer) -> bytes:
    """neigh_update(n, lladdr, new, flags, nlmsg_pid): the entry as it was before."""
    _begin_entry(writer)
    writer.argument(R1, 2)
    writer.put(records.WANTED, R1)
    writer.argument(R1, 3)
    writer.put(records.UPDATE_FLAGS, R1)
    writer.argument(R9, 1)
    without = writer.new_label()
    writer.jump("jeq", R9, 0, without)
    writer.store_number(U8, R7, records.GIVEN.at, 1)
    writer.peek(records.NEW_LLADDR.size, R7, records.NEW_LLADDR.at, R9, 0)
    writer.label(without)
    writer.send(records.NEIGH_HEAD, stack=True)
    return writer.finish()


def _after(writer: Writer) -> bytes:
    """neigh_update_done, neigh_timer_handler, neigh_event_send_done, neigh_cleanup_and_release (n, err)."""
    _begin_entry(writer)
    writer.argument(R1, 1)
    writer.put(records.ERROR, R1)
    writer.send(records.NEIGH_HEAD, stack=writer.kind is not Kind.UPDATED)  # UPDATE has said where
    return writer.finish()


def _dropped(writer: Writer) -> bytes:
    """kfree_skb(skb, location, reason, rx_sk); the reason since Linux 5.17."""
    btf = writer.btf
    by_socket, ours = writer.new_label(), writer.new_label()
    writer.argument(R8, 0)
    # skb->dev shares its place with other things in a socket's queue: what is no device leads to no namespace of ours
    writer.follow(R9, R8, btf.offset("sk_buff", "dev"))
    writer.inum_of_device(R9)
    writer.unless_ours(by_socket)
    writer.begin_record()
    writer.follow(R9, R8, btf.offset("sk_buff", "dev"))
    writer.put_device(R9)
    writer.goto(ours)

    writer.label(by_socket)
    writer.follow(R9, R8, btf.offset("sk_buff", "sk"))
    writer.store_number(U32, R10, KEY, 0)
    writer.peek(U16, R10, KEY, R9, btf.offset("sock", "__sk_common", "skc_family"))
    writer.load(U16, R1, R10, KEY)
    of_packets = writer.new_label()
    for family in (AF_INET, AF_INET6, AF_PACKET):
        writer.jump("jeq", R1, family, of_packets)
    writer.goto(writer.end)
    writer.label(of_packets)
    writer.follow(R9, R9, btf.offset("sock", "__sk_common", "skc_net", "net"))
    writer.peek(U32, R10, INUM, R9, btf.offset("net", "ns", "inum"))
    writer.unless_ours(writer.end)
    writer.begin_record()
    writer.store_number(U32, R7, records.IFINDEX.at, 0)
    writer.store_number(U8, R7, records.IFNAME.at, 0)

    writer.label(ours)
    writer.argument(R1, 1)
    writer.put(records.LOCATION, R1)
    if (btf.arguments("kfree_skb") or 0) > 2:
        writer.argument(R1, 2)
        writer.put(records.REASON, R1)
    else:
        writer.store_number(U32, R7, records.REASON.at, 0)
    writer.put_from(records.LENGTH, R8, "sk_buff", "len")
    writer.put_from(records.PROTOCOL, R8, "sk_buff", "protocol")
    writer.put_from(records.LINK_AT, R8, "sk_buff", "mac_header")
    writer.put_from(records.TAIL_AT, R8, "sk_buff", "tail")
    writer.peek(U16, R10, KEY, R8, btf.offset("sk_buff", "network_header"))
    _packet(writer)
    writer.send(records.DROP_HEAD, stack=True)
    return writer.finish()


def _packet(writer: Writer) -> None:
    """Keep the packet's beginning, from its network header, or from its data if nobody has set one."""
    btf, known, unknown = writer.btf, writer.new_label(), writer.new_label()
    writer.follow(R9, R8, btf.offset("sk_buff", "head"))
    writer.load(U16, R1, R10, KEY)
    writer.jump("jeq", R1, 0, unknown)
    writer.jump("jne", R1, 0xFFFF, known)
    writer.label(unknown)
    writer.follow(R1, R8, btf.offset("sk_buff", "data"))
    writer.alu("sub", R1, R9, register=True)
    writer.alu("and", R1, 0xFFFF)
    writer.store(U16, R10, KEY, R1)
    writer.label(known)
    writer.put(records.NETWORK_AT, R1)
    writer.copy(R3, R9)
    writer.alu("add", R3, R1, register=True)
    writer.peek(records.PACKET.size, R7, records.PACKET.at, R3, 0)
    writer.load(U16, R1, R7, records.LINK_AT.at)
    writer.copy(R3, R9)
    writer.alu("add", R3, R1, register=True)
    writer.peek(records.LINK_HEADER.size, R7, records.LINK_HEADER.at, R3, 0)


PROGRAMS: Final[dict[str, tuple[Kind, Callable[[Writer], bytes]]]] = {
    "neigh_create": (Kind.CREATED, _created),
    "neigh_update": (Kind.UPDATE, _update),
    "neigh_update_done": (Kind.UPDATED, _after),
    "neigh_timer_handler": (Kind.TIMER, _after),
    "neigh_event_send_done": (Kind.SENT, _after),
    "neigh_cleanup_and_release": (Kind.CLEANED, _after),
    "kfree_skb": (Kind.DROPPED, _dropped),
}
"""By the raw tracepoint that each is for."""


def assemble(tracepoint: str, btf: Btf, maps: Maps) -> bytes:
    """The program for a tracepoint, for the kernel that `btf` describes; KeyError if that lacks a structure."""
    kind, write = PROGRAMS[tracepoint]
    writer = Writer(btf, maps, kind)
    _count(writer)
    return write(writer)

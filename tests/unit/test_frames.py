"""Reading a frame gives back what was built into it, and no bytes whatever make it fail."""

from __future__ import annotations

import random
import subprocess
import sys
from typing import Any

import pytest

from neighlab.model import arp, ndp
from neighlab.model.addresses import BROADCAST, EVIL, ZERO
from neighlab.model.frame_words import describe
from neighlab.model.frames import Parsed, parse

ONE, TWO = "00:00:5e:00:53:01", "00:00:5e:00:53:02"
ADDR1, ADDR2 = "2001:db8::1", "2001:db8::2"
NONCE = bytes([1, 2, 3, 4, 5, 6])

REQUEST = arp.request("192.0.2.2", sender="192.0.2.1", lladdr=ONE)
REQUEST_ODD = arp.request("192.0.2.2", sender="192.0.2.1", lladdr=EVIL, to=TWO, src=ONE, target_lladdr=TWO)
REPLY = arp.reply("192.0.2.2", lladdr=TWO, receiver="192.0.2.1", receiver_lladdr=ONE)
REPLY_BROADCAST = arp.reply("192.0.2.2", lladdr=TWO, receiver="192.0.2.1", receiver_lladdr=ONE, to=BROADCAST)
GARP = arp.gratuitous("198.51.100.99", lladdr=EVIL)
GARP_REPLY = arp.gratuitous("198.51.100.99", lladdr=EVIL, form="reply")
GARP_UNICAST = arp.gratuitous("198.51.100.99", lladdr=EVIL, form="reply", to=ONE, src=TWO)
PROBE = arp.probe("192.0.2.2", lladdr=ONE)
ODD_OP = arp.raw(op=8, sender="192.0.2.1", lladdr=ONE, target="192.0.2.2")
LYING = arp.raw(op=1, sender="192.0.2.1", lladdr=ONE, target="192.0.2.2", hwlen=5)
NS = ndp.ns(ADDR2, sender=ADDR1, lladdr=ONE)
NS_ODD = ndp.ns(ADDR2, sender=ADDR1, lladdr=ONE, slla=EVIL, dst=ADDR2, to=TWO, hop_limit=64)
NS_BARE = ndp.ns(ADDR2, sender=ADDR1, lladdr=ONE, slla=False)
NA = ndp.na(ADDR2, lladdr=TWO, sender="fe80::2", dst=ADDR1, to=ONE, router=True, solicited=True)
NA_BARE = ndp.na(ADDR2, lladdr=TWO, override=False, tlla=False)
UNSOLICITED = ndp.unsolicited_na(ADDR2, lladdr=TWO)
DAD = ndp.dad(ADDR2, lladdr=ONE)
DAD_NONCE = ndp.dad(ADDR2, lladdr=ONE, nonce=NONCE)

ETHER4 = "00005e005302 00005e005301 0800"
ETHER6 = "00005e005302 00005e005301 86dd"
A1 = "20010db8000000000000000000000001"
A2 = "20010db8000000000000000000000002"
FE80_1 = "fe800000000000000000000000000001"


def wire(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


# Checksums are left zero where nothing reads them.
UDP = wire(f"{ETHER4} 45000028 00000000 4011 0000 c0000201 c0000202 1388 0007 0014 0000" + "00" * 12)
UDP_LATER_FRAGMENT = wire(f"{ETHER4} 4500001c 00000001 4011 0000 c0000201 c0000202" + "ff" * 8)
UDP6 = wire(f"{ETHER6} 60000000 000c 11 40 {A1} {A2} 1388 0007 000c 0000 00000000")
SYN = wire(f"{ETHER4} 46000028 00000000 4006 0000 c0000201 c0000202 01010101 1388 0050" + "00" * 8 + "5002" + "00" * 6)
SYN_ACK6 = wire(f"{ETHER6} 60000000 0014 06 40 {A2} {A1} 0050 1388" + "00" * 8 + "5012" + "00" * 6)
PING = wire(f"{ETHER4} 4500001c 00000000 4001 0000 c0000201 c0000202 08 00 0000 0001 0001")
PONG6 = wire(f"{ETHER6} 60000000 0008 3a 40 {A2} {A1} 81 00 0000 0001 0001")
UNREACHABLE = wire(
    f"{ETHER4} 45c00038 00000000 4001 0000 c0000201 c0000201 03 01 0000 00000000"
    "4500001c 00000000 4011 0000 c0000201 c0000263 1388 0007 0008 0000"
)
UNREACHABLE6 = wire(f"{ETHER6} 60000000 0030 3a 40 {A1} {A1} 01 03 0000 00000000 60000000 0000 3b 40 {A1} {A2}")
GRE = wire(f"{ETHER4} 45000014 00000000 402f 0000 c0000201 c0000202")
RS = wire(
    f"333300000002 00005e005301 86dd 60000000 0010 3a ff {FE80_1} ff02{'0' * 27}2 85 00 cb2b 00000000 0101 00005e005301"
)
RA = wire(
    f"333300000001 00005e005301 86dd 60000000 0010 3a ff {FE80_1} ff02{'0' * 27}1 86 00 0000 40 00 0708" + "00" * 8
)
REDIRECT = wire(
    f"00005e005301 00005e005302 86dd 60000000 0030 3a ff {FE80_1} {A1} 89 00 0000 00000000 {FE80_1} {A2}"
    " 02 01 00005e005302"
)
REDIRECT_BARE = wire(f"00005e005301 00005e005302 86dd 60000000 0028 3a ff {FE80_1} {A1} 89 00 0000 00000000 {A2} {A2}")
MLD = wire(
    f"333300000016 00005e005301 86dd 60000000 0010 00 01 {FE80_1} ff02{'0' * 26}16"
    "3a00 0502 0000 0100 8f00 0000 0000 0000"
)
EVERY = [value for value in globals().values() if isinstance(value, bytes)]


def nd(kind: str, **fields: Any) -> Parsed:
    shared: dict[str, Any] = {"kind": kind, "protocol": 58, "icmp_code": 0, "hop_limit": 255, "target": ADDR2}
    return Parsed(**shared | fields)


GROUP2: dict[str, Any] = {"dst": "33:33:ff:00:00:02", "dst_addr": "ff02::1:ff00:2", "icmp_type": 135}
NODES: dict[str, Any] = {"dst": "33:33:00:00:00:01", "dst_addr": "ff02::1", "icmp_type": 136}


@pytest.mark.parametrize(
    ("frame", "parsed"),
    [
        (REQUEST, Parsed("arp-request", ONE, BROADCAST, 1, "192.0.2.1", ONE, "192.0.2.2", ZERO)),
        (REQUEST_ODD, Parsed("arp-request", ONE, TWO, 1, "192.0.2.1", EVIL, "192.0.2.2", TWO)),
        (REPLY, Parsed("arp-reply", TWO, ONE, 2, "192.0.2.2", TWO, "192.0.2.1", ONE)),
        (GARP, Parsed("arp-request", EVIL, BROADCAST, 1, "198.51.100.99", EVIL, "198.51.100.99", ZERO)),
        (GARP_REPLY, Parsed("arp-reply", EVIL, BROADCAST, 2, "198.51.100.99", EVIL, "198.51.100.99", EVIL)),
        (GARP_UNICAST, Parsed("arp-reply", TWO, ONE, 2, "198.51.100.99", EVIL, "198.51.100.99", EVIL)),
        (PROBE, Parsed("arp-request", ONE, BROADCAST, 1, "0.0.0.0", ONE, "192.0.2.2", ZERO)),
        (ODD_OP, Parsed("other", ONE, BROADCAST, 8, "192.0.2.1", ONE, "192.0.2.2", ZERO)),
        (LYING, Parsed("other", ONE, BROADCAST)),
        (NS, nd("ns", src=ONE, sender=ADDR1, lladdr=ONE, **GROUP2)),
        (NS_BARE, nd("ns", src=ONE, sender=ADDR1, **GROUP2)),
        (
            NS_ODD,
            nd("ns", src=ONE, dst=TWO, sender=ADDR1, dst_addr=ADDR2, lladdr=EVIL, hop_limit=64, icmp_type=135),
        ),
        (DAD, nd("ns", src=ONE, sender="::", **GROUP2)),
        (DAD_NONCE, nd("ns", src=ONE, sender="::", nonce=NONCE, **GROUP2)),
        (UNSOLICITED, nd("na", src=TWO, sender=ADDR2, lladdr=TWO, override=True, **NODES)),
        (NA_BARE, nd("na", src=TWO, sender=ADDR2, **NODES)),
        (
            NA,
            nd("na", src=TWO, dst=ONE, sender="fe80::2", dst_addr=ADDR1, lladdr=TWO, icmp_type=136)._replace(
                router=True, solicited=True, override=True
            ),
        ),
    ],
)
def test_parse_gives_back_what_was_built(frame: bytes, parsed: Parsed) -> None:
    assert parse(frame) == parsed


def test_ip_headers_are_read() -> None:
    udp, syn, about = parse(UDP), parse(SYN), parse(UNREACHABLE)

    assert (udp.kind, udp.sender, udp.target, udp.dst_addr) == ("ipv4", "192.0.2.1", "192.0.2.2", "192.0.2.2")
    assert (udp.protocol, udp.sport, udp.dport, udp.length, udp.hop_limit) == (17, 5000, 7, 12, 64)
    assert (syn.protocol, syn.sport, syn.dport, syn.tcp_flags) == (6, 5000, 80, 2)
    assert (about.icmp_type, about.icmp_code, about.unreachable) == (3, 1, "192.0.2.99")
    assert (parse(UDP_LATER_FRAGMENT).kind, parse(UDP_LATER_FRAGMENT).sport) == ("ipv4", None)
    assert (parse(UDP6).kind, parse(UDP6).target, parse(UDP6).dport) == ("ipv6", ADDR2, 7)
    assert (parse(MLD).kind, parse(MLD).protocol, parse(MLD).icmp_type) == ("ipv6", 58, 143)


def test_router_discovery_is_read() -> None:
    assert (parse(RS).kind, parse(RS).sender, parse(RS).lladdr, parse(RS).target) == ("rs", "fe80::1", ONE, None)
    assert (parse(RA).kind, parse(RA).sender, parse(RA).lladdr, parse(RA).target) == ("ra", "fe80::1", None, None)


def test_redirects_are_read() -> None:
    to_router, to_itself = parse(REDIRECT), parse(REDIRECT_BARE)

    assert (to_router.kind, to_router.sender, to_router.dst_addr) == ("redirect", "fe80::1", ADDR1)
    assert (to_router.redirected, to_router.target, to_router.lladdr) == (ADDR2, "fe80::1", TWO)
    assert (to_itself.redirected, to_itself.target, to_itself.lladdr) == (ADDR2, ADDR2, None)
    assert parse(REDIRECT_BARE[:-1]).kind == "other"


PREDICATES = {
    "is_gratuitous": [GARP, GARP_REPLY, GARP_UNICAST],
    "is_probe": [PROBE, DAD, DAD_NONCE],
    "is_solicitation": [REQUEST, REQUEST_ODD, NS, NS_ODD, NS_BARE],
}


@pytest.mark.parametrize("predicate", PREDICATES)
def test_predicate_holds_for_its_frames_only(predicate: str) -> None:
    assert [frame for frame in EVERY if getattr(parse(frame), predicate)] == PREDICATES[predicate]


def test_group_bit_tells_broadcast_and_multicast_from_unicast() -> None:
    assert all(parse(frame).is_broadcast for frame in (REQUEST, NS, LYING))
    assert not any(parse(frame).is_broadcast for frame in (REPLY, NA, b"\xff"))


@pytest.mark.parametrize(
    ("frame", "line"),
    [
        (REQUEST, "ARP who-has 192.0.2.2 tell 192.0.2.1"),
        (REQUEST_ODD, f"ARP who-has 192.0.2.2 tell 192.0.2.1 (unicast) from {ONE}"),
        (REPLY, f"ARP 192.0.2.2 is-at {TWO}"),
        (REPLY_BROADCAST, f"ARP 192.0.2.2 is-at {TWO} (broadcast reply)"),
        (GARP, "ARP who-has 198.51.100.99 tell 198.51.100.99 (gratuitous)"),
        (GARP_REPLY, f"ARP 198.51.100.99 is-at {EVIL} (gratuitous reply)"),
        (GARP_UNICAST, f"ARP 198.51.100.99 is-at {EVIL} (gratuitous reply, unicast) from {TWO}"),
        (PROBE, "ARP who-has 192.0.2.2 (probe)"),
        (arp.probe("192.0.2.2", lladdr=ONE, to=TWO), "ARP who-has 192.0.2.2 (probe, unicast)"),
        (ODD_OP, "ARP op 8 192.0.2.1 > 192.0.2.2"),
        (LYING, "ARP hwtype 1 ptype 0x0800 hwlen 5 plen 4 op 1 (malformed)"),
        (LYING[:30], "ARP malformed, 30 bytes"),
        (NS, f"ND who-has {ADDR2} tell {ADDR1}"),
        (NS_BARE, f"ND who-has {ADDR2} tell {ADDR1}"),
        (NS_ODD, f"ND who-has {ADDR2} tell {ADDR1} (unicast, hop limit 64) from {ONE}"),
        (DAD_NONCE, f"ND who-has {ADDR2} (DAD)"),
        (NA, f"ND {ADDR2} is-at {TWO} flags [router,solicited,override]"),
        (UNSOLICITED, f"ND {ADDR2} is-at {TWO} flags [override]"),
        (NA_BARE, f"ND {ADDR2} is-at (no lladdr)"),
        (RS, "ND router solicitation fe80::1 > ff02::2"),
        (RA, "ND router advertisement fe80::1 > ff02::1"),
        (REDIRECT, f"ND redirect {ADDR2} is behind fe80::1 at {TWO}"),
        (REDIRECT_BARE, f"ND redirect {ADDR2} is on the link"),
        (UDP, "UDP 192.0.2.1:5000 > 192.0.2.2:7 12 bytes"),
        (UDP6, f"UDP [{ADDR1}]:5000 > [{ADDR2}]:7 4 bytes"),
        (UDP_LATER_FRAGMENT, "IPv4 protocol 17 192.0.2.1 > 192.0.2.2"),
        (SYN, "TCP 192.0.2.1:5000 > 192.0.2.2:80 [SYN]"),
        (SYN_ACK6, f"TCP [{ADDR2}]:80 > [{ADDR1}]:5000 [SYN,ACK]"),
        (PING, "ICMP echo request 192.0.2.1 > 192.0.2.2"),
        (PONG6, f"ICMPv6 echo reply {ADDR2} > {ADDR1}"),
        (UNREACHABLE, "ICMP host unreachable 192.0.2.1 > 192.0.2.1 (for 192.0.2.99)"),
        (UNREACHABLE6, f"ICMPv6 address unreachable {ADDR1} > {ADDR1} (for {ADDR2})"),
        (MLD, "ICMPv6 multicast listener report fe80::1 > ff02::16"),
        (GRE, "IPv4 protocol 47 192.0.2.1 > 192.0.2.2"),
        (wire("0180c2000000 00005e005301 88cc 0000"), "ethertype 0x88cc, 16 bytes"),
        (b"\x00" * 9, "9 bytes, too short for Ethernet"),
    ],
)
def test_describe_speaks_the_terms_of_the_field(frame: bytes, line: str) -> None:
    assert describe(frame) == line


@pytest.mark.parametrize("frame", [REQUEST, REPLY, NS, NA, DAD_NONCE, RS, RA, REDIRECT])
def test_truncated_neighbour_message_is_other(frame: bytes) -> None:
    assert {parse(frame[:length]).kind for length in range(len(frame))} == {"other"}


def test_padding_changes_nothing() -> None:
    assert all(parse(frame + bytes(18)) == parse(frame) for frame in (REQUEST, NS, NA_BARE, RS, RA, UDP))


def test_option_of_no_length_spoils_the_message() -> None:
    assert parse(NS[:79] + b"\x00" + NS[80:]).kind == "other"
    assert parse(NS[:79] + b"\x02" + NS[80:]).kind == "other"


def test_first_of_two_equal_options_counts() -> None:
    twice = NS[:18] + b"\x00\x28" + NS[20:] + wire("0101 00005e005366")

    assert parse(twice).lladdr == ONE


def test_no_bytes_make_reading_fail() -> None:
    dice = random.Random(826)
    kinds = set()
    for _ in range(4000):
        frame = bytearray(dice.choice(EVERY) if dice.random() < 0.8 else dice.randbytes(dice.randrange(120)))
        for _ in range(dice.randrange(6)):
            if frame:
                frame[dice.randrange(len(frame))] = dice.randrange(256)
        cut = bytes(frame[: dice.randrange(len(frame) + 1)] if dice.random() < 0.5 else frame)
        kinds.add(parse(cut).kind)
        assert describe(cut).isprintable()

    assert kinds == {"arp-request", "arp-reply", "ns", "na", "rs", "ra", "redirect", "ipv4", "ipv6", "other"}


def test_importing_does_not_load_scapy() -> None:
    code = (
        "import sys, neighlab.model.frame_words, neighlab.model.arp, neighlab.model.ndp\n"
        "neighlab.model.frame_words.describe(bytes(60))\n"
        "sys.exit(any(name.split('.')[0] == 'scapy' for name in sys.modules))"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(sys.path)}, check=False).returncode
        == 0
    )

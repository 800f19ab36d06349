"""Every neighbour discovery builder yields the bytes of RFC 4861, checksum included."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from neighlab.errors import ScenarioError
from neighlab.model import arp, ndp
from neighlab.model.addresses import EVIL

ONE, TWO = "00:00:5e:00:53:01", "00:00:5e:00:53:02"
ADDR1, ADDR2 = "2001:db8::1", "2001:db8::2"

A1 = "20010db8000000000000000000000001"
A2 = "20010db8000000000000000000000002"
FE80_2 = "fe800000000000000000000000000002"
NODES = "ff020000000000000000000000000001"
ROUTERS = "ff020000000000000000000000000002"
GROUP2 = "ff0200000000000000000001ff000002"
NONE = "00000000000000000000000000000000"

# Ethernet; version to hop limit, source, destination; type, code, checksum; flags, target; options.
NS = f"3333ff000002 00005e005301 86dd 60000000 0020 3a ff {A1} {GROUP2} 87 00 6d26 00000000 {A2} 01 01 00005e005301"
NS_BARE = f"3333ff000002 00005e005301 86dd 60000000 0018 3a ff {A1} {GROUP2} 87 00 1f31 00000000 {A2}"
NS_ODD = f"00005e005302 00005e005377 86dd 60000000 0020 3a 40 {A1} {A2} 87 00 3d0d 00000000 {A2} 01 01 00005e005366"
NA = f"333300000001 00005e005302 86dd 60000000 0020 3a ff {A2} {NODES} 88 00 4a27 20000000 {A2} 02 01 00005e005302"
NA_FULL = (
    f"00005e005301 00005e005377 86dd 60000000 0020 3a ff {FE80_2} {A1} 88 00 8aa8 e0000000 {A2} 02 01 00005e005302"
)
NA_BARE = f"333300000001 00005e005302 86dd 60000000 0018 3a 01 {A2} {NODES} 88 00 1d33 00000000 {A2}"
DAD = f"3333ff000002 00005e005301 86dd 60000000 0018 3a ff {NONE} {GROUP2} 87 00 4ceb 00000000 {A2}"
DAD_NONCE = (
    f"3333ff000002 00005e005301 86dd 60000000 0020 3a ff {NONE} {GROUP2} 87 00 35d6 00000000 {A2} 0e 01 010203040506"
)

RS = f"333300000002 00005e005302 86dd 60000000 0010 3a ff {A2} {ROUTERS} 85 00 9bf1 00000000 01 01 00005e005302"
RS_BARE = f"333300000002 00005e005302 86dd 60000000 0008 3a ff {NONE} {ROUTERS} 85 00 7bb8 00000000"
RA = (
    f"333300000001 00005e005302 86dd 60000000 0018 3a ff {FE80_2} {NODES} 86 00 c31a 00 00 0708 00000000 00000000"
    " 01 01 00005e005302"
)
REDIRECT = (
    f"00005e005301 00005e005366 86dd 60000000 0030 3a ff {FE80_2} {A1} 89 00 3b7a 00000000 {A2} {A2} 02 01 00005e005366"
)
REDIRECT_QUOTING = (
    f"00005e005301 00005e005302 86dd 60000000 0040 3a 01 {FE80_2} {A1} 89 00 1032 00000000 {FE80_2} {A2}"
    " 04 03 000000000000 3132333435363738 3900000000000000"
)


def golden(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (lambda: ndp.ns(ADDR2, sender=ADDR1, lladdr=ONE), NS),
        (lambda: ndp.ns(ADDR2, sender=ADDR1, lladdr=ONE, slla=False), NS_BARE),
        (
            lambda: ndp.ns(
                ADDR2, sender=ADDR1, lladdr=ONE, slla=EVIL, dst=ADDR2, to=TWO, src="00:00:5e:00:53:77", hop_limit=64
            ),
            NS_ODD,
        ),
        (lambda: ndp.na(ADDR2, lladdr=TWO), NA),
        (
            lambda: ndp.na(
                ADDR2,
                lladdr=EVIL,
                sender="fe80::2",
                dst=ADDR1,
                to=ONE,
                src="00:00:5e:00:53:77",
                router=True,
                solicited=True,
                tlla=TWO,
            ),
            NA_FULL,
        ),
        (lambda: ndp.na(ADDR2, lladdr=TWO, override=False, tlla=False, hop_limit=1), NA_BARE),
        (lambda: ndp.unsolicited_na(ADDR2, lladdr=TWO), NA),
        (lambda: ndp.dad(ADDR2, lladdr=ONE), DAD),
        (lambda: ndp.dad(ADDR2, lladdr=ONE, nonce=bytes([1, 2, 3, 4, 5, 6])), DAD_NONCE),
        (lambda: ndp.rs(sender=ADDR2, lladdr=TWO), RS),
        (lambda: ndp.rs(sender="::", lladdr=TWO, slla=False), RS_BARE),
        (lambda: ndp.ra(sender="fe80::2", lladdr=TWO, lifetime_s=1800), RA),
        (lambda: ndp.redirect(ADDR2, sender="fe80::2", lladdr=EVIL, dst=ADDR1, to=ONE), REDIRECT),
        (
            lambda: ndp.redirect(
                ADDR2,
                target="fe80::2",
                sender="fe80::2",
                lladdr=TWO,
                dst=ADDR1,
                to=ONE,
                tlla=False,
                hop_limit=1,
                packet=b"123456789",
            ),
            REDIRECT_QUOTING,
        ),
    ],
)
def test_frame_equals_its_golden_bytes(frame: Callable[[], bytes], expected: str) -> None:
    assert frame().hex() == golden(expected).hex()


def test_groups_map_as_the_rfcs_say() -> None:
    assert ndp.solicited_node("4037::01:800:200e:8c6c") == "ff02::1:ff0e:8c6c"
    assert ndp.multicast_lladdr("ff02::1:ff0e:8c6c") == "33:33:ff:0e:8c:6c"
    assert ndp.multicast_lladdr("ff02::1") == "33:33:00:00:00:01"


def test_unicast_destination_needs_its_ethernet_address() -> None:
    with pytest.raises(ScenarioError, match=r"2001:db8::2 is not a multicast address.*to=") as caught:
        ndp.ns(ADDR2, sender=ADDR1, lladdr=ONE, dst=ADDR2)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("bad", ["", "victim", "192.0.2.1", "2001:db8::2/64", "2001:db8:::2", "fe80::1%eth0"])
@pytest.mark.parametrize("field", ["target", "sender", "dst"])
def test_bad_address_is_named_wherever_it_stands(field: str, bad: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        ndp.na(**{"target": ADDR2, "lladdr": ONE, field: bad})  # type: ignore[arg-type]

    assert str(caught.value).startswith(repr(bad))


@pytest.mark.parametrize("field", ["lladdr", "to", "src", "tlla"])
def test_bad_link_layer_address_is_named_wherever_it_stands(field: str) -> None:
    with pytest.raises(ScenarioError, match=r"^'eth0' is not an Ethernet address"):
        ndp.na(ADDR2, **{"lladdr": ONE, field: "eth0"})  # type: ignore[arg-type]


@pytest.mark.parametrize("hop_limit", [-1, 256])
def test_hop_limit_is_one_byte(hop_limit: int) -> None:
    with pytest.raises(ScenarioError, match=str(hop_limit)):
        ndp.ns(ADDR2, sender=ADDR1, lladdr=ONE, hop_limit=hop_limit)


@pytest.mark.parametrize("lifetime_s", [-1, 65_536])
def test_lifetime_of_a_router_is_two_bytes(lifetime_s: int) -> None:
    with pytest.raises(ScenarioError, match=f"from 0 to 65535, not {lifetime_s}"):
        ndp.ra(sender="fe80::2", lladdr=TWO, lifetime_s=lifetime_s)


@pytest.mark.parametrize("length", [0, 5, 7, 8])
def test_nonce_fills_its_option(length: int) -> None:
    with pytest.raises(ScenarioError, match=f"not {length}:"):
        ndp.dad(ADDR2, lladdr=ONE, nonce=bytes(length))


def test_building_opens_no_socket_and_knows_no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    ndp.dad(ADDR2, lladdr=ONE)
    monkeypatch.setattr(socket, "socket", None)

    assert ndp.na(ADDR2, lladdr=ONE)
    assert arp.layers() is arp.layers()

    from scapy.config import conf

    assert conf.route6.routes == []

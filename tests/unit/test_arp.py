"""Every ARP builder yields the bytes of RFC 826, to the last bit."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from neighlab.errors import ScenarioError
from neighlab.model import arp
from neighlab.model.addresses import BROADCAST, EVIL

ONE, TWO = "00:00:5e:00:53:01", "00:00:5e:00:53:02"

# Ethernet destination, source, type; hwtype, ptype, hwlen, plen; op; sender's lladdr and address; target's.
REQUEST = "ffffffffffff 00005e005301 0806 0001 0800 06 04 0001 00005e005301 c0000201 000000000000 c0000202"
REQUEST_ODD = "00005e005302 00005e005377 0806 0001 0800 06 04 0001 00005e005366 c0000201 00005e005302 c0000202"
REPLY = "00005e005301 00005e005302 0806 0001 0800 06 04 0002 00005e005302 c0000202 00005e005301 c0000201"
REPLY_BROADCAST = "ffffffffffff 00005e005302 0806 0001 0800 06 04 0002 00005e005302 c0000202 00005e005301 c0000201"
GARP_REQUEST = "ffffffffffff 00005e005366 0806 0001 0800 06 04 0001 00005e005366 c6336463 000000000000 c6336463"
GARP_REPLY = "ffffffffffff 00005e005366 0806 0001 0800 06 04 0002 00005e005366 c6336463 00005e005366 c6336463"
GARP_REPLY_ODD = "00005e005301 00005e005302 0806 0001 0800 06 04 0002 00005e005366 c6336463 ffffffffffff c6336463"
PROBE = "ffffffffffff 00005e005301 0806 0001 0800 06 04 0001 00005e005301 00000000 000000000000 c0000202"
LYING = "ffffffffffff 00005e005301 0806 0006 86dd 05 10 0009 00005e005301 c0000201 000000000000 c0000202"


def golden(text: str) -> bytes:
    return bytes.fromhex(text.replace(" ", ""))


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (lambda: arp.request("192.0.2.2", sender="192.0.2.1", lladdr=ONE), REQUEST),
        (
            lambda: arp.request(
                "192.0.2.2", sender="192.0.2.1", lladdr=EVIL, to=TWO, src="00:00:5E:00:53:77", target_lladdr=TWO
            ),
            REQUEST_ODD,
        ),
        (lambda: arp.reply("192.0.2.2", lladdr=TWO, receiver="192.0.2.1", receiver_lladdr=ONE), REPLY),
        (
            lambda: arp.reply("192.0.2.2", lladdr=TWO, receiver="192.0.2.1", receiver_lladdr=ONE, to=BROADCAST),
            REPLY_BROADCAST,
        ),
        (lambda: arp.gratuitous("198.51.100.99", lladdr=EVIL), GARP_REQUEST),
        (lambda: arp.gratuitous("198.51.100.99", lladdr=EVIL, form="reply"), GARP_REPLY),
        (
            lambda: arp.gratuitous(
                "198.51.100.99", lladdr=EVIL, form="reply", to=ONE, src=TWO, target_lladdr=BROADCAST
            ),
            GARP_REPLY_ODD,
        ),
        (lambda: arp.probe("192.0.2.2", lladdr=ONE), PROBE),
        (lambda: arp.announcement("198.51.100.99", lladdr=EVIL), GARP_REQUEST),
        (lambda: arp.raw(op=1, sender="192.0.2.1", lladdr=ONE, target="192.0.2.2"), REQUEST),
        (
            lambda: arp.raw(
                op=9, sender="192.0.2.1", lladdr=ONE, target="192.0.2.2", hwtype=6, ptype=0x86DD, hwlen=5, plen=16
            ),
            LYING,
        ),
    ],
)
def test_frame_equals_its_golden_bytes(frame: Callable[[], bytes], expected: str) -> None:
    assert frame().hex() == golden(expected).hex()


def test_only_the_claimed_field_differs_in_a_lying_frame() -> None:
    honest = arp.raw(op=1, sender="192.0.2.1", lladdr=ONE, target="192.0.2.2")
    lying = arp.raw(op=1, sender="192.0.2.1", lladdr=ONE, target="192.0.2.2", hwlen=5)

    assert [at for at, pair in enumerate(zip(honest, lying, strict=True)) if pair[0] != pair[1]] == [18]


@pytest.mark.parametrize("bad", ["", "victim", "192.0.2", "192.0.2.256", "192.0.2.0/24", "2001:db8::2", "192.0.2.1\n"])
def test_bad_address_is_named(bad: str) -> None:
    with pytest.raises(ScenarioError, match="is not an IPv4 address") as caught:
        arp.probe(bad, lladdr=ONE)

    assert str(caught.value).startswith(repr(bad))


@pytest.mark.parametrize("bad", ["", "00:00:5e:00:53", "00-00-5e-00-53-01", "00:00:5e:00:53:0g", ONE + "\n", "eth0"])
@pytest.mark.parametrize("field", ["lladdr", "to", "src", "target_lladdr"])
def test_bad_link_layer_address_is_named_wherever_it_stands(field: str, bad: str) -> None:
    with pytest.raises(ScenarioError, match="is not an Ethernet address") as caught:
        arp.gratuitous("192.0.2.2", **{"lladdr": ONE, field: bad})  # type: ignore[arg-type]

    assert str(caught.value).startswith(repr(bad))


def test_unknown_form_of_a_gratuitous_arp_is_refused() -> None:
    with pytest.raises(ScenarioError, match="not 'answer'"):
        arp.gratuitous("192.0.2.2", lladdr=ONE, form="answer")  # type: ignore[arg-type]


@pytest.mark.parametrize("field", ["hwtype", "ptype", "hwlen", "plen", "op"])
def test_header_field_that_does_not_fit_is_named(field: str) -> None:
    with pytest.raises(ScenarioError, match=f"{field}=70000"):
        arp.raw(**{"op": 1, "sender": "192.0.2.1", "lladdr": ONE, "target": "192.0.2.2", field: 70000})  # type: ignore[arg-type]


def test_building_opens_no_socket_and_knows_no_route(monkeypatch: pytest.MonkeyPatch) -> None:
    arp.layers()
    monkeypatch.setattr(socket, "socket", None)

    assert arp.probe("203.0.113.9", lladdr=ONE)

    from scapy.config import conf

    assert conf.route.routes == []

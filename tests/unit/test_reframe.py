"""A frame is changed in the named fields alone, and what reads it finds them so."""

from __future__ import annotations

from typing import Any

import pytest

from neighlab.errors import ScenarioError
from neighlab.model import arp, ndp
from neighlab.model.addresses import EVIL, OTHER
from neighlab.model.reception.message import Nd, read
from neighlab.model.reception.reframe import changed

US, ASKER, GROUP = "2001:db8::1", "2001:db8::2", "ff02::5"
REQUEST = arp.request("192.0.2.1", sender="192.0.2.2", lladdr=EVIL)
QUESTION = ndp.ns(US, sender=ASKER, lladdr=EVIL)
ANSWER = ndp.na(ASKER, lladdr=EVIL, override=False)


@pytest.mark.parametrize(
    ("fields", "built"),
    [
        ({"op": 2}, {"op": 2}),
        ({"target": "224.0.0.1", "to": OTHER}, {"target": "224.0.0.1", "to": OTHER}),
        ({"hwtype": 4, "hwlen": 8}, {"hwtype": 4, "hwlen": 8}),
    ],
)
def test_arp_is_changed_as_if_it_had_been_built_so(fields: dict[str, Any], built: dict[str, Any]) -> None:
    whole: dict[str, Any] = {"op": 1, "sender": "192.0.2.2", "lladdr": EVIL, "target": "192.0.2.1"}
    assert changed(arp.raw(**whole), fields) == arp.raw(**whole | built)


@pytest.mark.parametrize(
    ("frame", "fields", "built"),
    [
        (QUESTION, {"hop_limit": 64}, ndp.ns(US, sender=ASKER, lladdr=EVIL, hop_limit=64)),
        (QUESTION, {"slla": False}, ndp.ns(US, sender=ASKER, lladdr=EVIL, slla=False)),
        (QUESTION, {"slla": OTHER}, ndp.ns(US, sender=ASKER, lladdr=EVIL, slla=OTHER)),
        (ANSWER, {"override": True}, ndp.na(ASKER, lladdr=EVIL)),
        (ANSWER, {"solicited": True, "router": True},
         ndp.na(ASKER, lladdr=EVIL, override=False, solicited=True, router=True)),
    ],
)  # fmt: skip
def test_nd_is_changed_as_if_it_had_been_built_so(frame: bytes, fields: dict[str, Any], built: bytes) -> None:
    assert changed(frame, fields) == built


def test_a_checksum_stays_as_right_or_wrong_as_it_was() -> None:
    right = changed(QUESTION, {"code": 1})
    wrong = changed(QUESTION, {"checksum": 1})
    assert (_nd(right).checksum_ok, _nd(right).code) == (True, 1)
    assert not _nd(wrong).checksum_ok
    assert not _nd(changed(wrong, {"code": 1})).checksum_ok
    assert changed(changed(wrong, {"code": 1}), {"code": 0}) == wrong
    assert changed(wrong, {"checksum": "right"}) == QUESTION


def test_a_cut_message_stays_cut_while_what_is_there_is_changed() -> None:
    cut = changed(QUESTION, {"length": 20})
    assert len(changed(cut, {"hop_limit": 1, "code": 1, "to": OTHER})) == len(cut)
    assert len(changed(changed(REQUEST, {"length": 27}), {"to": OTHER})) == 14 + 27


def test_a_message_is_cut_and_its_checksum_is_that_of_the_rest() -> None:
    cut = changed(QUESTION, {"length": 20})
    assert len(cut) == 54 + 20
    assert (_nd(cut).complete, _nd(cut).checksum_ok) == (False, True)
    assert len(changed(REQUEST, {"length": 27})) == 14 + 27
    assert changed(changed(QUESTION, {"length": 8}), {"target": US, "slla": EVIL}) == QUESTION
    assert changed(changed(REQUEST, {"length": 24}), {"target": "192.0.2.1"}) == REQUEST


def test_an_option_may_be_any_bytes() -> None:
    assert _nd(changed(QUESTION, {"slla": b"\x01\x00" + bytes(6)})).options is None
    assert _nd(changed(QUESTION, {"slla": b"\x01\x02" + bytes(14)})).option(1) == bytes(14)


@pytest.mark.parametrize(("frame", "field"), [(REQUEST, "hop_limit"), (QUESTION, "hwtype")])
def test_a_field_that_the_frame_has_not_is_named(frame: bytes, field: str) -> None:
    with pytest.raises(ScenarioError, match=f"no field {field!r}"):
        changed(frame, {field: 1})


def test_only_arp_and_nd_can_be_changed() -> None:
    with pytest.raises(ScenarioError, match="neither ARP nor ND: op"):
        changed(bytes(60), {"op": 1})


def _nd(frame: bytes) -> Nd:
    message = read(frame)
    assert isinstance(message, Nd)
    return message

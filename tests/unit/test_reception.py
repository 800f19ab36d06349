"""What a check says depends on the kernel that runs, where kernels differ."""

from __future__ import annotations

import pytest

from neighlab.model import arp, ndp
from neighlab.model.addresses import EVIL, OFF_LINK, ON_LINK6
from neighlab.model.reception.decide import decide
from neighlab.model.reception.outcome import Explanation, Outcome, UseEntry
from neighlab.model.reception.situation import OwnAddr, Situation, Surroundings


def receiver(kernel: tuple[int, ...], **settings: int) -> Situation:
    """A host with one address of each family and these settings of its interface."""
    addrs = (OwnAddr("192.0.2.1", 24, "eth0"), OwnAddr("2001:db8::1", 64, "eth0"))
    made = {(version, "eth0", name): value for version in (4, 6) for name, value in settings.items()}
    return Situation(Surroundings("victim", "eth0", "00:00:5e:00:53:01", addrs=addrs, settings=made, kernel=kernel))


def outcome(frame: bytes, it: Situation) -> Outcome:
    found = decide(frame, it)
    assert found is not None
    return found


def why(frame: bytes, it: Situation) -> Explanation:
    stopped = outcome(frame, it).ignored
    assert stopped is not None
    return stopped


def test_before_5_18_no_setting_makes_an_entry_of_an_advertisement() -> None:
    news = ndp.unsolicited_na(ON_LINK6, lladdr=EVIL)
    told = {"forwarding": 1, "accept_untracked_na": 1}
    before = why(news, receiver((5, 17), **told))
    assert (before.check, before.remedy) == ("no-entry", UseEntry(ON_LINK6))
    assert outcome(news, receiver((5, 18), **told)).learned is not None
    assert why(news, receiver((5, 18))).check == "not-a-router"


@pytest.mark.parametrize(("kernel", "learned"), [((5, 19), True), ((6, 0), False)])
def test_before_6_0_arp_accept_2_is_as_good_as_1(kernel: tuple[int, ...], learned: bool) -> None:
    found = outcome(arp.gratuitous(OFF_LINK, lladdr=EVIL), receiver(kernel, arp_accept=2))
    assert (found.learned is not None) == learned

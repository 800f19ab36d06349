"""What a story expects of the real kernel is met by what it does, and by nothing else."""

from __future__ import annotations

import time
from typing import Any

import machine
import pytest
from neighlab.topologies import VictimAttacker, VictimAttackerOwner
from sandboxed import inside, sandboxed

from neighlab.errors import ExpectationFailed, ScenarioError
from neighlab.lab.lab import Lab
from neighlab.model import arp, ndp
from neighlab.model.addresses import EVIL, ON_LINK, ON_LINK6, OTHER
from neighlab.model.knobs import parse_setting
from neighlab.model.nud import ABSENT, LEARNED, NTF, NUD

pytestmark = pytest.mark.usefixtures("nothing_left")


def make(families: Any = "ipv4", **how: Any) -> tuple[Lab, Any, Any]:
    lab = Lab(VictimAttacker, families=families, **how)
    return lab, lab["victim"], lab["attacker"]


@sandboxed
def test_a_state_of_before_the_last_act_satisfies_nobody() -> None:
    _lab, victim, attacker = make()
    victim.neigh_set(ON_LINK, EVIL, state=NUD.REACHABLE)
    victim.neigh_set(ON_LINK, EVIL, state=NUD.STALE)

    attacker.send(arp.gratuitous("192.0.2.55", lladdr=EVIL))
    attacker.fence(victim)

    for state in (NUD.REACHABLE, NUD.PERMANENT, NUD.FAILED, ABSENT):
        with pytest.raises(ExpectationFailed, match=r"observed STALE lladdr 00:00:5e:00:53:66$"):
            victim.expect(ON_LINK, state, within_ms=30)
    victim.expect(ON_LINK, NUD.STALE, lladdr=EVIL)


@sandboxed
def test_a_transient_state_is_not_missed_however_late_the_story_asks() -> None:
    lab, victim, _attacker = make()
    victim.conf(retrans_time_ms=10, ucast_solicit=1, delay_first_probe_time_ms=10)
    victim.neigh_set(ON_LINK, EVIL, state=NUD.STALE)

    victim.udp(ON_LINK).send()
    lab.wait(0.3)
    while (now := victim.neigh_get(ON_LINK)) is not None and now.state != NUD.FAILED:
        lab.wait(0.05)

    victim.expect(ON_LINK, NUD.DELAY, NUD.PROBE, NUD.FAILED)


@pytest.mark.parametrize("families", ["ipv4", "ipv6"])
@sandboxed
def test_a_whole_life_is_one_path(families: Any) -> None:
    _lab, victim, attacker = make(families, time_scale=10)
    # a use within delay_first_probe_time before the end of REACHABLE leads to DELAY, without STALE
    victim.conf(base_reachable_time_ms=300, delay_first_probe_time_ms=40, retrans_time_ms=40)
    addr = attacker.addr

    victim.udp(addr).send()
    victim.expect(addr, NUD.REACHABLE, lladdr=attacker.lladdr)
    victim.expect(addr, NUD.STALE)
    attacker.link(up=False)
    victim.udp(addr).send()
    victim.expect(addr, NUD.DELAY, NUD.PROBE, NUD.FAILED)


@sandboxed
def test_the_address_may_be_written_in_any_form() -> None:
    lab, victim, attacker = make("ipv6")

    attacker.send(ndp.ns(victim.addr, sender=ON_LINK6, lladdr=EVIL))
    attacker.fence(victim)

    victim.expect("2001:DB8:0:0::99", LEARNED, lladdr=EVIL.upper())
    assert {addr for _, _, addr in lab.history} == {ON_LINK6}
    with pytest.raises(ScenarioError, match="victim: 'nowhere' does not appear to be an IPv4 or IPv6 address"):
        victim.expect("nowhere", ABSENT)
    with pytest.raises(ScenarioError, match="victim has no interface eth7: it has eth0"):
        victim.expect(ON_LINK6, ABSENT, dev="eth7")


@sandboxed
def test_a_wrong_link_layer_address_or_flag_is_a_failure() -> None:
    _lab, victim, _attacker = make()
    victim.neigh_set(ON_LINK, EVIL, state=NUD.STALE, flags=NTF.EXT_LEARNED)

    victim.expect(ON_LINK, NUD.STALE, lladdr=EVIL, flags=NTF.EXT_LEARNED)
    for wrong in ({"lladdr": OTHER}, {"flags": NTF.ROUTER}, {"flags": NTF.NONE}):
        with pytest.raises(ExpectationFailed, match=r"observed STALE lladdr 00:00:5e:00:53:66 extern_learn$"):
            victim.expect(ON_LINK, NUD.STALE, within_ms=20, **wrong)


@sandboxed
def test_an_entry_of_another_host_is_not_taken_for_it() -> None:
    lab = Lab(VictimAttackerOwner, families="ipv4")
    lab["owner"].neigh_set(ON_LINK, EVIL)

    lab["owner"].expect(ON_LINK, NUD.PERMANENT)
    for other in ("victim", "attacker"):
        lab[other].expect(ON_LINK, ABSENT)
        with pytest.raises(ExpectationFailed, match="observed ABSENT"):
            lab[other].expect(ON_LINK, NUD.PERMANENT, within_ms=20)


@sandboxed
def test_a_false_claim_fails_soon_also_with_the_kernels_long_timers() -> None:
    _lab, victim, _attacker = make()
    victim.conf(base_reachable_time_ms=60_000, delay_first_probe_time_ms=60_000, retrans_time_ms=60_000)
    for state in (NUD.STALE, NUD.PERMANENT, NUD.DELAY, NUD.PROBE):
        start = time.monotonic()
        with pytest.raises(ExpectationFailed, match="observed ABSENT"):
            victim.expect(ON_LINK, state)
        assert time.monotonic() - start < 30


@sandboxed
def test_deadlines_follow_the_device_not_the_default() -> None:
    _lab, victim, _attacker = make(time_scale=10)
    victim.conf(retrans_time_ms=500, mcast_solicit=4)
    start = time.monotonic()

    victim.udp(ON_LINK).send()
    victim.expect(ON_LINK, NUD.INCOMPLETE, NUD.FAILED)

    assert time.monotonic() - start > 1.9
    assert victim.knob("retrans_time_ms") == 500


@sandboxed
def test_hold_sees_a_change_that_comes_and_goes() -> None:
    lab, victim, attacker = make()
    victim.conf(locktime_ms=0)
    victim.neigh_set(ON_LINK, EVIL, state=NUD.STALE)
    victim.hold(ON_LINK, NUD.STALE, for_ms=30)
    port = attacker.port()
    wait, frames = lab.wait, [arp.gratuitous(ON_LINK, lladdr=OTHER), arp.gratuitous(ON_LINK, lladdr=EVIL)]

    def interfering(timeout_s: float) -> None:
        for frame in frames:
            port.send(frame)
        frames.clear()
        wait(timeout_s)

    lab.wait = interfering  # type: ignore[method-assign]

    with pytest.raises(ExpectationFailed, match=f"for 60000 ms, observed STALE lladdr {OTHER}"):
        victim.hold(ON_LINK, NUD.STALE, lladdr=EVIL, for_ms=60_000)


@sandboxed
def test_time_scale_stretches_deadlines_and_not_the_kernel() -> None:
    _lab, victim, _attacker = make(time_scale=2)
    start = time.monotonic()

    with pytest.raises(ExpectationFailed):
        victim.expect(ON_LINK, NUD.STALE, within_ms=100)

    assert 0.2 <= time.monotonic() - start < 5
    assert victim.knob("retrans_time_ms") == 1000


@sandboxed
def test_settings_of_the_run_are_what_deadlines_start_from() -> None:
    _lab, victim, _attacker = make(settings=(parse_setting("retrans_time_ms=20"),))

    victim.udp(ON_LINK).send()
    victim.expect(ON_LINK, NUD.FAILED, within_ms=30_000)  # INCOMPLETE is not announced, and soon over

    assert victim.knob("retrans_time_ms") == 20


def test_under_load_no_true_claim_fails() -> None:
    """Short lives, many times over, while the processors are busy with something else."""

    def lives() -> None:
        _lab, victim, _attacker = make(time_scale=10)
        victim.conf(retrans_time_ms=20, delay_first_probe_time_ms=20, base_reachable_time_ms=20, mcast_solicit=2)
        for number in range(5, 20):
            addr = f"192.0.2.{number}"
            victim.neigh_set(addr, EVIL, state=NUD.STALE)
            victim.expect(addr, NUD.STALE, lladdr=EVIL)
            victim.udp(addr).send()
            victim.expect(addr, NUD.DELAY, NUD.PROBE, NUD.FAILED)
            victim.neigh_del(addr)
            victim.expect(addr, ABSENT)

    with machine.busy(4):
        inside(lives)

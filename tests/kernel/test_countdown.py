"""What an entry's ages and parameters foretell is what the kernel then does, and not before it was foretold."""

from __future__ import annotations

import time

import pytest
from neighlab.topologies import VictimAttacker
from sandboxed import sandboxed

from neighlab import EVIL, NUD, ON_LINK
from neighlab.kernel import nlattr, rtneightbl
from neighlab.kernel.rtneightbl import NDTPA
from neighlab.lab.lab import Lab
from neighlab.lab.watcher import parameters
from neighlab.model.countdown import Timer, next_timer
from neighlab.model.neigh import Neigh
from neighlab.model.nud import State

pytestmark = pytest.mark.usefixtures("nothing_left")
TICKS_S = 0.020
LONG_MS = 2500
"""How long a state lasts here at least: a machine that stands still for a moment is asked in time all the same."""


def foretold(lab: Lab) -> tuple[float, Neigh | None, Timer | None]:
    """The victim's entry for ON_LINK, its next timer, and when it was asked for."""
    victim = lab["victim"]
    dump = rtneightbl.encode_dump(2)
    tables = victim.node.route.collect(nlattr.RTM_GETNEIGHTBL, dump, "read the tables", rtneightbl.decode_tables)
    at = time.monotonic()
    neigh = victim.neigh_get(ON_LINK)
    if neigh is None:
        return at, None, None
    mine = next(one for one in tables if one.parms.get(NDTPA.IFINDEX) == neigh.ifindex)
    return at, neigh, next_timer(neigh, parameters(mine))


def until_failed(lab: Lab, state: NUD) -> list[tuple[State, int]]:
    """Ask again and again while probes are sent: what was foretold, in its order. FAILED comes when it was foretold."""
    told: dict[tuple[State, int], float] = {}
    while True:
        at, neigh, timer = foretold(lab)
        if neigh is None or neigh.state != state:
            break
        assert timer is not None
        told.setdefault((timer.leads_to, timer.probe), at + timer.due_ms / 1000 - TICKS_S)
        lab.wait(0.01)
    assert time.monotonic() >= told[NUD.FAILED, 0]
    lab.pump()  # the kernel collects what has failed whenever it likes
    assert NUD.FAILED in [one.state for one in lab.history["victim", 2, ON_LINK]]
    assert neigh is None or neigh.state == NUD.FAILED
    return list(told)


def comes(lab: Lab, at: float, timer: Timer) -> None:
    """Wait for what a timer leads to; it is the next that is announced, and not early."""
    seen = len(lab.history["victim", 2, ON_LINK])
    deadline = time.monotonic() + 60
    while len(lab.history["victim", 2, ON_LINK]) == seen and time.monotonic() < deadline:
        lab.wait(0.5)
    after = lab.history["victim", 2, ON_LINK][seen]
    assert after.state == timer.leads_to
    assert after.at >= at + timer.due_ms / 1000 - TICKS_S


@pytest.mark.parametrize(("delay_ms", "next_state"), [(20, NUD.STALE), (20_000, NUD.DELAY)])
def test_reachable_leads_to_stale_or_in_use_to_delay(delay_ms: int, next_state: NUD) -> None:
    @sandboxed
    def story() -> None:
        lab = Lab(VictimAttacker, families="ipv4")
        victim = lab["victim"]
        victim.conf(base_reachable_time_ms=2 * LONG_MS, delay_first_probe_time_ms=delay_ms)
        victim.neigh_set(ON_LINK, EVIL, state=NUD.REACHABLE)
        lab.pump()
        at, neigh, timer = foretold(lab)
        assert neigh is not None
        assert neigh.state == NUD.REACHABLE
        assert timer is not None
        assert timer.leads_to == next_state
        assert 0 < timer.due_ms <= 3 * LONG_MS
        if next_state == NUD.STALE:
            comes(lab, at, timer)
            return
        while victim.neigh_get(ON_LINK).state == NUD.REACHABLE:  # DELAY is entered silently
            lab.wait(0.01)
        assert time.monotonic() >= at + timer.due_ms / 1000 - TICKS_S
        assert victim.neigh_get(ON_LINK).state == NUD.DELAY

    story()


@sandboxed
def test_delay_leads_to_probe_and_probe_by_as_many_probes_to_failed() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    victim = lab["victim"]
    victim.conf(delay_first_probe_time_ms=LONG_MS, retrans_time_ms=LONG_MS, ucast_solicit=2)
    victim.neigh_set(ON_LINK, EVIL, state=NUD.STALE)
    victim.udp(ON_LINK).send()
    at, neigh, timer = foretold(lab)
    assert neigh is not None
    assert neigh.state == NUD.DELAY
    assert timer is not None
    assert (timer.leads_to, timer.probe) == (NUD.PROBE, 0)
    comes(lab, at, timer)
    assert until_failed(lab, NUD.PROBE) in ([(NUD.PROBE, 2), (NUD.FAILED, 0)], [(NUD.FAILED, 0)])


@sandboxed
def test_incomplete_leads_by_as_many_probes_to_failed() -> None:
    lab = Lab(VictimAttacker, families="ipv4")
    victim = lab["victim"]
    victim.conf(retrans_time_ms=LONG_MS, mcast_solicit=2)
    victim.udp(ON_LINK).send()
    assert until_failed(lab, NUD.INCOMPLETE) in ([(NUD.INCOMPLETE, 2), (NUD.FAILED, 0)], [(NUD.FAILED, 0)])

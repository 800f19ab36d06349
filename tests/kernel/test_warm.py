"""What a case needs has been imported before its sandbox is forked: nothing is, in each of hundreds of them, again."""

from __future__ import annotations

import sys

import pytest
import sandboxed
from neighlab.topologies import TwoHosts, VictimAttackerOwner

from neighlab import NUD, arp, ndp
from neighlab.lab.lab import Lab
from neighlab.model.families import Families
from neighlab.runner import pool

pytestmark = pytest.mark.usefixtures("nothing_left")


@pytest.mark.parametrize("families", ["ipv4", "ipv6", "dual"])
@pytest.mark.parametrize("topology", [TwoHosts, VictimAttackerOwner])
def test_a_story_imports_nothing_in_its_sandbox(topology: object, families: Families) -> None:
    pool.warm_up([topology], ipv6=families != "ipv4")
    before = set(sys.modules)

    def story() -> list[str]:
        lab = Lab(topology, families=families)
        victim, other = list(lab.hosts.values())[:2]
        victim.conf(retrans_time_ms=100)
        if families == "ipv4":
            other.send(arp.request(victim.addr, sender=other.addr, lladdr=other.lladdr))
        else:
            other.send(ndp.ns(victim.addr_of(6), sender=other.addr_of(6), lladdr=other.lladdr))
        victim.expect(other.addr if families == "ipv4" else other.addr_of(6), NUD.STALE | NUD.DELAY)
        other.fence(victim)
        return sorted(set(sys.modules) - before)

    assert sandboxed.inside(story) == []

"""What stories about ARP ask of a lab does what it says."""

from __future__ import annotations

import pytest
from neighlab.topologies import TwoHosts
from sandboxed import inside, sandboxed

from neighlab import NUD, OTHER, Case, Sabotage, scenario
from neighlab.errors import ScenarioError
from neighlab.lab.lab import Lab
from neighlab.runner.discovery import Selected
from neighlab.runner.execute import Options, execute


def _known(victim, peer, *, state):  # type: ignore[no-untyped-def]
    """A host knows what it was told."""
    victim.neigh_set(peer.addr, OTHER, state=state)

    victim.expect(peer.addr, NUD.PERMANENT, within_ms=0)


def _outcome(sabotage: Sabotage) -> list[str]:
    case = Case("permanent", state=NUD.PERMANENT, sabotage=sabotage)
    story = scenario(topology=TwoHosts, cases=[case])(_known)
    result = execute(Selected(story.__neighlab__, case), Options(sabotage=True, time_scale=10))  # type: ignore[attr-defined]
    return [result.outcome, result.reason]


def test_sabotage_exchanges_arguments_of_a_case() -> None:
    outcome, reason = inside(_outcome, Sabotage(params={"state": NUD.STALE}))
    assert outcome == "passed", reason
    assert reason.startswith("fails as it must when state is STALE: ")


def test_sabotage_that_changes_no_argument_is_found_out() -> None:
    assert inside(_outcome, Sabotage(params={"state": NUD.PERMANENT}))[0] == "failed"


def test_sabotage_cannot_give_what_the_story_does_not_take() -> None:
    with pytest.raises(ScenarioError, match="colour, which the story does not take"):
        _outcome(Sabotage(params={"colour": "red"}))


@sandboxed
def test_address_of_host_scope() -> None:
    victim = Lab(TwoHosts, families="ipv4")["victim"]
    victim.add_addr("192.0.2.60/32", dev="lo", host_scope=True)
    victim.add_addr("192.0.2.50/32", dev="lo")
    shown = victim.run("ip", "-o", "addr", "show", "to", "192.0.2.0/24", "dev", "lo").stdout.splitlines()
    assert [(line.split()[3], line.split()[5]) for line in shown] == [
        ("192.0.2.60/32", "host"), ("192.0.2.50/32", "global"),
    ]  # fmt: skip


@sandboxed
def test_settings_in_force_are_told_in_the_unit_of_their_names() -> None:
    lab = Lab(TwoHosts, families="ipv4")
    lab["victim"].conf(locktime_ms=60_000, arp_ignore=1)
    assert lab.effective_knobs() == {
        "victim neigh.eth0.locktime_ms": "60000", "victim conf.eth0.arp_ignore": "1", "victim conf.all.arp_ignore": "0",
    }  # fmt: skip

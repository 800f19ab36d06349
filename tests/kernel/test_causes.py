"""Every transition that a lab heard of has a cause, and what is inferred of it agrees with the kernel's own stacks."""

from __future__ import annotations

import pytest

from neighlab.kernel.tracing import trace
from neighlab.model.result import CaseResult
from neighlab.model.why.causes import causes
from neighlab.runner import discovery, pool
from neighlab.runner.execute import Options

pytestmark = pytest.mark.usefixtures("nothing_left")

SUBJECTS = (
    "arp/proxy_arp", "arp/unchecked:hwtype-6", "arpd/answer", "change/carrier", "change/own_lladdr:s*",
    "change/peer_lladdr", "dad/accept_dad:2-*", "flush/delete", "flush/flush_spares:p*", "garp/arp_accept",
    "garp/locktime", "lvs/arp_problem", "map/noarp_device", "nd/resolve", "nd/unsolicited_na:reachable-*",
    "nud/confirmation", "nud/extern_valid", "nud/failed_starts_again", "nud/life_cycle", "nud/managed", "nud/use",
    "spoof/mitm", "static/no_lladdr",
)  # fmt: skip
"""Everything that makes, changes and removes entries: frames of both families, packets, timers, commands, settings."""


class Keeper:
    """Keeps the results of a run, evidence and all."""

    def __init__(self) -> None:
        self.results: list[CaseResult] = []

    def started(self, name: str) -> None:
        """Nothing yet."""

    def finished(self, result: CaseResult) -> None:
        self.results.append(result)


def results(*, evidence: bool) -> list[CaseResult]:
    keeper = Keeper()
    options = Options(evidence=evidence, time_scale=10)
    pool.Runner(options, jobs=2, listener=keeper).run(discovery.select(SUBJECTS))
    assert not [(one.name, one.reason) for one in keeper.results if one.outcome not in ("passed", "skipped")]
    return [one for one in keeper.results if one.outcome == "passed"]


@pytest.mark.anybody
def test_every_transition_has_a_cause_that_is_not_a_riddle() -> None:
    told = 0
    for result in results(evidence=False):
        for entry in result.timeline:
            if entry.source == "netlink" and entry.fields.get("ifname") and entry.fields.get("event") != "GETNEIGH":
                assert not entry.fields["cause"].startswith("unknown"), f"{result.name}: {entry.text}"
                told += 1
    assert told > 200


@pytest.mark.skipif(trace.unavailable() is not None, reason=str(trace.unavailable()))
def test_what_is_inferred_is_what_the_kernels_stack_tells() -> None:
    wrong, compared = [], 0
    for result in results(evidence=True):
        assert result.evidence is not None
        frames, interfaces = result.evidence.frames, result.evidence.interfaces
        inferred = causes(result.timeline, frames, interfaces, untraced=True)
        for place, cause in causes(result.timeline, frames, interfaces).items():
            if cause.inferred or place not in inferred:
                continue  # no tracepoint told it, or nobody announced it
            compared += 1
            guess = inferred[place]
            if (guess.kind, guess.place) != (cause.kind, cause.place):
                wrong.append(f"{result.name}: {result.timeline[place].text}: {guess}, and not {cause}")
    assert not wrong, "\n".join(wrong)
    assert compared > 200

"""A scenario takes a third of a second, although the timers that it is about would take a minute at their defaults."""

from __future__ import annotations

from statistics import median
from typing import Any

from benchmarks.outcome import Outcome
from benchmarks.worker import Worker
from neighlab.model import knobs
from neighlab.model.knobs import Scope
from neighlab.runner import discovery, pool

_WANTED_S = 5 / 15
_JOBS = 2


def _all() -> dict[str, Any]:
    run = pool.Runner(jobs=_JOBS).run(discovery.select([]))
    told = [case for case in run.cases if case.outcome != "skipped"]
    return {
        "seconds": run.duration_ms / 1000,
        "cases": len(told),
        "scenarios": len({case.scenario for case in told}),
        "not passed": [f"{case.name}: {case.reason}" for case in told if case.outcome != "passed"],
        "timers": sum(_default_timers_ms(case.timeline) for case in told) / 1000,
    }


def _default_timers_ms(timeline: list[Any]) -> int:
    """The sum of those timers, at their defaults, that a story made shorter: each runs out once at the least."""
    shorter = {}
    for event in timeline:
        if event.source == "knob" and "knob" in event.fields:
            knob = knobs.find(event.fields["knob"], event.fields["family"])
            if knob.scope is Scope.NEIGH and knob.unit == "ms" and event.fields["value"] < knob.default:
                shorter[knob.name] = knob.default
    return sum(shorter.values())


def measure(runs: int) -> Outcome:
    """Run them all, two at a time, as an ordinary user."""
    pool.warm_up((one.scenario.topology for one in discovery.select([])), ipv6=True)
    with Worker(_all) as tell_all:
        found = [tell_all() for _ in range(max(1, runs // 3))]
    last = found[-1]
    seconds = median(one["seconds"] for one in found)
    note = (
        f"{last['cases']} cases of {last['scenarios']} scenarios; "
        f"their timers at the kernel's defaults take {last['timers'] / seconds:.0f} times as long"
    )
    if last["not passed"]:
        note += f"; {len(last['not passed'])} did not pass, the first is {last['not passed'][0]}"
    return Outcome(
        f"all scenarios, {_JOBS} at a time, wall time of one", seconds / last["scenarios"], _WANTED_S, "<=", "s",
        {"ours": seconds, "timers": last["timers"]}, note,
    )  # fmt: skip

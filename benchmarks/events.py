"""Of twenty thousand entries that a flood creates, the timeline misses none."""

from __future__ import annotations

import os
import time
from typing import Any

from neighlab.topologies import HostsOnBridge

from benchmarks.outcome import Outcome
from benchmarks.worker import in_lab
from neighlab.errors import EnvironmentProblem
from neighlab.kernel.hosttable import HostTableGuard
from neighlab.model import arp
from neighlab.wire.flood import addresses, variants

_ENTRIES = 20_000
_ROOTLESS = 900
"""gc_thresh3 is 1024 on every machine unless somebody raised it, and only root can."""


def _flood(lab: Any, count: int) -> tuple[int, float]:
    """How many of `count` new entries the timeline tells of, and the seconds from the first frame to the last event."""
    learning, sending = lab["h1"], lab["h2"]
    learning.conf(arp_accept=1)
    frame = arp.announcement("198.19.0.0", lladdr="02:00:5e:00:00:00")
    frames, wanted = variants(frame, count, vary=("sender", "target", "lladdr")), set(addresses("198.19.0.0", count))
    lab.pump()
    started = time.perf_counter()
    sending.flood(frames)
    sending.fence(learning)
    seconds = time.perf_counter() - started
    told = {event.fields["addr"] for event in lab.timeline if event.kind == "event" and event.host == learning.name}
    return len(wanted - told), seconds


def _tell(count: int, note: str) -> Outcome:
    topology = HostsOnBridge(n=2)
    lost, seconds = in_lab(topology, lambda lab: _flood(lab, count), families="ipv4")
    note = f"{count / seconds:,.0f} entries a second" + note
    return Outcome(f"events lost of a flood that creates {count:,} entries", lost, 0, "==", "", {"ours": seconds}, note)


def measure(runs: int) -> Outcome:
    """Flood once: what is counted here does not vary with the machine's load."""
    if os.geteuid() != 0:
        return _tell(_ROOTLESS, f"; root makes {_ENTRIES:,} possible")
    try:
        with HostTableGuard() as guard:
            # raised only: nobody else's entries can be hurt by it
            room = 2 * _ENTRIES
            guard.set(4, gc_thresh1=room, gc_thresh2=room, gc_thresh3=room)
            return _tell(_ENTRIES, "")
    except EnvironmentProblem as problem:
        return _tell(_ROOTLESS, f"; {_ENTRIES:,} were refused: {problem}")

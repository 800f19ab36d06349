"""An entry that the story asks about has a wide column for its states; of many others each host shows the busiest."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Final, NamedTuple

from neighlab.model.result import CaseResult
from neighlab.report.ladder.history import History, Key

WIDE: Final = 84.0
NARROW: Final = 20.0
GAP: Final = 4.0
_CALM: Final = (6, 2)
"""Columns beside one host, and how many of them are wide, while there are few hosts."""
_CROWDED: Final = (3, 0)
_FEW_HOSTS: Final = 4


class Chosen(NamedTuple):
    """The columns of each host with their widths, and how many entries of each have none."""

    keys: dict[str, list[tuple[Key, float]]]
    left_out: dict[str, int]

    def width(self, host: str) -> float:
        """What a host's columns need beside its line."""
        return sum(width + GAP for _key, width in self.keys.get(host, []))


def choose(case: CaseResult, told: History, hosts: tuple[str, ...]) -> Chosen:
    """Give columns to the entries that expectations name, then to those that changed most.

    Entries of groups, which are resolved without asking anybody, get one only if they are asked about.
    """
    most, most_wide = _CALM if len(hosts) <= _FEW_HOSTS else _CROWDED
    counts = Counter(change.key for change in told.changes.values())
    named = {word for one in case.expectations for word in one.subject.split()}
    by_host: dict[str, list[Key]] = defaultdict(list)
    for key in told.before:
        by_host[key[0]].append(key)
    keys: dict[str, list[tuple[Key, float]]] = {}
    left_out: dict[str, int] = {}
    for host, own in by_host.items():
        asked = {key for key in own if key[0] in named and key[2] in named}
        candidates = [key for key in own if key in asked or not _is_group(key[2])] if host in hosts else []
        ranked = sorted(candidates, key=lambda key: (key not in asked, -counts[key]))[:most]
        if ranked:
            keys[host] = [(key, WIDE if place < most_wide else NARROW) for place, key in enumerate(ranked)]
        if len(own) > len(ranked):
            left_out[host] = len(own) - len(ranked)
    return Chosen(keys, left_out)


def _is_group(addr: str) -> bool:
    """Is it a multicast or broadcast address?"""
    return addr.lower().startswith("ff") or addr.split(".")[0] in ("224", "239", "255")

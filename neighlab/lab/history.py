"""What is known of the past of a neighbour entry, and of an address: the states in which it was seen."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from neighlab.model.ifaddr import DAD
from neighlab.model.neigh import Neigh
from neighlab.model.nud import ABSENT, Absent, State, state_name

AddrState: TypeAlias = DAD | Absent

Key: TypeAlias = tuple[str, int, str]
"""A neighbour entry: host, ifindex, address."""


class Sighting(NamedTuple):
    """One state in which an entry was seen; `event` is False when a request found it, not an announcement."""

    at: float
    state: State
    neigh: Neigh | None
    event: bool

    def __str__(self) -> str:
        if self.neigh is None or self.state is ABSENT:
            return state_name(self.state)
        return str(self.neigh).removeprefix(self.neigh.addr).strip()


class AddrSighting(NamedTuple):
    """One state in which an address was seen."""

    at: float
    state: AddrState

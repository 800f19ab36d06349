"""A neighbour entry, read once, is a value: it never changes behind the reader's back."""

from __future__ import annotations

from typing import NamedTuple

from neighlab.model.nud import NTF, NUD, flag_names, state_name


class Neigh(NamedTuple):
    """One entry of a neighbour table as RTM_NEWNEIGH shows it.

    Ages are milliseconds since the last confirmation, use and update (the kernel counts USER_HZ ticks);
    `refcnt` is the kernel's count less the one that the table itself holds.
    """

    addr: str
    state: NUD
    lladdr: str | None
    ifindex: int
    family: int
    flags: NTF = NTF.NONE
    probes: int = 0
    confirmed_ms: int = 0
    used_ms: int = 0
    updated_ms: int = 0
    refcnt: int = 0
    type: int = 0
    protocol: int | None = None

    def __str__(self) -> str:
        parts = [self.addr, state_name(self.state)]
        if self.lladdr is not None:
            parts += ["lladdr", self.lladdr]
        return " ".join(parts + flag_names(self.flags))

"""The neighbour table is the kernel's: a story that fills it says how much room there is, never how big it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neighlab.kernel import nlattr, rtneightbl
from neighlab.kernel.rtneightbl import NeighStats, NeighTable
from neighlab.lab.plumbing import TABLES
from neighlab.model.nud import NTF, NUD

if TYPE_CHECKING:
    from neighlab.lab.lab import Lab


class Table:
    """The kernel's whole table of one family, as a host-table story sees it (`table` among its parameters)."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.version = lab.version

    def room(self, n: int) -> int:
        """Let exactly `n` more entries fit before allocation fails, and no forced collection happen before; return
        gc_thresh3.

        What is there already (this machine's neighbours, this lab's) is counted first, so the number does not
        depend on the machine.
        """
        family = 10 if self.version == 6 else 2
        here = [(host, neigh) for host in self.lab for neigh in host.neigh_dump() if neigh.family == family]
        exempt = [neigh for host, neigh in here if _exempt(neigh.state, neigh.flags) or neigh.ifindex == 1]
        limit: int = self.lab.ask_runner(
            {"do": "room", "family": self.version, "n": n, "own": len(here), "exempt": len(exempt)}
        )
        self.lab.act("lab", "set", f"gc_thresh3={limit}: room for {n} more entries", "knob", gc_thresh3=limit)
        return limit

    def set(self, **thresholds: int) -> None:
        """Set gc_thresh1..3, gc_interval or a default parameter; refused when this machine's own entries would not
        fit.
        """
        done = self.lab.ask_runner({"do": "set", "family": self.version, **thresholds})
        text = " ".join(f"{name}={done.get(name)}" for name in thresholds)
        self.lab.act("lab", "set", text, "knob", **thresholds)

    def read(self) -> NeighTable:
        """Thresholds, configuration and statistics, which every namespace may read (RTM_GETNEIGHTBL)."""
        tables: list[NeighTable] = []

        def take(data: bytes) -> None:
            if data:
                rtneightbl.decode_tables(data, tables)
            else:
                tables.clear()

        body = rtneightbl.encode_dump(10 if self.version == 6 else 2)
        self.lab.plumbing.root.dump(nlattr.RTM_GETNEIGHTBL, body, "read the neighbour table", take)
        return next(one for one in tables if one.name == TABLES[self.version] and one.stats is not None)

    def stats(self) -> NeighStats:
        """The table's counters; subtract two readings for what happened in between (other users of the machine
        included).
        """
        stats = self.read().stats
        assert stats is not None  # read() chose the table's own message, which has them
        return stats

    def discards(self) -> int:
        """How many packets were dropped from the queues of unresolved entries so far (unresolved_discards)."""
        return int(self.lab.ask_runner({"do": "discards", "family": self.version}))


def _exempt(state: NUD, flags: NTF) -> bool:
    """Is such an entry neither counted nor collected (neigh_update_gc_list)?"""
    return bool(state & NUD.PERMANENT or flags & (NTF.EXT_LEARNED | NTF.EXT_VALIDATED))

"""The neighbour table is the kernel's: a story that fills it says how much room there is, never how big it is."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from neighlab.kernel import nlattr, rtneigh, rtneightbl
from neighlab.kernel.netlink import NetlinkError
from neighlab.kernel.rtneightbl import NeighStats, NeighTable
from neighlab.lab.plumbing import TABLES
from neighlab.model.addresses import OTHER
from neighlab.model.nud import NTF, NUD, state_name
from neighlab.wire import flood
from neighlab.wire.looks import looks

if TYPE_CHECKING:
    from neighlab.lab.host import Host
    from neighlab.lab.lab import Lab


class Table:
    """The kernel's whole table of one family, as a host-table story sees it (`table` among its parameters).

    `family` (4 or 6) in a verb is the table meant; without it, that of the lab's (first) family.
    """

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.version = lab.version

    def room(self, n: int, *, soft: int | None = None, family: int | None = None) -> int:
        """Let exactly `n` more entries fit before allocation fails; return gc_thresh3.

        Beyond `soft` more entries (without it: not before the table is full) allocation may collect first: gc_thresh2.
        What is there already (this machine's neighbours, this lab's) is counted first, so the number does not
        depend on the machine.
        """
        limit: int = self.lab.ask_runner({"do": "room", "n": n, "soft": soft, **self.census(family=family)})
        text = f"gc_thresh3={limit}: room for {n} more entries" + (f", {soft} without collection" if soft else "")
        self.lab.act("lab", "set", text, "knob", gc_thresh3=limit)
        return limit

    def census(self, *, family: int | None = None) -> dict[str, int]:
        """What the kernel tells nobody outside this lab: how many entries it has, and how many that no limit counts."""
        version = family or self.version
        here = [neigh for host in self.lab for neigh in host.neigh_dump(family=version)]
        exempt = [neigh for neigh in here if _exempt(neigh.state, neigh.flags) or neigh.ifindex == 1]
        return {"family": version, "own": len(here), "exempt": len(exempt)}

    def set(self, *, family: int | None = None, **thresholds: int) -> None:
        """Set gc_thresh1..3, gc_interval or a default parameter; refused when this machine's own entries would not
        fit.
        """
        done = self.lab.ask_runner({"do": "set", "family": family or self.version, **thresholds})
        text = " ".join(f"{name}={done.get(name)}" for name in thresholds)
        self.lab.act("lab", "set", text, "knob", **thresholds)

    def fill(
        self, host: Host, first: str, most: int, *, state: NUD = NUD.REACHABLE, flags: NTF = NTF.NONE
    ) -> list[str]:
        """Give `host` entries for `first` and the addresses behind it until the kernel refuses one, or `most` are in;
        return those that are.
        """
        self.lab.act(host.name, "command", f"ip neigh add {first}, ... nud {state_name(state).lower()}: up to {most}")
        taken: list[str] = []
        try:
            for addr in flood.addresses(first, most):
                body = rtneigh.encode_neigh(
                    family=10 if ":" in addr else 2, ifindex=host.intf().ifindex, addr=addr, state=state,
                    lladdr=OTHER, ntf=flags,
                )  # fmt: skip
                host.node.route.ask(nlattr.RTM_NEWNEIGH, nlattr.NLM_F_CREATE | nlattr.NLM_F_EXCL, body, f"add {addr}")
                taken.append(addr)
                self.lab.pump()
        except NetlinkError as problem:
            if problem.errno != errno.ENOBUFS:
                raise
        self.lab.act(host.name, "note", f"{len(taken)} of {most} entries were taken")
        return taken

    def read(self, *, family: int | None = None) -> NeighTable:
        """Thresholds, configuration and statistics, which every namespace may read (RTM_GETNEIGHTBL)."""
        version = family or self.version
        body = rtneightbl.encode_dump(10 if version == 6 else 2)
        doing, decode = "read the neighbour table", rtneightbl.decode_tables
        tables = self.lab.plumbing.root.collect(nlattr.RTM_GETNEIGHTBL, body, doing, decode)
        return next(one for one in tables if one.name == TABLES[version] and one.stats is not None)

    def stats(self, *, family: int | None = None) -> NeighStats:
        """The table's counters; subtract two readings for what happened in between (other users of the machine
        included).
        """
        stats = self.read(family=family).stats
        assert stats is not None  # read() chose the table's own message, which has them
        return stats

    def expect(
        self, before: NeighStats, *, family: int | None = None, within_ms: float = 2000, **moved: range
    ) -> NeighStats:
        """Expect counters to have moved since `before` by a number in a range, `allocs=range(5, 50)`; return how much.

        Waits until each has moved by its least number. What others on this machine do is counted, too.
        """
        for left in looks(within_ms / 1000 * self.lab.time_scale):
            difference = self.stats(family=family) - before
            if all(getattr(difference, name) >= by.start for name, by in moved.items()):
                break
            self.lab.wait(min(left, 0.02))
        for name, by in moved.items():
            self.lab.expect(f"{name} moved by", getattr(difference, name), by)
        return difference

    def discards(self, *, family: int | None = None) -> int:
        """How many packets were dropped from the queues of unresolved entries so far (unresolved_discards)."""
        return int(self.lab.ask_runner({"do": "discards", "family": family or self.version}))

    def last_complaint(self, *, family: int | None = None) -> int:
        """The number of the kernel's latest log record about an overflow of the table, or -1; a new complaint has a
        higher one.
        """
        return int(self.lab.ask_runner({"do": "complaint", "family": family or self.version}))


def _exempt(state: NUD, flags: NTF) -> bool:
    """Is such an entry neither counted nor collected (neigh_update_gc_list)?"""
    return bool(state & NUD.PERMANENT or flags & (NTF.EXT_LEARNED | NTF.EXT_VALIDATED))

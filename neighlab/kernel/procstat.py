"""unresolved_discards is told by /proc/net/stat/arp_cache and by nothing else, and only in the initial namespace."""

from __future__ import annotations

from neighlab.kernel.rtneightbl import NeighStats


def parse(text: str) -> NeighStats:
    """Sum the lines of /proc/net/stat/arp_cache or ndisc_cache, one per CPU, in hexadecimal.

    `entries` is the same in every line: the table's count, not the CPU's. Columns go by the names in the first line, so
    that a counter more or less in another kernel does no harm. Raises ValueError for anything else.
    """
    header, *lines = text.splitlines() or [""]
    names = header.split()
    if "entries" not in names or not lines:
        raise ValueError("not the statistics of a neighbour table")
    cpus = [dict(zip(names, (int(word, 16) for word in line.split()), strict=True)) for line in lines]
    sums = {name: sum(cpu[name] for cpu in cpus) for name in names if name in NeighStats._fields}
    return NeighStats(**sums | {"entries": cpus[0]["entries"]})

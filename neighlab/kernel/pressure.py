"""All namespaces share the kernel's neighbour table: what a lab misses while that is full is not its kernel's doing."""

from __future__ import annotations

import socket
from typing import Final

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import nlattr, rtneightbl
from neighlab.kernel.netlink import NETLINK_ROUTE, Route
from neighlab.kernel.rtneightbl import NeighTable

_REMEDY: Final = "all namespaces of this machine share it; try again when there is room"


class TableFull(EnvironmentProblem):
    """The neighbour table had no room for a lab that relied on it."""


class Pressure:
    """How often the neighbour tables were full, or emptied by force (neigh_forced_gc), since this was made."""

    def __init__(self) -> None:
        self._before = _tables()

    def grown(self) -> bool:
        """Has it happened since it was made, or since this was asked for the last time?"""
        before, self._before = self._before, _tables()
        return any(_counted(now) != _counted(before.get(name)) for name, now in self._before.items())

    def told(self) -> str:
        """What has happened, in one line with the remedy; nothing if there was always room."""
        for name, now in _tables().items():
            (fulls, forced), (fulls_then, forced_then) = _counted(now), _counted(self._before.get(name))
            if fulls > fulls_then:
                return f"the kernel's neighbour table ({name}, gc_thresh3={now.thresh3}) was full meanwhile: {_REMEDY}"
            if forced > forced_then:
                return (
                    f"the kernel's neighbour table ({name}, gc_thresh2={now.thresh2}) was emptied by force meanwhile:"
                    f" {_REMEDY}"
                )
        return ""


def _tables() -> dict[str, NeighTable]:
    """The tables with their counters, by name; every namespace may read them."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, NETLINK_ROUTE) as sock:
        found = Route(sock, "this machine").collect(
            nlattr.RTM_GETNEIGHTBL, rtneightbl.encode_dump(), "read the neighbour tables", rtneightbl.decode_tables
        )
    return {one.name: one for one in found if one.stats is not None}


def _counted(table: NeighTable | None) -> tuple[int, int]:
    """How often a table has been full, or was emptied by force, since boot."""
    if table is None or table.stats is None:
        return 0, 0
    return table.stats.table_fulls, table.stats.forced_gc_runs

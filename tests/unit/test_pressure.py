"""Whether the kernel's neighbour table had room is read off its counters, and told in one line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from neighlab.kernel import pressure
from neighlab.kernel.pressure import Pressure
from neighlab.kernel.rtneightbl import NeighStats, NeighTable

Now = Callable[..., None]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> Now:
    """Say how often each table has been full, and was emptied by force."""
    tables: dict[str, NeighTable] = {}
    monkeypatch.setattr(pressure, "_tables", lambda: dict(tables))

    def go(**counted: tuple[int, int]) -> None:
        for name, (fulls, forced) in counted.items():
            stats = NeighStats(table_fulls=fulls, forced_gc_runs=forced)
            tables[name] = NeighTable(name, 2, {}, thresh2=512, thresh3=1024, stats=stats)

    go(arp_cache=(7, 9), ndisc_cache=(0, 0))
    return go


def test_nothing_is_told_while_there_is_room(now: Now) -> None:
    table = Pressure()
    assert table.told() == ""
    assert not table.grown()


def test_full_table_is_told_with_its_limit(now: Now) -> None:
    table = Pressure()
    now(ndisc_cache=(3, 1))
    assert table.told() == (
        "the kernel's neighbour table (ndisc_cache, gc_thresh3=1024) was full meanwhile: all namespaces of this machine"
        " share it; try again when there is room"
    )


def test_collection_by_force_is_told(now: Now) -> None:
    table = Pressure()
    now(arp_cache=(7, 10))
    assert "(arp_cache, gc_thresh2=512) was emptied by force meanwhile" in table.told()


def test_growth_is_told_once(now: Now) -> None:
    table = Pressure()
    now(arp_cache=(8, 9))
    assert table.grown()
    assert not table.grown()


def test_this_kernel_counts_both_tables() -> None:
    assert {"arp_cache"} <= set(pressure._tables())

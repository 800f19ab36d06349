"""Who lowers the limits of the kernel's neighbour table has it alone, and does not wait for ever to have it."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import tableuse

PATIENCE_S = 120.0

pytestmark = [
    pytest.mark.alone,
    pytest.mark.skipif(
        not Path("/proc/sys/net/ipv4/neigh/default/gc_thresh3").exists(),
        reason="the thresholds are not to be seen here",
    ),
]


def test_ordinary_runs_share_the_table() -> None:
    with tableuse.held(alone=False, patience_s=PATIENCE_S), tableuse.held(alone=False, patience_s=PATIENCE_S):
        pass


def test_nobody_shares_a_table_that_is_held_alone() -> None:
    with (
        tableuse.held(alone=True, patience_s=PATIENCE_S),
        pytest.raises(EnvironmentProblem, match="a run with --host-table"),
        tableuse.held(alone=False, patience_s=0.1),
    ):
        pass


def test_who_waits_to_be_alone_is_not_overtaken_for_ever() -> None:
    has_it_alone, may_go = threading.Event(), threading.Event()
    waits = threading.Event()

    def wants_it_alone() -> None:
        with tableuse.held(alone=True, patience_s=PATIENCE_S, waiting=waits.set):
            has_it_alone.set()
            may_go.wait(PATIENCE_S)

    patient = threading.Thread(target=wants_it_alone)
    try:
        with tableuse.held(alone=False, patience_s=PATIENCE_S):
            patient.start()
            assert waits.wait(PATIENCE_S)
            with pytest.raises(EnvironmentProblem), tableuse.held(alone=False, patience_s=0.1):
                pass
            assert not has_it_alone.is_set()
        assert has_it_alone.wait(PATIENCE_S)
    finally:
        may_go.set()
        patient.join()
    with tableuse.held(alone=False, patience_s=PATIENCE_S):
        pass

"""A host-table story fills the kernel's table, and this machine's own neighbours do not notice."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from neighlab.errors import EnvironmentProblem
from neighlab.kernel import hostjournal, hostpins, nlattr, rtneigh
from neighlab.kernel.hostjournal import Host
from neighlab.kernel.monitor import RTNLGRP_NEIGH
from neighlab.kernel.netlink import NETLINK_ADD_MEMBERSHIP, SOL_NETLINK
from neighlab.model.nud import VALID

real = pytest.mark.skipif(
    os.environ.get("NEIGHLAB_HOST_TABLE") != "1" or os.geteuid() != 0 or not Host().is_initial(),
    reason="sets the real machine's thresholds: root in the initial namespaces and NEIGHLAB_HOST_TABLE=1",
)
STORIES = Path(__file__).with_name("table_stories.py")
HARD_ON_THE_TABLE = ("gc/thresh3_overflow", "gc/forced_collection_takes", "gc/five_seconds")


def run(report: Path, *names: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from neighlab.cli.main import run_cli; run_cli()", "run", *names]
    return subprocess.Popen([*command, "--host-table", "--format", "json", "--output", str(report)])


def settings() -> dict[str, int]:
    host = Host()
    knobs = [host.knob(family, name) for family in hostjournal.FAMILIES for name in hostjournal.KNOBS]
    return {knob: host.read(knob) for knob in knobs if host.path(knob).exists()}


def guarded() -> set[tuple[int, str]]:
    """The neighbours of this machine that the run's guard answers for at this moment, as its journal has them.

    Before and after, at the machine's own thresholds, the kernel may take them as it always does.
    """
    with contextlib.suppress(EnvironmentProblem):
        journal = hostjournal.load(Host())
        return {(pin.ifindex, pin.addr) for pin in journal.pins} if journal is not None else set()
    return set()


def usable() -> set[tuple[int, str]]:
    """This machine's own neighbours that packets can be sent to."""
    with hostpins._Tables() as tables:
        dumps = [tables.dump(family) for family in hostjournal.FAMILIES]
    return {(one.ifindex, one.addr) for dump in dumps for one in dump if one.state & VALID}


class Obituaries:
    """Hears which entries of this machine's own namespace are removed, or stop being usable."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEIGH)

    def wait(self, timeout_ms: int) -> None:
        poll = select.poll()
        poll.register(self.sock, select.POLLIN)
        poll.poll(timeout_ms)

    def close(self) -> None:
        self.sock.close()

    def read(self) -> set[tuple[int, str]]:
        lost: set[tuple[int, str]] = set()
        while True:
            try:
                data = self.sock.recv(65536)
            except BlockingIOError:
                return lost
            for kind, _flags, _seq, _pid, start, _end in nlattr.iter_messages(data):
                if kind in (rtneigh.RTM_NEWNEIGH, rtneigh.RTM_DELNEIGH):
                    kind, neigh = rtneigh.decode_neigh(data, start - nlattr.HEADER_LEN)
                    if kind == rtneigh.RTM_DELNEIGH or not neigh.state & VALID:
                        lost.add((neigh.ifindex, neigh.addr))


@pytest.mark.alone
@real
def test_no_neighbour_of_this_machine_is_lost_while_its_table_is_full(tmp_path: Path) -> None:
    knobs, seen, report = settings(), set[tuple[int, str]](), tmp_path / "report.json"
    with run(report, *HARD_ON_THE_TABLE) as process, contextlib.closing(Obituaries()) as obituaries:
        try:
            while process.poll() is None:
                before = guarded()
                obituaries.wait(20)
                lost = obituaries.read() | (before - usable())
                assert not lost & before & guarded()
                seen |= before
        finally:
            process.terminate()
    assert process.returncode == 0
    assert json.loads(report.read_text())["totals"]["passed"] > 0
    assert settings() == knobs
    if not seen:
        pytest.skip("this machine had no neighbour of its own meanwhile")


@pytest.mark.alone
@real
def test_verbs_of_a_table(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with run(report, str(STORIES)) as process:
        assert process.wait() == 1  # two of the stories are wrong
    answer: dict[str, Any] = json.loads(report.read_text())
    assert {one["case"]: (one["outcome"], one["reason"]) for one in answer["cases"]} == {
        "room": ("passed", ""),
        "soft-room": ("passed", ""),
        "of-the-other-family": ("passed", ""),
        "counters-that-do-not-move": ("failed", "res_failed moved by: expected 9000..9999, observed 0"),
        "soft-beyond-hard": ("error", "9 of 8 entries without collection: at most all of them"),
    }

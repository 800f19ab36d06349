"""A host-table story fills the kernel's table, and this machine's own neighbours do not notice."""

from __future__ import annotations

import json
import os
import select
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from neighlab.kernel import hostjournal, hostpins, nlattr, rtneigh
from neighlab.kernel.hostjournal import Host
from neighlab.kernel.monitor import RTNLGRP_NEIGH
from neighlab.kernel.netlink import NETLINK_ADD_MEMBERSHIP, SOL_NETLINK
from neighlab.model.nud import NUD, VALID

real = pytest.mark.skipif(
    os.environ.get("NEIGHLAB_HOST_TABLE") != "1" or os.geteuid() != 0 or not Host().is_initial(),
    reason="sets the real machine's thresholds: root in the initial namespaces and NEIGHLAB_HOST_TABLE=1",
)
STORIES = Path(__file__).with_name("table_stories.py")
HARD_ON_THE_TABLE = ("gc/thresh3_overflow", "gc/forced_collection_takes", "gc/five_seconds")


def run(*names: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from neighlab.cli.main import run_cli; run_cli()", "run", *names]
    return subprocess.Popen([*command, "--host-table", "--format", "json"], stdout=subprocess.PIPE, text=True)


def settings() -> dict[str, int]:
    host = Host()
    knobs = [host.knob(family, name) for family in hostjournal.FAMILIES for name in hostjournal.KNOBS]
    return {knob: host.read(knob) for knob in knobs if host.path(knob).exists()}


def usable() -> dict[tuple[int, str], str | None]:
    """This machine's own neighbours that packets can be sent to, with their link-layer addresses."""
    with hostpins._Tables() as tables:
        return {
            (one.ifindex, one.addr): one.lladdr
            for family in hostjournal.FAMILIES
            for one in tables.dump(family)
            if one.state & VALID and not one.state & NUD.NOARP
        }


class Obituaries:
    """Hears which entries of this machine's own namespace are removed, or stop being usable."""

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_NONBLOCK, 0)
        self.sock.bind((0, 0))
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, RTNLGRP_NEIGH)

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


@real
def test_no_neighbour_of_this_machine_is_lost_while_its_table_is_full() -> None:
    before, knobs, obituaries = usable(), settings(), Obituaries()
    if not before:
        pytest.skip("this machine has no neighbours")
    process, looks = run(*HARD_ON_THE_TABLE), 0
    while process.poll() is None:
        now = usable()
        assert {key: now.get(key) for key in before} == before
        looks += 1
        select.poll().poll(20)
    assert process.stdout is not None
    assert json.loads(process.stdout.read())["totals"]["passed"] > 0
    assert process.returncode == 0
    assert looks > 10
    assert not obituaries.read() & before.keys()
    assert usable().items() >= before.items()
    assert settings() == knobs


@real
def test_verbs_of_a_table() -> None:
    process = run(str(STORIES))
    answer: dict[str, Any] = json.loads(process.communicate()[0])
    assert {one["case"]: (one["outcome"], one["reason"]) for one in answer["cases"]} == {
        "room": ("passed", ""),
        "soft-room": ("passed", ""),
        "of-the-other-family": ("passed", ""),
        "counters-that-do-not-move": ("failed", "res_failed moved by: expected 9000..9999, observed 0"),
        "soft-beyond-hard": ("error", "9 of 8 entries without collection: at most all of them"),
    }

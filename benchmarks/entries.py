"""Reading a table of 20,000 neighbours takes a twentieth of what pyroute2 takes for the same bytes."""

from __future__ import annotations

import shutil
import subprocess
from typing import Any

from neighlab.topologies import HostsOnBridge

from benchmarks.outcome import Outcome, interleaved, timed
from benchmarks.worker import in_lab
from neighlab.errors import ScenarioError
from neighlab.kernel import nlattr, rtneigh
from neighlab.model.addresses import host_lladdr
from neighlab.model.neigh import Neigh
from neighlab.model.nud import NUD
from neighlab.wire.flood import addresses

_ENTRIES = 20_000


def _fill(host: Any) -> None:
    """Make permanent entries: gc_thresh3 does not limit them (neigh_alloc counts no exempt entry)."""
    requests = []
    for addr in addresses("198.19.0.0", _ENTRIES):
        body = rtneigh.encode_neigh(
            family=2, ifindex=host.intf().ifindex, addr=addr, state=NUD.PERMANENT, lladdr=host_lladdr(1)
        )
        requests.append((nlattr.RTM_NEWNEIGH, nlattr.NLM_F_CREATE, body))
    host.node.route.ask_all(requests, "fill the table")


def _compare(runs: int, lab: Any) -> dict[str, float]:
    from pyroute2.netlink.rtnl.marshal import MarshalRtnl

    host = lab["h1"]
    _fill(host)
    lab.pump()
    buffers: list[bytes] = []
    host.node.route.dump(nlattr.RTM_GETNEIGH, rtneigh.encode_dump(family=2), "read the table", buffers.append)
    read: list[Neigh] = []

    def decode() -> None:
        read.clear()
        for buffer in buffers:
            rtneigh.decode_neighs(buffer, read)

    def pyroute2(*, values: bool) -> None:
        # it leaves an attribute undecoded until somebody asks for its value
        marshal = MarshalRtnl()
        for buffer in buffers:
            for message in marshal.parse(buffer):
                if values:
                    dict(message.get("attrs", ()))

    def ip_neigh() -> None:
        process = host.node.popen("ip", "neigh", stdout=subprocess.DEVNULL)
        process.wait()

    sides = {
        "ours": timed(decode),
        "pyroute2": timed(lambda: pyroute2(values=True)),
        "pyroute2 without values": timed(lambda: pyroute2(values=False)),
        "with the dump": timed(lambda: host.neigh_dump(family=4)),
    }
    if shutil.which("ip"):
        sides["ip neigh"] = timed(ip_neigh)
    seconds = interleaved(runs, **sides)
    if len(read) != _ENTRIES:
        raise ScenarioError(f"{len(read)} entries were read")
    return seconds


def measure(runs: int) -> Outcome:
    """Compare."""
    seconds = in_lab(HostsOnBridge(n=1), lambda lab: _compare(runs, lab), families="ipv4")
    return Outcome(
        f"{_ENTRIES:,} neighbour entries decoded / pyroute2's decoding of the same bytes",
        seconds["ours"] / seconds["pyroute2"], 0.05, "<=", seconds=seconds,
    )  # fmt: skip

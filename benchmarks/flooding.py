"""Prepared frames leave eighty times as fast as by scapy's sendp(), and as fast as a bare loop of send(2) can."""

from __future__ import annotations

import socket
from typing import Any

from neighlab.topologies import TwoHosts

from benchmarks.outcome import Outcome, interleaved, timed
from benchmarks.worker import in_lab
from neighlab.model import arp
from neighlab.wire.flood import variants

_FRAMES = 20_000
_FEWER = 2_000
"""How many of them scapy sends."""


def _compare(runs: int, lab: Any) -> dict[str, float]:
    sender = lab["victim"]
    # requests for somebody else: whoever receives one neither answers nor learns (arp_process)
    frames = variants(arp.request("192.0.2.200", sender="192.0.2.2", lladdr=sender.lladdr), _FRAMES, vary=("target",))
    bare = sender.node.netns.socket(socket.AF_PACKET, socket.SOCK_RAW)
    bare.bind((sender.ifname, 0))

    def loop() -> None:
        send = bare.send
        for frame in frames:
            send(frame)

    from scapy.config import conf
    from scapy.layers.l2 import ARP, Ether  # noqa: F401 - sendp() looks the link type up among what is loaded
    from scapy.sendrecv import sendp

    with sender.node.netns.entered():
        conf.ifaces.reload()
    packets = [Ether(frame) for frame in frames[:_FEWER]]

    def scapy() -> None:
        with sender.node.netns.entered():
            sendp(packets, iface=sender.ifname, verbose=False)

    seconds = interleaved(runs, ours=timed(lambda: sender.flood(frames)), loop=timed(loop), scapy=timed(scapy))
    seconds["scapy"] *= _FRAMES / _FEWER
    return seconds


def measure(runs: int) -> list[Outcome]:
    """Compare with both."""
    # without taps: a flood mutes them, the others would be charged for them
    seconds = in_lab(TwoHosts, lambda lab: _compare(runs, lab), families="ipv4", capture=False)
    return [
        Outcome(
            f"{_FRAMES:,} prepared frames on a veth, frames per second / {name}",
            seconds[side] / seconds["ours"], wanted, ">=", seconds=seconds,
        )
        for side, name, wanted in (("scapy", "scapy's sendp()", 80), ("loop", "a bare loop of send(2)", 0.8))
    ]  # fmt: skip

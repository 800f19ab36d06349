"""Where a frame was seen tells who had to do with it: each captured interface has a host at its near end or its far
end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from neighlab.wire.tap import Ends

ROOT = ""
"""Stands for the lab's own namespace, in which its bridges are."""


class Place(NamedTuple):
    """What one tap listens to: a namespace (ROOT or a host's name), one interface of it or all, and who is behind."""

    where: str
    ifname: str
    ends: dict[str, Ends]


def places(links: Iterable[Any]) -> list[Place]:
    """The places at which every frame of these Mininet links passes: one for all ports of bridges, one for each wire
    without bridge.
    """
    ports: dict[str, Ends] = {}
    found = []
    for link in links:
        near, far = link.intf1, link.intf2
        if near.node.inNamespace and far.node.inNamespace:
            ends: Ends = (near.node.name, near.name), (far.node.name, far.name)
            found.append(Place(near.node.name, near.name, {near.name: ends}))
        else:
            port, host = (far, near) if near.node.inNamespace else (near, far)
            if host.node.inNamespace:
                ports[port.name] = ((host.node.name, host.name), None)
    return [*found, Place(ROOT, "", ports)] if ports else found

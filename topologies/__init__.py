"""Every topology is a plain mininet.topo.Topo that `mn --custom` can load, and its docstring is its drawing.

Names are looked up here without importing Mininet: `from neighlab.topologies import VictimAttacker` costs nothing
until a lab is built from it. Calling one with its parameters, `HostsOnBridge(n=50)`, gives the same topology in
that size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from neighlab.model.topology import TopologyRef

if TYPE_CHECKING:
    from neighlab.topologies.bridge import HostsOnBridge, VictimAttacker, VictimAttackerOwner
    from neighlab.topologies.failover import Failover
    from neighlab.topologies.flux import TwoNics
    from neighlab.topologies.lvs import DirectRouting
    from neighlab.topologies.routed import TwoLans
    from neighlab.topologies.wire import AttackerOnWire, TwoHosts

WHERE = {
    "TwoHosts": "wire",
    "AttackerOnWire": "wire",
    "VictimAttacker": "bridge",
    "VictimAttackerOwner": "bridge",
    "HostsOnBridge": "bridge",
    "TwoLans": "routed",
    "TwoNics": "flux",
    "DirectRouting": "lvs",
    "Failover": "failover",
}
"""Each topology's name and the file that it is in."""

__all__ = [
    "AttackerOnWire",
    "DirectRouting",
    "Failover",
    "HostsOnBridge",
    "TwoHosts",
    "TwoLans",
    "TwoNics",
    "VictimAttacker",
    "VictimAttackerOwner",
]


def __getattr__(name: str) -> Any:
    if name in WHERE:
        return TopologyRef(f"{__name__}.{WHERE[name]}", name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

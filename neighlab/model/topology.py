"""A topology can be named, shown and compared without importing Mininet; only building a lab resolves it."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from neighlab.errors import ScenarioError


@dataclass(frozen=True)
class TopologyRef:
    """The topology class `name` of `module`, with the parameters that its build() will get."""

    module: str
    name: str
    params: tuple[tuple[str, Any], ...] = ()

    def __call__(self, **params: Any) -> TopologyRef:
        """The same topology with these parameters, as calling the class itself would be."""
        return TopologyRef(self.module, self.name, (*self.params, *params.items()))

    @property
    def title(self) -> str:
        """Its name as it is written in a scenario: `HostsOnBridge(n=50)`."""
        inside = ", ".join(f"{key}={value!r}" for key, value in self.params)
        return f"{self.name}({inside})" if inside else self.name


def topology_class(topology: Any) -> Any:
    """The class behind a topology given as a reference, a class or an instance; None for a plain function."""
    if isinstance(topology, TopologyRef):
        return getattr(import_module(topology.module), topology.name)
    return topology if isinstance(topology, type) else type(topology)


def topology_title(topology: Any) -> str:
    """The name of a topology given as a reference, a class or an instance."""
    if isinstance(topology, TopologyRef):
        return topology.title
    return str(topology_class(topology).__name__)


def instantiate(topology: Any) -> Any:
    """The mininet.topo.Topo to build a lab from; a ScenarioError in one line when it cannot be made."""
    cls = topology_class(topology)
    if not isinstance(topology, TopologyRef | type):
        return topology
    params = dict(topology.params) if isinstance(topology, TopologyRef) else {}
    try:
        return cls(**params)
    except Exception as problem:
        raise ScenarioError(f"topology {cls.__name__} raises {type(problem).__name__}: {problem}") from problem

"""Mininet's classes are imported without what it wants for Open vSwitch alone, and what costs each case time."""

from __future__ import annotations

import contextlib
import os
import sys
import types
from collections.abc import Iterator


@contextlib.contextmanager
def _without_distutils() -> Iterator[None]:
    """Let mininet.node import `distutils.version`, which it needs for Open vSwitch only, where there is none
    (Python >= 3.12).

    Where there is one, this spares the import of setuptools: a quarter of a second.
    """
    if "distutils" in sys.modules:
        yield
        return
    package, version = types.ModuleType("distutils"), types.ModuleType("distutils.version")
    version.StrictVersion = str  # type: ignore[attr-defined]
    sys.modules.update({"distutils": package, "distutils.version": version})
    try:
        yield
    finally:
        del sys.modules["distutils"], sys.modules["distutils.version"]


with _without_distutils():
    import mininet.net
    from mininet.link import Intf, Link
    from mininet.log import output
    from mininet.net import Mininet
    from mininet.node import Host as StockHost
    from mininet.node import Node, Switch

mininet.net.numCores = os.cpu_count  # stock Mininet runs a program to count them, in every case
mininet.util.natural("h1")  # compiles its pattern: here, and not once in every case

__all__ = ["Intf", "Link", "Mininet", "Node", "StockHost", "Switch", "output"]

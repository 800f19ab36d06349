"""The real Linux kernel answers what it does with an ARP or ND packet, under these settings, in a lab of its own.

Everything a scenario file needs can be imported from here; nothing is loaded before it is used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

_HOME = {
    "scenario": "neighlab.runner.registry",
    "Case": "neighlab.runner.registry",
    "Sabotage": "neighlab.runner.registry",
    "ABSENT": "neighlab.model.nud",
    "LEARNED": "neighlab.model.nud",
    "DAD": "neighlab.model.ifaddr",
    "NTF": "neighlab.model.nud",
    "NUD": "neighlab.model.nud",
    "VALID": "neighlab.model.nud",
    "BROADCAST": "neighlab.model.addresses",
    "EVIL": "neighlab.model.addresses",
    "OFF_LINK": "neighlab.model.addresses",
    "OFF_LINK6": "neighlab.model.addresses",
    "ON_LINK": "neighlab.model.addresses",
    "ON_LINK6": "neighlab.model.addresses",
    "OTHER": "neighlab.model.addresses",
    "because": "neighlab.teach.registry",
    "exercise": "neighlab.teach.registry",
    "ExpectationFailed": "neighlab.errors",
    "Unsupported": "neighlab.errors",
}
_MODULES = {
    "arp": "neighlab.model.arp",
    "flood": "neighlab.wire.flood",
    "ndp": "neighlab.model.ndp",
    "reframe": "neighlab.model.reception.reframe",
}

__all__ = [
    "ABSENT",
    "BROADCAST",
    "DAD",
    "EVIL",
    "LEARNED",
    "NTF",
    "NUD",
    "OFF_LINK",
    "OFF_LINK6",
    "ON_LINK",
    "ON_LINK6",
    "OTHER",
    "VALID",
    "Case",
    "ExpectationFailed",
    "Sabotage",
    "Unsupported",
    "arp",
    "because",
    "exercise",
    "flood",
    "ndp",
    "reframe",
    "scenario",
]

if TYPE_CHECKING:
    from neighlab.errors import ExpectationFailed, Unsupported
    from neighlab.model import arp, ndp
    from neighlab.model.addresses import BROADCAST, EVIL, OFF_LINK, OFF_LINK6, ON_LINK, ON_LINK6, OTHER
    from neighlab.model.ifaddr import DAD
    from neighlab.model.nud import ABSENT, LEARNED, NTF, NUD, VALID
    from neighlab.model.reception import reframe
    from neighlab.runner.registry import Case, Sabotage, scenario
    from neighlab.teach.registry import because, exercise
    from neighlab.wire import flood


def __getattr__(name: str) -> Any:
    if name in _MODULES:
        found = import_module(_MODULES[name])
    elif name in _HOME:
        found = getattr(import_module(_HOME[name]), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found  # the next scenario file that asks for it finds it here
    return found

"""A frame without effect was stopped by one check, which names its function, its values and its remedy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from neighlab.model.nud import NTF, NUD, flag_names, state_name
from neighlab.model.reception.situation import Value


class SetKnobs(NamedTuple):
    """Settings to make: (4 or 6, `all` or an interface, knob, value)."""

    settings: tuple[tuple[int, str, str, int], ...]

    def __str__(self) -> str:
        return "with " + " and ".join(
            f"{'neigh' if name.endswith('_ms') else 'conf'}.{dev}.{name}={value}"
            for _version, dev, name, value in self.settings
        )


class ChangeFrame(NamedTuple):
    """Fields of the frame to be otherwise, by the names that model.reception.reframe knows."""

    fields: Mapping[str, Any]

    def __str__(self) -> str:
        return "with " + " and ".join(f"{name}={_said(value)}" for name, value in self.fields.items()) + " in the frame"


class UnpinEntry(NamedTuple):
    """An entry to be replaced by an ordinary, STALE one with the same link-layer address."""

    addr: str
    lladdr: str

    def __str__(self) -> str:
        return f"after ip neigh replace {self.addr} lladdr {self.lladdr} nud stale"


class UseEntry(NamedTuple):
    """An entry to be used, so that it is being resolved when the frame comes."""

    addr: str

    def __str__(self) -> str:
        return f"while {self.addr} is being resolved (a packet to it, or ip neigh replace {self.addr} use)"


class WaitFor(NamedTuple):
    """Time to pass."""

    ms: float

    def __str__(self) -> str:
        return f"{self.ms:.0f} ms later"


class SwitchArpOn(NamedTuple):
    """An interface on which ARP is to be switched on."""

    ifname: str

    def __str__(self) -> str:
        return f"after ip link set {self.ifname} arp on"


class AddRoute(NamedTuple):
    """A route to be added."""

    destination: str
    via: str
    ifname: str

    def __str__(self) -> str:
        return f"after ip route replace {self.destination} via {self.via} dev {self.ifname}"


Remedy: TypeAlias = SetKnobs | ChangeFrame | UnpinEntry | UseEntry | WaitFor | SwitchArpOn | AddRoute


def change_of(remedy: Remedy) -> dict[str, Any]:
    """A remedy as data."""
    match remedy:
        case SetKnobs():
            names = ("family", "dev", "knob", "value")
            return {"settings": [dict(zip(names, one, strict=True)) for one in remedy.settings]}
        case ChangeFrame():
            return {"frame": dict(remedy.fields)}
        case UnpinEntry():
            return {"entry": {"addr": remedy.addr, "lladdr": remedy.lladdr, "state": "STALE"}}
        case UseEntry():
            return {"use": remedy.addr}
        case WaitFor():
            return {"wait_ms": round(remedy.ms)}
        case SwitchArpOn():
            return {"arp_on": remedy.ifname}
        case AddRoute():
            return {"route": {"destination": remedy.destination, "via": remedy.via, "dev": remedy.ifname}}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The first check that stopped a frame: `text` says in one clause what was found.

    `values` are the settings that decided, with what they are made of. `remedy` is all that has to change for the frame
    to pass this check; another check may stop it then.
    """

    check: str
    function: str
    text: str
    remedy: Remedy
    values: tuple[Value, ...] = ()

    def __str__(self) -> str:
        return f"{self.text} ({self.function})"

    def to_plain(self) -> dict[str, Any]:
        """As JSON has it; the remedy twice, in words and as data."""
        return {
            "check": self.check,
            "function": self.function,
            "text": self.text,
            "remedy": str(self.remedy),
            "change": change_of(self.remedy),
            "values": {one.name: {"value": one.value, **dict(one.sources)} for one in self.values},
        }


class Learned(NamedTuple):
    """What becomes of the entry for an address."""

    addr: str
    state: NUD
    lladdr: str | None
    flags: NTF = NTF.NONE

    def __str__(self) -> str:
        text = f"{self.addr} {state_name(self.state)}" + (f" lladdr {self.lladdr}" if self.lladdr else "")
        return " ".join([text, *flag_names(self.flags)])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a frame does to its receiver: either it changes an entry (`learned`) or it does not (`ignored` says why).

    `answer` is "now", "later" (proxy_delay) or "none"; `silent` says why a question is not answered.
    """

    learned: Learned | None = None
    ignored: Explanation | None = None
    answer: str = "none"
    silent: Explanation | None = None
    side_effect: str = ""
    """What else it does: a tentative address that fails."""


def knob_remedy(version: int, value: Value, wanted: int = 0) -> SetKnobs:
    """Set a knob to `wanted` wherever it is something else that counts."""
    places = [(name.removeprefix("conf."), one) for name, one in value.sources]
    settings = tuple((version, dev, value.name, wanted) for dev, one in places if one != wanted)
    return SetKnobs(settings)


def raise_knob(version: int, value: Value, wanted: int = 1) -> SetKnobs:
    """Set a knob to `wanted` on the interface alone, which is enough where the two are combined by max or or."""
    dev = value.sources[-1][0].removeprefix("conf.")
    return SetKnobs(((version, dev, value.name, wanted),))


def _said(value: Any) -> str:
    return (
        str(value).lower()
        if isinstance(value, bool)
        else f"0x{value:04x}"
        if isinstance(value, int) and value > 255
        else str(value)
    )

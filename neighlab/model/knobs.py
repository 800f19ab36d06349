"""Every kernel setting that a story may touch is in one table; what is not in it is refused before a lab exists."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from neighlab.errors import ScenarioError
from neighlab.model.knob_table import HOST, NEIGH, Knob, Ndtpa, Scope
from neighlab.model.knob_table_conf import IPV4, IPV6

__all__ = [
    "Knob",
    "Ndtpa",
    "Scope",
    "Setting",
    "available",
    "baseline_conf",
    "baseline_neigh",
    "effective",
    "find",
    "knobs",
    "parse_setting",
    "parse_value",
]

_TABLE: Final = (*IPV4, *IPV6, *NEIGH, *HOST)
_BY_NAME: Final = {(knob.name, family): knob for knob in _TABLE for family in knob.families}
_FAMILIES: Final = {"ipv4": 4, "ipv6": 6}
_SAID: Final = frozenset({"bytes", "ms", "s", "ticks", "jiffies"})


class Setting(NamedTuple):
    """One deviation from the baseline as the command line gives it.

    `dev` is a device, `all`, `default`, or None where nothing was said (every device of the lab);
    `family` is 4, 6, or None where the knob exists in both and nothing was said.
    `value` is in the unit of the knob.
    """

    knob: Knob
    dev: str | None
    family: int | None
    value: int


def knobs() -> Iterator[Knob]:
    """Iterate over the whole table by scope, name and family; a name whose meaning differs by family comes twice."""
    yield from sorted(_TABLE, key=lambda knob: (knob.scope.value, knob.name, knob.families))


def find(name: str, family: int | None = None) -> Knob:
    """Look a knob up by its name, in IPv4 before IPv6 when no family is given."""
    for one in (4, 6) if family is None else (family,):
        if (name, one) in _BY_NAME:
            return _BY_NAME[name, one]
    for other in (4, 6):
        if (name, other) in _BY_NAME:
            raise ScenarioError(f"no knob {name!r} in IPv{family}: it exists only in IPv{other}")
    close = difflib.get_close_matches(name, sorted({known for known, _ in _BY_NAME}), n=1)
    raise ScenarioError(f"no knob {name!r}" + (f": did you mean {close[0]}?" if close else ""))


def parse_value(knob: Knob, given: str | int) -> int:
    """Check a value against the range of its knob; a text must be a plain decimal number."""
    text = str(int(given)) if isinstance(given, bool) else str(given)
    value = int(text) if re.fullmatch(r"-?[0-9]{1,10}", text) else None
    if value is None or not knob.minimum <= value <= knob.maximum:
        unit = f" {knob.unit}" if knob.unit in _SAID else ""
        raise ScenarioError(f"{knob.name} takes {knob.minimum}..{knob.maximum}{unit} (got {text or 'nothing'})")
    return value


def parse_setting(text: str) -> Setting:
    """Read `arp_ignore=2`, `all.arp_ignore=1`, `ipv6.retrans_time_ms=50` or a sysctl's full name with a value.

    Device names may contain dots: the last word is the knob.
    """
    key, equals, value = (part.strip() for part in text.partition("="))
    *words, name = key.split(".")
    if not equals or not all((*words, name)):
        raise ScenarioError(f"not a setting: {text!r} (write KNOB=VALUE, as in arp_ignore=2 or all.arp_ignore=1)")
    full = words[:1] == ["net"]
    if full:
        del words[0]
    family = _FAMILIES.get(words[0]) if words else None
    if family is not None:
        del words[0]
    elif full:
        raise ScenarioError(f"not a setting: {text!r} (after 'net.' comes ipv4 or ipv6)")
    knob = find(name, family)
    folder = words.pop(0) if family and words and words[0] in ("conf", "neigh") else None
    dev = ".".join(words) or None
    _check_place(knob, folder, dev)
    if family is None and len({one for known, one in _BY_NAME if known == name}) == 1:
        (family,) = knob.families
    return Setting(knob, dev, family, parse_value(knob, value))


def _check_place(knob: Knob, folder: str | None, dev: str | None) -> None:
    """Refuse a sysctl path that no kernel has."""
    home = "conf" if knob.scope is Scope.CONF else "neigh"
    if folder not in (None, home):
        raise ScenarioError(f"{knob.name} lives in {home}, not in {folder}")
    if knob.scope is Scope.HOST and dev not in (None, "default"):
        raise ScenarioError(f"{knob.name} belongs to the whole host: it cannot be set for {dev}")
    if knob.scope is Scope.NEIGH and dev in ("all", "default"):
        # neigh/default exists in the initial namespace only (arp_init, ndisc_init), neigh/all nowhere.
        raise ScenarioError(f"{knob.name} is set per device: a lab has no neigh/{dev}")


def effective(knob: Knob, all_value: int, dev_value: int) -> int:
    """Combine conf/all and conf/DEV as the kernel does; the 'or' and 'and' of the kernel give 0 or 1."""
    match knob.combine:
        case "max":
            return max(all_value, dev_value)
        case "or":
            return int(bool(all_value or dev_value))
        case "and":
            return int(bool(all_value and dev_value))
        case "device":
            return dev_value
        case "all-only":
            return all_value


def baseline_conf(family: int) -> dict[str, int]:
    """What is written to conf/all and conf/default of every host before the story, in the order in which to write it.

    A file that the running kernel lacks (another version, another configuration) is to be skipped.
    """
    return {knob.sysctl: knob.baseline for knob in (IPV4 if family == 4 else IPV6)}


def baseline_neigh(family: int) -> dict[str, int]:
    """What is written to every device's neighbour parameters before the story: knob names, each parameter once."""
    return {knob.name: knob.baseline for knob in NEIGH if family in knob.families and knob.same_as is None}


def available(knob: Knob, kernel: tuple[int, ...]) -> bool:
    """Tell whether a kernel of this version has the knob: from `since` on, and before `until`."""
    return not (knob.since and kernel < _version(knob.since)) and not (knob.until and kernel >= _version(knob.until))


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))

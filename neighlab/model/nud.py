"""A neighbour entry is in one of nine NUD states - or it is ABSENT, which is not NUD.NONE."""

from __future__ import annotations

from enum import IntFlag
from functools import cache
from typing import Final, TypeAlias


class NUD(IntFlag):
    """Neighbour unreachability detection states, with the kernel's values (linux/neighbour.h)."""

    NONE = 0x00
    INCOMPLETE = 0x01
    REACHABLE = 0x02
    STALE = 0x04
    DELAY = 0x08
    PROBE = 0x10
    FAILED = 0x20
    NOARP = 0x40
    PERMANENT = 0x80


class NTF(IntFlag):
    """Neighbour flags (ndm_flags); MANAGED and EXT_VALIDATED come from NDA_FLAGS_EXT, shifted by 8."""

    NONE = 0x00
    USE = 0x01
    SELF = 0x02
    MASTER = 0x04
    PROXY = 0x08
    EXT_LEARNED = 0x10
    OFFLOADED = 0x20
    STICKY = 0x40
    ROUTER = 0x80
    MANAGED = 0x100
    LOCKED = 0x200
    EXT_VALIDATED = 0x400


class Absent:
    """The type of ABSENT; there is one instance."""

    __slots__ = ()
    name: Final = "ABSENT"

    def __repr__(self) -> str:
        return "ABSENT"

    def __reduce__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()

LEARNED: Final = NUD.REACHABLE | NUD.STALE | NUD.DELAY | NUD.PROBE
"""Any state of an entry whose link-layer address was learned from the wire."""

VALID: Final = LEARNED | NUD.NOARP | NUD.PERMANENT
"""The kernel's NUD_VALID: the entry has a link-layer address that may be used."""

CONNECTED: Final = NUD.REACHABLE | NUD.NOARP | NUD.PERMANENT
"""The kernel's NUD_CONNECTED: packets leave without any check."""

IN_TIMER: Final = NUD.INCOMPLETE | NUD.REACHABLE | NUD.DELAY | NUD.PROBE
"""The kernel's NUD_IN_TIMER: a timer of the entry is running."""

SILENT: Final = NUD.INCOMPLETE | NUD.DELAY
"""States that the kernel enters without any netlink notification (__neigh_event_send, neigh_timer_handler)."""

State: TypeAlias = NUD | Absent

_NAMED: Final = {LEARNED: "LEARNED"}


@cache
def state_name(state: State) -> str:
    """Name a state or a mask of states: `STALE`, `STALE|DELAY`, `LEARNED`, `ABSENT`."""
    if isinstance(state, Absent):
        return "ABSENT"
    if state in _NAMED:
        return _NAMED[state]
    if not state:
        return "NONE"
    return "|".join(one.name or hex(one) for one in NUD if one and one in state)


def flag_names(flags: NTF) -> list[str]:
    """The flags' names as iproute2 prints them: `router`, `extern_learn`, `managed`, ..."""
    renamed = {NTF.EXT_LEARNED: "extern_learn", NTF.EXT_VALIDATED: "extern_valid"}
    return [renamed.get(one, (one.name or "").lower()) for one in NTF if one and one in flags]

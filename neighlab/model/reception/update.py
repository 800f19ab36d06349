"""An entry decides itself what it takes from a frame: __neigh_update asks for its state before anything else."""

from __future__ import annotations

from typing import Final, NamedTuple

from neighlab.model.addresses import OTHER
from neighlab.model.neigh import Neigh
from neighlab.model.nud import CONNECTED, NTF, NUD, VALID, state_name
from neighlab.model.reception.outcome import ChangeFrame, Explanation, Learned, Remedy, UnpinEntry

_FUNCTION: Final = "__neigh_update"
_PINNED: Final = NUD.PERMANENT | NUD.NOARP


class Asked(NamedTuple):
    """What a frame asks an entry to be.

    `kept_because` says why another link-layer address may not be taken (locktime, the override flag); None if it may.
    `weak`: then a CONNECTED entry is doubted at least. `router` is what an advertisement says of NTF_ROUTER, None if
    it says nothing. `option` is where the frame has the link-layer address (ND).
    """

    addr: str
    state: NUD
    lladdr: str | None
    kept_because: Explanation | None = None
    weak: bool = False
    router: bool | None = None
    option: str = "slla"


def update(entry: Neigh | None, asked: Asked, *, born: Learned) -> Learned | Explanation:
    """What becomes of an entry, or why nothing does; `born` is what the constructor makes of a new one."""
    old = entry.state if entry is not None else born.state
    known = entry.lladdr if entry is not None else born.lladdr
    flags = entry.flags if entry is not None else NTF.NONE
    if old & _PINNED:
        return _pinned(entry, asked) if entry is not None else born
    valid = bool(old & VALID)
    if asked.lladdr is None and not valid:
        return Learned(asked.addr, old, None) if entry is None else no_lladdr(asked, entry)
    lladdr = known if asked.lladdr is None else asked.lladdr
    state, routed = asked.state, _routed(flags, asked.router)
    if valid and lladdr != known and asked.kept_because is not None:
        if not (asked.weak and old & CONNECTED):
            return asked.kept_because
        lladdr, state, routed = known, NUD.STALE, flags
    elif valid and lladdr == known and state == NUD.STALE:
        state = old
    if entry is not None and (state, lladdr, routed) == (old, known, flags):
        return _nothing_new(entry, asked)
    return Learned(asked.addr, state, lladdr, routed)


def _routed(flags: NTF, router: bool | None) -> NTF:
    if router is None:
        return flags
    return flags | NTF.ROUTER if router else flags & ~NTF.ROUTER


def _pinned(entry: Neigh, asked: Asked) -> Explanation:
    name = state_name(entry.state)
    check = f"{name.lower()}-entry"
    return Explanation(
        check, _FUNCTION, f"the entry for {asked.addr} is {name}, which no frame changes",
        UnpinEntry(asked.addr, entry.lladdr or OTHER),
    )  # fmt: skip


def _nothing_new(entry: Neigh, asked: Asked) -> Explanation:
    other = OTHER if entry.lladdr != OTHER else "00:00:5e:00:53:78"
    field = asked.option if ":" in asked.addr else "lladdr"
    text = f"{entry.addr} is {state_name(entry.state)} at {entry.lladdr} already"
    return Explanation("nothing-new", _FUNCTION, text, ChangeFrame({field: other}))


def no_lladdr(asked: Asked, entry: Neigh | None, remedy: Remedy | None = None) -> Explanation:
    """A frame that brings no link-layer address to an entry that has none."""
    state = f"is {state_name(entry.state)}" if entry is not None else "does not exist"
    text = f"the frame carries no link-layer address, and the entry for {asked.addr} {state}"
    return Explanation("no-lladdr", _FUNCTION, text, remedy or ChangeFrame({asked.option: OTHER}))

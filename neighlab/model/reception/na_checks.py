"""Each check of an advertisement (ndisc_recv_na) is one function here: why it stops it, or None."""

from __future__ import annotations

from typing import Final

from neighlab.model.ifaddr import IFA
from neighlab.model.nud import NUD
from neighlab.model.reception.ip6_checks import is_group, own_target
from neighlab.model.reception.message import TLLA, Nd
from neighlab.model.reception.outcome import ChangeFrame, Explanation, SetKnobs, UseEntry, knob_remedy, raise_knob
from neighlab.model.reception.situation import Situation

_NA: Final = "ndisc_recv_na"
_TAKES_UNTRACKED: Final = (5, 18)
"""The first kernel that has accept_untracked_na."""


def solicited_to_all(frame: Nd, it: Situation) -> Explanation | None:
    """An answer is not multicast (RFC 4861, 7.1.2)."""
    if not frame.solicited or not is_group(frame.dst):
        return None
    text = f"an advertisement that says it was asked for, to {frame.dst}"
    return Explanation("solicited-to-group", _NA, text, ChangeFrame({"solicited": False}))


def drop_unsolicited_na(frame: Nd, it: Situation) -> Explanation | None:
    """The knob of the interface; that of all does nothing."""
    knob = it.value(6, "drop_unsolicited_na")
    if frame.solicited or not knob.value:
        return None
    text = f"the solicited flag is clear, and {knob}"
    return Explanation("drop-unsolicited-na", _NA, text, knob_remedy(6, knob), (knob,))


def own_address(frame: Nd, it: Situation) -> Explanation | None:
    """Somebody advertises an address of ours: the kernel warns, and that is all; a tentative one fails."""
    own = own_target(frame, it)
    if own is None:
        return None
    fate = "is tentative: it is a duplicate now" if own.flags & IFA.TENTATIVE else "is our own address"
    return Explanation("own-address", _NA, f"{own.addr} {fate}", ChangeFrame({"target": it.spare_addr(6)}))


def untracked(frame: Nd, it: Situation) -> Explanation | None:
    """Nothing is made of an advertisement, but by routers that were told to (RFC 9131)."""
    if it.entry is not None:
        return None
    what = f"no entry for {frame.target}"
    if it.here.kernel < _TAKES_UNTRACKED:
        text = f"{what}, and this kernel makes none of an advertisement"
        return Explanation("no-entry", _NA, text, UseEntry(frame.target))
    forwarding, accept = it.value(6, "forwarding"), it.value(6, "accept_untracked_na")
    if frame.option(TLLA) is None:
        return Explanation("no-lladdr", _NA, f"{what}, and no link-layer address", ChangeFrame({"tlla": frame.src}))
    if not forwarding.value:
        return Explanation("not-a-router", _NA, f"{what}, and {forwarding}", raise_knob(6, forwarding), (forwarding,))
    if accept.value == 1 or (accept.value == 2 and it.on_link(frame.sender)):
        return None
    remedy = SetKnobs(((6, it.here.ifname, accept.name, 1),))
    if accept.value == 2:
        text = f"{what}, the sender {frame.sender} is in no prefix of {it.here.ifname}, and {accept}"
        return Explanation("accept-untracked-na-off-link", "accept_untracked_na", text, remedy, (accept,))
    return Explanation("accept-untracked-na", "accept_untracked_na", f"{what}, and {accept}", remedy, (accept,))


def failed_entry(frame: Nd, it: Situation) -> Explanation | None:
    """A FAILED entry hears no advertisement."""
    if it.entry is None or it.entry.state != NUD.FAILED:
        return None
    text = f"the entry for {frame.target} is FAILED, and nobody resolves it"
    return Explanation("failed-entry", _NA, text, UseEntry(frame.target))


def own_proxy(frame: Nd, it: Situation) -> Explanation | None:
    """Our own advertisement as a proxy, come back."""
    payload = frame.option(TLLA)
    everywhere = it.of(6, "all", "forwarding") and it.of(6, "all", "proxy_ndp")
    if payload is None or payload.hex(":") != it.here.lladdr or not everywhere or frame.target not in it.here.proxies:
        return None
    text = f"we are a proxy for {frame.target}, and this is our own link-layer address"
    return Explanation("own-proxy", _NA, text, ChangeFrame({"tlla": frame.src}))


def override_flag(frame: Nd, it: Situation) -> Explanation | None:
    """Without the override flag an entry keeps its link-layer address."""
    if frame.override or it.entry is None:
        return None
    text = f"the entry has {it.entry.lladdr}, and the override flag is clear"
    return Explanation("override", "__neigh_update", text, ChangeFrame({"override": True}))

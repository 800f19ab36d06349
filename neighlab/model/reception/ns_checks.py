"""Each check of a solicitation (ndisc_recv_ns) is one function here: why it stops it, or None."""

from __future__ import annotations

from typing import Final

from neighlab.model.ifaddr import IFA
from neighlab.model.ndp import multicast_lladdr, solicited_node
from neighlab.model.reception.ip6_checks import is_group, our_addr, own_target
from neighlab.model.reception.message import SLLA, Nd
from neighlab.model.reception.outcome import ChangeFrame, Explanation, SetKnobs, WaitFor
from neighlab.model.reception.situation import Situation

_NS: Final = "ndisc_recv_ns"
_LATE: Final = 9 / 8
"""A timer may be late by the width of its slot in the kernel's wheel, an eighth of its time."""


def dad_destination(frame: Nd, it: Situation) -> Explanation | None:
    """A DAD solicitation goes to a solicited-node group, or it is none (RFC 4861, 7.1.1)."""
    if not frame.is_dad or frame.dst.startswith("ff02::1:ff"):
        return None
    group = solicited_node(frame.target)
    text = f"a solicitation of DAD to {frame.dst}, which is no solicited-node group"
    return Explanation("dad-destination", _NS, text, ChangeFrame({"dst": group, "to": multicast_lladdr(group)}))


def dad_with_lladdr(frame: Nd, it: Situation) -> Explanation | None:
    """Nobody has no link-layer address (RFC 4861, 7.1.1)."""
    if not frame.is_dad or frame.option(SLLA) is None:
        return None
    text = "a solicitation of DAD with a source link-layer address"
    return Explanation("dad-with-lladdr", _NS, text, ChangeFrame({"slla": False}))


def dad_solicitation(frame: Nd, it: Situation) -> Explanation:
    """There is nobody to learn."""
    text = "the sender is ::, so there is nobody to learn"
    return Explanation("dad-solicitation", _NS, text, ChangeFrame({"sender": it.spare_addr(6), "slla": frame.src}))


def tentative(frame: Nd, it: Situation) -> Explanation | None:
    """An address is not answered for while DAD goes on; a solicitation of DAD makes it fail, but teaches nothing."""
    own = own_target(frame, it)
    if own is None or not own.flags & (IFA.TENTATIVE | IFA.OPTIMISTIC):
        return None
    dad_ms = it.of(6, it.here.ifname, "dad_transmits") * it.here.parms.get("retrans_time6_ms", 1000)
    delay_ms = 1000 * it.of(6, it.here.ifname, "router_solicitation_delay")
    remedy = WaitFor((dad_ms + delay_ms) * _LATE + 100)
    if frame.is_dad:
        return Explanation("dad-collision", _NS, f"{own.addr} is tentative: it is a duplicate now", remedy)
    if own.flags & IFA.OPTIMISTIC:
        return None
    return Explanation("tentative", _NS, f"{own.addr} is tentative", remedy)


def not_our_target(frame: Nd, it: Situation) -> Explanation | None:
    """The target is neither an address of the interface nor one that it is a proxy or an anycast member for."""
    if own_target(frame, it) is not None or frame.target in it.here.anycast or is_proxied(frame, it):
        return None
    text = f"{frame.target} is not an address of {it.here.ifname}, which is no proxy for it"
    return Explanation("not-our-address", _NS, text, ChangeFrame({"target": our_addr(it)}))


def is_proxied(frame: Nd, it: Situation) -> bool:
    """proxy_ndp of all or the interface, on a forwarding interface that has a proxy entry for the target."""
    forwarding = it.of(6, it.here.ifname, "forwarding")
    return bool(forwarding and it.value(6, "proxy_ndp").value and frame.target in it.here.proxies)


def proxy_delay(frame: Nd, it: Situation) -> Explanation | None:
    """A proxy lets the owner go first: what was asked of a group waits, and is learned from only when it is answered
    (pneigh_enqueue).
    """
    delay_ms = it.here.parms.get("proxy_delay6_ms", 0)
    to_us = own_target(frame, it) is not None or frame.to == it.here.lladdr or not is_group(frame.dst)
    if not delay_ms or to_us:
        return None
    text = f"as a proxy for {frame.target}, {it.here.ifname} answers, and learns, up to proxy_delay_ms={delay_ms} later"
    return Explanation("proxy-delay", _NS, text, SetKnobs(((6, it.here.ifname, "proxy_delay_ms", 0),)))


def nobody_to_answer(frame: Nd, it: Situation) -> Explanation | None:
    """A multicast question without link-layer address, from somebody unknown."""
    if it.entry is not None or frame.option(SLLA) is not None or not is_group(frame.dst):
        return None
    text = f"a multicast question without link-layer address, and no entry for {frame.sender}"
    return Explanation("no-lladdr", _NS, text, ChangeFrame({"slla": frame.src}))

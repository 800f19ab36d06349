"""Each check of a redirect (ndisc_redirect_rcv, rt6_do_redirect) is one function here: why it stops it, or None.

A redirect that quotes the packet it answers is judged by whoever sent that packet (icmpv6_notify): none of this.
"""

from __future__ import annotations

from ipaddress import IPv6Address, ip_network
from typing import Final

from neighlab.model.reception.ip6_checks import is_group
from neighlab.model.reception.message import Nd
from neighlab.model.reception.outcome import AddRoute, ChangeFrame, Explanation, knob_remedy, raise_knob
from neighlab.model.reception.situation import Route, Situation

_RCV, _DO, _LOOKUP = "ndisc_redirect_rcv", "rt6_do_redirect", "__ip6_route_redirect"
_TABLES: Final = (255, 254)
_ENDS: Final = ("unreachable", "blackhole", "prohibit", "throw")
_STRANGER: Final = "fe80::200"


def sender_not_link_local(frame: Nd, it: Situation) -> Explanation | None:
    """Hosts know their routers by link-local addresses."""
    if IPv6Address(frame.sender).is_link_local:
        return None
    gateway = next((one.gateway for one in _routes(it, frame.destination) if one.gateway), _STRANGER)
    text = f"the sender {frame.sender} is not a link-local address"
    return Explanation("sender-not-link-local", _RCV, text, ChangeFrame({"sender": gateway}))


def group_destination(frame: Nd, it: Situation) -> Explanation | None:
    """Nobody is a better next hop for a group."""
    if not is_group(frame.destination):
        return None
    text = f"the destination {frame.destination} is a group"
    return Explanation("group-destination", _DO, text, ChangeFrame(about(frame, it)))


def target_not_link_local(frame: Nd, it: Situation) -> Explanation | None:
    """The next hop is the destination itself, or a router by its link-local address."""
    if frame.target == frame.destination or IPv6Address(frame.target).is_link_local:
        return None
    text = f"the target {frame.target} is neither the destination nor a link-local address"
    return Explanation("target-not-link-local", _DO, text, ChangeFrame({"target": frame.destination}))


def router(frame: Nd, it: Situation) -> Explanation | None:
    """Routers know better."""
    knob = it.value(6, "forwarding")
    if not knob.value:
        return None
    return Explanation(
        "redirected-router", _DO, f"routers take no redirects, and {knob}", knob_remedy(6, knob), (knob,)
    )


def accept_redirects(frame: Nd, it: Situation) -> Explanation | None:
    """The knob of the interface; that of all does nothing."""
    knob = it.value(6, "accept_redirects")
    if knob.value:
        return None
    return Explanation("accept-redirects", _DO, str(knob), raise_knob(6, knob), (knob,))


def not_the_gateway(frame: Nd, it: Situation) -> Explanation | None:
    """The sender has to be the gateway of a route to the destination, be it a shorter one than the best, or the one
    that it has been redirected to.
    """
    ways = []
    for one in _routes(it, frame.destination):
        if one.kind in _ENDS:
            ways.append(f"{one.destination} is {one.kind}")
            break
        if (one.gateway, one.ifname) == (frame.sender, it.here.ifname):
            return None
        ways.append(f"{one.destination} via {one.gateway or one.ifname}")
    found = f"the way there is {', '.join(ways)}" if ways else "there is no way there"
    text = f"{frame.sender} is not the gateway to {frame.destination}: {found}"
    remedy = AddRoute(f"{frame.destination}/128", frame.sender, it.here.ifname)
    return Explanation("not-the-gateway", _LOOKUP, text, remedy)


def about(frame: Nd, it: Situation) -> dict[str, str | bool]:
    """What a redirect may be about: a destination behind its sender, if there is one, which is on the link now."""
    behind = (ip_network(one.destination) for one in it.here.routes if one.gateway == frame.sender)
    found = next((str(one.network_address + 9) for one in behind if one.prefixlen), it.spare_addr(6))
    return {"destination": found, "target": found}


def _routes(it: Situation, addr: str) -> list[Route]:
    """The routes to an IPv6 address in the tables local and main; policy rules are not asked."""
    return [one for table in _TABLES for one in it.ways(addr, table)]

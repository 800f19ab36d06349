"""Each check of what every ND message must have, and of routers' messages, is one function: why it stops, or None."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Final

from neighlab.model.reception import redirect_checks
from neighlab.model.reception.ip6_checks import is_group, our_addr
from neighlab.model.reception.message import NA, NS, REDIRECT, RS, Nd
from neighlab.model.reception.outcome import ChangeFrame, Explanation, raise_knob
from neighlab.model.reception.situation import Situation

_RCV, _RS, _RA = "ndisc_rcv", "ndisc_recv_rs", "ndisc_router_discovery"
_FUNCTIONS: Final = {133: _RS, 134: _RA, 135: "ndisc_recv_ns", 136: "ndisc_recv_na", 137: "ndisc_redirect_rcv"}


def hop_limit(frame: Nd, it: Situation) -> Explanation | None:
    """Anything but 255 may have come from another link."""
    if frame.hop_limit == 255:
        return None
    text = f"the hop limit is {frame.hop_limit}: it may come from another link"
    return Explanation("hop-limit", _RCV, text, ChangeFrame({"hop_limit": 255}))


def code(frame: Nd, it: Situation) -> Explanation | None:
    """Codes other than 0."""
    if frame.code == 0:
        return None
    return Explanation("code", _RCV, f"the ICMPv6 code is {frame.code}", ChangeFrame({"code": 0}))


def incomplete(frame: Nd, it: Situation) -> Explanation | None:
    """A message that ends before its options begin."""
    if frame.complete:
        return None
    text = "the message is shorter than its fixed part"
    about = _target(frame, it) if frame.kind in (NS, NA, REDIRECT) else {}
    return Explanation("truncated", _FUNCTIONS[frame.kind], text, ChangeFrame(about | _option(frame)))


def _target(frame: Nd, it: Situation) -> dict[str, str | bool]:
    """An address that the message may be about: who asks, asks for ours; who advertises, advertises his."""
    if frame.kind == REDIRECT:
        return redirect_checks.about(frame, it)
    return {"target": our_addr(it) if frame.kind == NS else it.spare_addr(6)}


def group_target(frame: Nd, it: Situation) -> Explanation | None:
    """A target that is a multicast group."""
    if frame.kind not in (NS, NA) or not is_group(frame.target):
        return None
    text = f"the target {frame.target} is a group"
    return Explanation("group-target", _FUNCTIONS[frame.kind], text, ChangeFrame(_target(frame, it)))


def bad_options(frame: Nd, it: Situation) -> Explanation | None:
    """An option of no length, or longer than the message (ndisc_parse_options)."""
    if frame.options is not None:
        return None
    return Explanation(
        "bad-options", "ndisc_parse_options", "an option has an impossible length", ChangeFrame(_option(frame))
    )


def lladdr_length(frame: Nd, it: Situation) -> Explanation | None:
    """A link-layer address option that is not as long as the device's address (ndisc_opt_addr_data)."""
    payload = frame.lladdr
    if payload is None or len(payload) == 6:
        return None
    text = f"the link-layer address option has {len(payload)} bytes of 6"
    return Explanation("lladdr-length", "ndisc_opt_addr_data", text, ChangeFrame(_option(frame)))


def _option(frame: Nd) -> dict[str, str | bool]:
    """The link-layer address option as it should be: nobody has none."""
    return {frame.lladdr_option: False if frame.sender == "::" else frame.src}


def not_a_router(frame: Nd, it: Situation) -> Explanation | None:
    """Hosts do not heed router solicitations."""
    knob = it.value(6, "forwarding")
    if frame.kind != RS or knob.value:
        return None
    return Explanation("not-a-router", _RS, f"a router solicitation, and {knob}", raise_knob(6, knob), (knob,))


def nobody_asks(frame: Nd, it: Situation) -> Explanation | None:
    """A router solicitation from :: names nobody."""
    if frame.kind != RS or frame.sender != "::":
        return None
    text = "the sender is ::, so there is nobody to learn"
    return Explanation("unspecified-sender", _RS, text, ChangeFrame({"sender": it.spare_addr(6)}))


def router_not_link_local(frame: Nd, it: Situation) -> Explanation | None:
    """Routers advertise from their link-local address."""
    if IPv6Address(frame.sender).is_link_local:
        return None
    text = f"the sender {frame.sender} is not a link-local address"
    return Explanation("sender-not-link-local", _RA, text, ChangeFrame({"sender": "fe80::200"}))

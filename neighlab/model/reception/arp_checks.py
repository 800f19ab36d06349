"""Each check of arp_rcv and arp_process is one function here: why it stops a frame, or None if it lets it pass."""

from __future__ import annotations

from ipaddress import IPv4Address
from typing import Final

from neighlab.model.nud import VALID
from neighlab.model.reception.message import Arp
from neighlab.model.reception.outcome import ChangeFrame, Explanation, SwitchArpOn, WaitFor, knob_remedy, raise_knob
from neighlab.model.reception.routing import Found, addr_type, confirms, lookup
from neighlab.model.reception.situation import SCOPE_HOST, SCOPE_LINK, Situation

_ETHER, _IEEE802, _IPV4 = 1, 6, 0x0800
_RCV, _PROCESS, _IGNORE, _FILTER = "arp_rcv", "arp_process", "arp_ignore", "arp_filter"
_JIFFY_MS: Final = 10
"""The longest that a tick of the clock takes (CONFIG_HZ=100)."""


def arp_off(frame: Arp, it: Situation) -> Explanation | None:
    """An interface with IFF_NOARP hears no ARP."""
    if it.here.arp:
        return None
    return Explanation("arp-off", _RCV, f"{it.here.ifname} has ARP switched off", SwitchArpOn(it.here.ifname))


def other_host(frame: Arp, it: Situation) -> Explanation | None:
    """PACKET_OTHERHOST: the Ethernet destination is another station's."""
    if frame.to == it.here.lladdr or int(frame.to[:2], 16) & 1:
        return None
    text = f"the Ethernet frame is for {frame.to}, not for {it.here.lladdr}"
    return Explanation("other-host", _RCV, text, ChangeFrame({"to": it.here.lladdr}))


def truncated(frame: Arp, it: Situation) -> Explanation | None:
    """A message of less than 28 bytes."""
    if frame.length >= 28:
        return None
    text = f"the message has {frame.length} bytes of 28"
    whole = {"length": 28, "target": it.main_addr(4) or it.spare_addr(4)}
    return Explanation("truncated", _RCV, text, ChangeFrame(whole))


def address_lengths(frame: Arp, it: Situation) -> Explanation | None:
    """Lengths of addresses that are not Ethernet's and IPv4's."""
    if (frame.hwlen, frame.plen) == (6, 4):
        return None
    text = f"the header says addresses of {frame.hwlen} and {frame.plen} bytes"
    return Explanation("address-lengths", _RCV, text, ChangeFrame({"hwlen": 6, "plen": 4}))


def hardware_type(frame: Arp, it: Situation) -> Explanation | None:
    """Ethernet devices take the hardware types 1 and 6."""
    if frame.hwtype in (_ETHER, _IEEE802):
        return None
    text = f"the hardware type is {frame.hwtype}, not Ethernet's"
    return Explanation("hardware-type", _PROCESS, text, ChangeFrame({"hwtype": _ETHER}))


def protocol_type(frame: Arp, it: Situation) -> Explanation | None:
    """ARP for other protocols than IPv4."""
    if frame.ptype == _IPV4:
        return None
    text = f"the protocol type is 0x{frame.ptype or 0:04x}, not IPv4's"
    return Explanation("protocol-type", _PROCESS, text, ChangeFrame({"ptype": _IPV4}))


def operation(frame: Arp, it: Situation) -> Explanation | None:
    """Operations other than request and reply."""
    if frame.op in (1, 2):
        return None
    text = f"the operation is {frame.op}, neither request nor reply"
    return Explanation("operation", _PROCESS, text, ChangeFrame({"op": 1}))


def group_target(frame: Arp, it: Situation) -> Explanation | None:
    """A target that is a multicast group."""
    if not IPv4Address(frame.target).is_multicast:
        return None
    text = f"the target {frame.target} is a group"
    return Explanation("group-target", _PROCESS, text, ChangeFrame({"target": it.main_addr(4) or it.spare_addr(4)}))


def loopback_target(frame: Arp, it: Situation) -> Explanation | None:
    """A target in 127/8, unless route_localnet."""
    knob = it.value(4, "route_localnet")
    if knob.value or not IPv4Address(frame.target).is_loopback:
        return None
    text = f"the target {frame.target} is a loopback address, and {knob}"
    return Explanation("loopback-target", _PROCESS, text, raise_knob(4, knob), (knob,))


def drop_gratuitous_arp(frame: Arp, it: Situation) -> Explanation | None:
    """Sender and target are the same, and the knob forbids that."""
    knob = it.value(4, "drop_gratuitous_arp")
    if frame.sender != frame.target or not knob.value:
        return None
    text = f"sender and target are both {frame.sender}, and {knob}"
    return Explanation("drop-gratuitous-arp", _PROCESS, text, knob_remedy(4, knob), (knob,))


def probe(frame: Arp, it: Situation) -> Explanation:
    """The sender 0.0.0.0 is nobody: there is nothing to learn."""
    text = "the sender is 0.0.0.0, so there is nobody to learn"
    return Explanation("probe", _PROCESS, text, ChangeFrame({"sender": it.spare_addr(4)}))


def unanswered_probe(frame: Arp, it: Situation) -> Explanation | None:
    """A probe is answered for local addresses, as arp_ignore allows; arp_filter and proxies are not asked."""
    if addr_type(it, frame.target) != "local":
        return not_ours(frame, it)
    return arp_ignore(frame._replace(sender=""), it)


def arp_ignore(frame: Arp, it: Situation) -> Explanation | None:
    """The knob's modes: 1 and 2 look at the interface, 2 at the sender's subnet, 3 at the scope, 8 at nothing."""
    knob = it.value(4, "arp_ignore")
    near, sender = it.here.ifname, frame.sender or None
    match knob.value:
        case 1 if not confirms(it, frame.target, sender=None, scope=SCOPE_HOST, ifname=near):
            reason = f"{frame.target} is not an address of {near}"
        case 2 if not confirms(it, frame.target, sender=sender, scope=SCOPE_HOST, ifname=near):
            reason = f"{frame.target} is not an address of {near} in one subnet with {sender or 'the sender'}"
        case 3 if not confirms(it, frame.target, sender=None, scope=SCOPE_LINK, ifname=None):
            reason = f"{frame.target} has the scope of the host"
        case 8:
            reason = "no question is answered"
        case _:
            return None
    return Explanation("arp-ignore", _IGNORE, f"{knob}: {reason}", knob_remedy(4, knob), (knob,))


def arp_filter(frame: Arp, it: Situation) -> Explanation | None:
    """The route back to the sender must leave by the interface that the question came from."""
    knob = it.value(4, "arp_filter")
    if not knob.value:
        return None
    back = lookup(it, frame.sender, src=frame.target)
    out = "" if back is None else "lo" if back.kind == "local" else back.ifname
    if out == it.here.ifname:
        return None
    way = f"the route back to {frame.sender} leaves by {out}" if out else f"there is no route back to {frame.sender}"
    return Explanation("arp-filter", _FILTER, f"{way}, and {knob}", knob_remedy(4, knob), (knob,))


def not_ours(frame: Arp, it: Situation) -> Explanation:
    """The target is not an address of this host, and it is no proxy for it."""
    forwarding, proxy = it.value(4, "forwarding"), it.value(4, "proxy_arp")
    text = f"{frame.target} is not an address of {it.here.host}, which is no proxy for it ({forwarding}, {proxy})"
    return Explanation(
        "not-our-address", _PROCESS, text, ChangeFrame({"target": it.main_addr(4) or it.spare_addr(4)}),
        (forwarding, proxy),
    )  # fmt: skip


def is_gratuitous(frame: Arp, it: Situation) -> bool:
    """arp_is_garp: equal addresses, in a reply equal link-layer addresses too, and nobody's own or broadcast."""
    same = frame.sender == frame.target and (frame.is_request or frame.lladdr == frame.target_lladdr)
    return same and addr_type(it, frame.sender) == "unicast"


def not_accepted(frame: Arp, it: Situation, gratuitous: bool, found: Found | None) -> Explanation | None:
    """Why no entry is made for the sender of a frame that was not a question for us."""
    if found is not None and found.why is not None:
        return found.why
    if frame.is_request and frame.sender != frame.target:
        return not_ours(frame, it)
    knob = it.value(4, "arp_accept")
    what = f"no entry for {frame.sender}"
    accepts = knob.value == 1 or (knob.value and it.here.kernel < (6, 0))
    if not accepts and not (knob.value == 2 and it.on_link(frame.sender)):
        if knob.value == 2:
            what += f", which is in no subnet of {it.here.ifname}"
        check = "arp-accept-off-link" if knob.value == 2 else "arp-accept"
        return Explanation(check, "arp_accept", f"{what}, and {knob}", raise_knob(4, knob), (knob,))
    kind = addr_type(it, frame.sender)
    if gratuitous or (not frame.is_request and kind == "unicast"):
        return None
    text = f"the sender {frame.sender} is {_KINDS.get(kind, kind)}"
    return Explanation("sender-not-unicast", _PROCESS, text, ChangeFrame({"sender": it.spare_addr(4)}))


_KINDS: Final = {"local": "the host's own address", "broadcast": "a broadcast address", "multicast": "a group"}


def locktime(frame: Arp, it: Situation) -> Explanation | None:
    """An entry that was changed less than locktime ago keeps its link-layer address."""
    lock_ms = it.here.parms.get("locktime_ms", 0)
    if it.entry is None or not it.entry.state & VALID or it.since_update_ms > lock_ms:
        return None
    text = (
        f"{frame.sender} changed to {it.entry.lladdr} {it.since_update_ms:.0f} ms ago, less than "
        f"locktime_ms={lock_ms}, and the frame is not gratuitous"
    )
    left = max(0.0, lock_ms - it.since_update_ms)
    return Explanation("locktime", _PROCESS, text, WaitFor(left + 2 * _JIFFY_MS))

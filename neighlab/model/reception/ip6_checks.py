"""Each check that an IPv6 packet meets before it is known to be ND is one function here: why it stops it, or None."""

from __future__ import annotations

from ipaddress import IPv6Address
from typing import Final

from neighlab.model.ifaddr import IFA
from neighlab.model.ndp import multicast_lladdr, solicited_node
from neighlab.model.reception.message import NS, Nd
from neighlab.model.reception.outcome import ChangeFrame, Explanation, knob_remedy, raise_knob
from neighlab.model.reception.situation import OwnAddr, Situation

_IP6, _MULTICAST, _INPUT, _ICMP = "ip6_rcv_core", "ip6_mc_input", "ip6_route_input", "icmpv6_rcv"
_ALL_NODES: Final = "ff02::1"
_ALL_ROUTERS: Final = "ff02::2"


def own_target(frame: Nd, it: Situation) -> OwnAddr | None:
    """The receiving interface's address that the message is about."""
    return next((one for one in it.own(6, ifname=it.here.ifname) if one.addr == frame.target), None)


def other_host(frame: Nd, it: Situation) -> Explanation | None:
    """PACKET_OTHERHOST: the Ethernet destination is another station's."""
    if frame.to == it.here.lladdr or int(frame.to[:2], 16) & 1:
        return None
    text = f"the Ethernet frame is for {frame.to}, not for {it.here.lladdr}"
    return Explanation("other-host", _IP6, text, ChangeFrame({"to": it.here.lladdr}))


def ipv6_off(frame: Nd, it: Situation) -> Explanation | None:
    """disable_ipv6."""
    knob = it.value(6, "disable_ipv6")
    if not knob.value:
        return None
    return Explanation("ipv6-off", _IP6, str(knob), knob_remedy(6, knob), (knob,))


def loopback_sender(frame: Nd, it: Situation) -> Explanation | None:
    """::1 does not come from a wire, and nothing on a wire is for it."""
    for field, addr in (("sender", frame.sender), ("dst", frame.dst)):
        if addr == "::1":
            remedy = ChangeFrame({"sender": it.spare_addr(6)}) if field == "sender" else _to_us(it)
            return Explanation("loopback-address", _IP6, f"the {field} is the loopback address", remedy)
    return None


def group_sender(frame: Nd, it: Situation) -> Explanation | None:
    """A source that is a multicast group (RFC 4291, 2.7)."""
    if not is_group(frame.sender):
        return None
    text = f"the sender {frame.sender} is a group"
    return Explanation("group-sender", _IP6, text, ChangeFrame({"sender": it.spare_addr(6)}))


def unicast_in_group_frame(frame: Nd, it: Situation) -> Explanation | None:
    """drop_unicast_in_l2_multicast."""
    knob = it.value(6, "drop_unicast_in_l2_multicast")
    if not knob.value or is_group(frame.dst) or not int(frame.to[:2], 16) & 1:
        return None
    text = f"a unicast packet in an Ethernet frame to {frame.to}, and {knob}"
    return Explanation("drop-unicast-in-l2-multicast", _IP6, text, knob_remedy(6, knob), (knob,))


def not_a_member(frame: Nd, it: Situation) -> Explanation | None:
    """A group that the interface has not joined."""
    if not is_group(frame.dst) or frame.dst == _ALL_NODES or frame.dst in it.here.groups:
        return None
    text = f"{it.here.ifname} is not in the group {frame.dst}"
    if frame.dst == _ALL_ROUTERS:
        knob = it.value(6, "forwarding")
        text += f", because {knob}"
        return Explanation("not-a-member", _MULTICAST, text, raise_knob(6, knob), (knob,))
    fields = {}
    if frame.kind == NS and frame.complete:
        us = frame.target if own_target(frame, it) else our_addr(it)
        text += f", for {frame.target} is not its address" if us != frame.target else ""
        fields = {"target": us, "dst": solicited_node(us), "to": multicast_lladdr(solicited_node(us))}
    return Explanation("not-a-member", _MULTICAST, text, ChangeFrame(fields or _to_us(it).fields))


def not_our_packet(frame: Nd, it: Situation) -> Explanation | None:
    """A unicast packet for somebody else, or for an address that is tentative still."""
    if is_group(frame.dst) or frame.dst in it.here.anycast:
        return None
    for own in it.own(6):
        link_local = IPv6Address(own.addr).is_link_local
        if own.addr == frame.dst and _usable(own) and (not link_local or own.ifname == it.here.ifname):
            return None
    text = f"the packet is for {frame.dst}, which is not an address of {it.here.host}"
    return Explanation("not-our-packet", _INPUT, text, _to_us(it))


def _usable(own: OwnAddr) -> bool:
    return not own.flags & IFA.TENTATIVE or bool(own.flags & IFA.OPTIMISTIC)


def bad_checksum(frame: Nd, it: Situation) -> Explanation | None:
    """The ICMPv6 checksum."""
    if frame.checksum_ok:
        return None
    return Explanation("checksum", _ICMP, "the ICMPv6 checksum is wrong", ChangeFrame({"checksum": "right"}))


def is_group(addr: str) -> bool:
    """Is an address multicast?"""
    return IPv6Address(addr).is_multicast


def our_addr(it: Situation) -> str:
    """The address of the receiving interface that a remedy may name."""
    return it.main_addr(6) or it.spare_addr(6)


def _to_us(it: Situation) -> ChangeFrame:
    return ChangeFrame({"dst": our_addr(it), "to": it.here.lladdr})

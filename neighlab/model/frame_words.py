"""Each frame has one line of words, the same in timelines, reports and messages; bytes that are none have one, too."""

from __future__ import annotations

import struct
from typing import Final

from neighlab.model.frames import Parsed, parse

_ETHERNET_BYTES: Final = 14
_ARP_BYTES: Final = 28
_ARP_HEADER: Final = struct.Struct("!HHBBH")
_ETHERTYPES: Final = {0x0800: "IPv4", 0x0806: "ARP", 0x86DD: "IPv6"}
_TCP_FLAGS: Final = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
_ICMP, _ICMPV6 = 1, 58
_ICMP_NAMES: Final[dict[tuple[int, int], str]] = {
    (_ICMP, 0): "echo reply",
    (_ICMP, 8): "echo request",
    (_ICMPV6, 128): "echo request",
    (_ICMPV6, 129): "echo reply",
    (_ICMPV6, 143): "multicast listener report",
}
_UNREACHABLE: Final[dict[tuple[int, int], dict[int, str]]] = {
    (_ICMP, 3): {0: "net", 1: "host", 2: "protocol", 3: "port"},
    (_ICMPV6, 1): {0: "route", 3: "address", 4: "port"},
}
"""What each code of the ICMP type means that reports a destination as unreachable."""


def describe(frame: bytes) -> str:
    """Say in one line what a frame says; ` from LLADDR` names an Ethernet source that is not the address announced."""
    parsed = parse(frame)
    if parsed.op is not None:
        line = _say_arp(parsed)
    elif parsed.kind == "other":
        line = _say_other(frame)
    else:
        line = _say_ip(parsed) if parsed.kind in ("ipv4", "ipv6") else _say_nd(parsed)
    return line if parsed.lladdr in (None, parsed.src) else f"{line} from {parsed.src}"


def _say_arp(arp: Parsed) -> str:
    request = arp.kind == "arp-request"
    marks = []
    if arp.is_gratuitous:
        marks.append("gratuitous" if request else "gratuitous reply")
    elif arp.is_probe:
        marks.append("probe")
    elif arp.is_broadcast and not request:
        marks.append("broadcast reply")
    if not arp.is_broadcast and (request or arp.is_gratuitous):
        marks.append("unicast")
    if request:
        line = f"ARP who-has {arp.target}" + ("" if arp.is_probe else f" tell {arp.sender}")
    elif arp.kind == "arp-reply":
        line = f"ARP {arp.sender} is-at {arp.lladdr}"
    else:
        return f"ARP op {arp.op} {arp.sender} > {arp.target}"
    return line + _in_brackets(marks)


def _say_nd(nd: Parsed) -> str:
    marks = ["DAD"] if nd.is_probe else []
    if nd.kind == "ns" and not nd.is_broadcast:
        marks.append("unicast")
    if nd.hop_limit != 255:
        marks.append(f"hop limit {nd.hop_limit}")  # the kernel drops it: it may come from another link
    if nd.kind == "ns":
        line = f"ND who-has {nd.target}" + ("" if nd.is_probe else f" tell {nd.sender}")
    elif nd.kind == "na":
        flags = [name for name in ("router", "solicited", "override") if getattr(nd, name)]
        line = f"ND {nd.target} is-at {nd.lladdr or '(no lladdr)'}" + (f" flags [{','.join(flags)}]" if flags else "")
    elif nd.kind == "redirect":
        way = "is on the link" if nd.target == nd.redirected else f"is behind {nd.target}"
        line = f"ND redirect {nd.redirected} {way}" + (f" at {nd.lladdr}" if nd.lladdr else "")
    else:
        line = f"ND router {'solicitation' if nd.kind == 'rs' else 'advertisement'} {nd.sender} > {nd.dst_addr}"
    return line + _in_brackets(marks)


def _say_ip(ip: Parsed) -> str:
    if ip.sport is not None:
        form = "{}:{}" if ip.kind == "ipv4" else "[{}]:{}"
        ends = f"{form.format(ip.sender, ip.sport)} > {form.format(ip.target, ip.dport)}"
        if ip.tcp_flags is None:
            return f"UDP {ends} {ip.length} bytes"
        return f"TCP {ends} [{','.join(name for bit, name in enumerate(_TCP_FLAGS) if ip.tcp_flags >> bit & 1)}]"
    ends = f"{ip.sender} > {ip.target}"
    if ip.protocol is None or ip.icmp_type is None:
        return f"{'IPv4' if ip.kind == 'ipv4' else 'IPv6'} protocol {ip.protocol} {ends}"
    kind = ip.protocol, ip.icmp_type
    name = _ICMP_NAMES.get(kind, f"type {ip.icmp_type} code {ip.icmp_code}")
    if kind in _UNREACHABLE:
        name = f"{_UNREACHABLE[kind].get(ip.icmp_code or 0, f'code {ip.icmp_code}')} unreachable"
    about = f" (for {ip.unreachable})" if ip.unreachable else ""
    return f"{'ICMP' if ip.protocol == _ICMP else 'ICMPv6'} {name} {ends}{about}"


def _say_other(frame: bytes) -> str:
    if len(frame) < _ETHERNET_BYTES:
        return f"{len(frame)} bytes, too short for Ethernet"
    ethertype = int.from_bytes(frame[12:14])
    if ethertype == 0x0806 and len(frame) >= _ETHERNET_BYTES + _ARP_BYTES:
        hwtype, ptype, hwlen, plen, op = _ARP_HEADER.unpack_from(frame, 14)
        return f"ARP hwtype {hwtype} ptype 0x{ptype:04x} hwlen {hwlen} plen {plen} op {op} (malformed)"
    if ethertype in _ETHERTYPES:
        return f"{_ETHERTYPES[ethertype]} malformed, {len(frame)} bytes"
    return f"ethertype 0x{ethertype:04x}, {len(frame)} bytes"


def _in_brackets(marks: list[str]) -> str:
    return f" ({', '.join(marks)})" if marks else ""

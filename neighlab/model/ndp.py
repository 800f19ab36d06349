"""No field of a neighbour discovery frame built here depends on the machine that builds it: scapy is told every one.

A frame is what an Ethernet device sends: Ethernet, IPv6 and ICMPv6 (RFC 4861), unpadded, with a correct checksum.
`to` and `src` are the Ethernet addresses, `dst` and `sender` the IPv6 ones. An address that is none is a ScenarioError.
"""

from __future__ import annotations

from functools import cache
from ipaddress import AddressValueError, IPv6Address
from types import SimpleNamespace
from typing import Any, Final

from neighlab.errors import ScenarioError
from neighlab.model.arp import check_lladdr, ethernet, layers

ALL_NODES: Final = "ff02::1"
ALL_ROUTERS: Final = "ff02::2"

_ETHERTYPE: Final = 0x86DD
_ICMPV6: Final = 58
_NONCE: Final = 14
_REDIRECTED_HEADER: Final = 4
_UNSPECIFIED: Final = "::"


def check_addr(addr: str) -> str:
    """Return an IPv6 address in its usual spelling, or raise ScenarioError naming it; no frame carries a zone."""
    try:
        parsed = IPv6Address(str(addr))
    except AddressValueError as error:
        raise ScenarioError(f"{addr!r} is not an IPv6 address: {error}") from None
    if parsed.scope_id is not None:
        raise ScenarioError(f"{addr!r} names a zone, which no frame can carry")
    return str(parsed)


def solicited_node(addr: str) -> str:
    """Return the solicited-node multicast address of `addr`: ff02::1:ff and its low 24 bits (RFC 4291, 2.7.1)."""
    return str(IPv6Address(IPv6Address("ff02::1:ff00:0").packed[:13] + IPv6Address(check_addr(addr)).packed[13:]))


def multicast_lladdr(addr: str) -> str:
    """Return the Ethernet address of an IPv6 multicast address: 33:33 and its low 32 bits (RFC 2464, 7)."""
    group = IPv6Address(check_addr(addr))
    if not group.is_multicast:
        raise ScenarioError(f"{addr} is not a multicast address: its Ethernet address has to be given (to=...)")
    return "33:33:" + group.packed[12:].hex(":")


def ns(
    target: str,
    *,
    sender: str,
    lladdr: str,
    slla: bool | str = True,
    dst: str | None = None,
    to: str | None = None,
    src: str | None = None,
    hop_limit: int = 255,
) -> bytes:
    """Ask who has `target`, in the name of `sender` at `lladdr` (RFC 4861, 4.3).

    `slla`: True puts `lladdr` into the source link-layer address option, False leaves the option out, a string is
    another address for it. The defaults go to the target's solicited-node group; a unicast `dst` needs `to`.
    """
    message = ipv6_layers().NS(type=135, code=0, res=0, tgt=check_addr(target))
    message = _with_lladdr(message, 1, slla, lladdr)
    group = solicited_node(target) if dst is None else dst
    return _frame(message, sender, group, to, lladdr if src is None else src, hop_limit)


def na(
    target: str,
    *,
    lladdr: str,
    sender: str | None = None,
    dst: str = ALL_NODES,
    to: str | None = None,
    src: str | None = None,
    router: bool = False,
    solicited: bool = False,
    override: bool = True,
    tlla: bool | str = True,
    hop_limit: int = 255,
) -> bytes:
    """Tell `dst` that `target` is at `lladdr` (RFC 4861, 4.4); `sender` is `target` unless given.

    `tlla` is to the target link-layer address option what `slla` is to that of `ns`; a unicast `dst` needs `to`.
    """
    message = ipv6_layers().NA(
        type=136, code=0, R=int(router), S=int(solicited), O=int(override), res=0, tgt=check_addr(target)
    )
    message = _with_lladdr(message, 2, tlla, lladdr)
    origin = target if sender is None else sender
    return _frame(message, origin, dst, to, lladdr if src is None else src, hop_limit)


def unsolicited_na(target: str, *, lladdr: str, override: bool = True, router: bool = False) -> bytes:
    """Tell all nodes, unasked, that `target` is at `lladdr` (RFC 4861, 7.2.6): the solicited flag is clear."""
    return na(target, lladdr=lladdr, override=override, router=router)


def dad(target: str, *, lladdr: str, nonce: bytes | None = None) -> bytes:
    """Ask whether anybody has `target` already (RFC 4862, 5.4.2): from ::, so without a source link-layer address.

    `nonce` (RFC 7527) tells a node's own probe, looped back, from a rival's: 6, 14, 22, ... bytes (RFC 3971, 5.3.2).
    """
    message = ipv6_layers().NS(type=135, code=0, res=0, tgt=check_addr(target))
    if nonce is not None:
        if len(nonce) % 8 != 6:
            raise ScenarioError(f"a nonce has 6, 14, 22, ... bytes, not {len(nonce)}: options are multiples of 8 bytes")
        message /= ipv6_layers().Option(type=_NONCE, len=(len(nonce) + 2) // 8, data=nonce)
    return _frame(message, _UNSPECIFIED, solicited_node(target), None, lladdr, 255)


def rs(
    *,
    sender: str,
    lladdr: str,
    slla: bool | str = True,
    dst: str = ALL_ROUTERS,
    to: str | None = None,
    src: str | None = None,
    hop_limit: int = 255,
) -> bytes:
    """Ask the routers to advertise themselves, in the name of `sender` at `lladdr` (RFC 4861, 4.1); `slla` and `to` as
    in `ns`.
    """
    message = _with_lladdr(ipv6_layers().RS(type=133, code=0, res=0), 1, slla, lladdr)
    return _frame(message, sender, dst, to, lladdr if src is None else src, hop_limit)


def ra(
    *,
    sender: str,
    lladdr: str,
    lifetime_s: int = 0,
    slla: bool | str = True,
    dst: str = ALL_NODES,
    to: str | None = None,
    src: str | None = None,
    hop_limit: int = 255,
) -> bytes:
    """Tell `dst` that there is a router at `sender`, with no prefix (RFC 4861, 4.2); `slla` and `to` as in `ns`.

    It is a default router for `lifetime_s` seconds, 0 to 65535; nothing else is said for its receivers to use.
    """
    if not 0 <= lifetime_s <= 0xFFFF:
        raise ScenarioError(f"a router's lifetime is a number of seconds from 0 to 65535, not {lifetime_s}")
    message = ipv6_layers().RA(
        type=134, code=0, chlim=0, M=0, O=0, H=0, prf=0, P=0, res=0, routerlifetime=lifetime_s, reachabletime=0,
        retranstimer=0,
    )  # fmt: skip
    message = _with_lladdr(message, 1, slla, lladdr)
    return _frame(message, sender, dst, to, lladdr if src is None else src, hop_limit)


def redirect(
    destination: str,
    *,
    target: str | None = None,
    sender: str,
    lladdr: str,
    dst: str,
    to: str,
    tlla: bool | str = True,
    packet: bytes = b"",
    src: str | None = None,
    hop_limit: int = 255,
) -> bytes:
    """Tell `dst`, as its router at `sender`, that `target` at `lladdr` is a better next hop for `destination`
    (RFC 4861, 4.5); without `target` it is a neighbour itself.

    `tlla` is to the target link-layer address option what `slla` is to that of `ns`; `src` is `lladdr` unless given.
    `packet` is what the redirect answers, from its IPv6 header on: the option holds it whole, padded to eight bytes.
    """
    better = destination if target is None else target
    message = ipv6_layers().Redirect(type=137, code=0, res=0, tgt=check_addr(better), dst=check_addr(destination))
    message = _with_lladdr(message, 2, tlla, lladdr)
    if packet:
        padded = bytes(6) + packet + bytes(-len(packet) % 8)
        message /= ipv6_layers().Option(type=_REDIRECTED_HEADER, len=(len(padded) + 2) // 8, data=padded)
    return _frame(message, sender, dst, to, lladdr if src is None else src, hop_limit)


def _with_lladdr(message: Any, kind: int, choice: bool | str, lladdr: str) -> Any:
    if choice is False:
        return message
    return message / ipv6_layers().LladdrOption(
        type=kind, len=1, lladdr=check_lladdr(lladdr if choice is True else choice)
    )


def _frame(message: Any, sender: str, dst: str, to: str | None, src: str, hop_limit: int) -> bytes:
    if not 0 <= hop_limit <= 255:
        raise ScenarioError(f"a hop limit is a number from 0 to 255, not {hop_limit}")
    header = ipv6_layers().IPv6(
        version=6, tc=0, fl=0, nh=_ICMPV6, hlim=hop_limit, src=check_addr(sender), dst=check_addr(dst)
    )
    return bytes(ethernet(multicast_lladdr(dst) if to is None else to, src, _ETHERTYPE) / header / message)


@cache
def ipv6_layers() -> SimpleNamespace:
    """Import scapy's IPv6 layer, at the first frame, with its messages of neighbour discovery."""
    layers()  # first, since it tells scapy what not to read when the rest of it is imported
    from scapy.layers import inet6

    return SimpleNamespace(
        IPv6=inet6.IPv6, NS=inet6.ICMPv6ND_NS, NA=inet6.ICMPv6ND_NA, RS=inet6.ICMPv6ND_RS, RA=inet6.ICMPv6ND_RA,
        Redirect=inet6.ICMPv6ND_Redirect,
        LladdrOption=inet6.ICMPv6NDOptSrcLLAddr, Option=inet6.ICMPv6NDOptUnknown,
    )  # fmt: skip

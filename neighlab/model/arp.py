"""No field of an ARP frame built here depends on the machine that builds it: scapy is told every one.

A frame is what an Ethernet device sends: 14 bytes of header and the 28 bytes of RFC 826, no padding. `to` and `src` are
the Ethernet addresses, all others belong to the ARP message. An address that is none is a ScenarioError.
"""

from __future__ import annotations

import re
import struct
from functools import cache
from ipaddress import AddressValueError, IPv4Address
from types import SimpleNamespace
from typing import Any, Final, Literal

from neighlab.errors import ScenarioError
from neighlab.model.addresses import BROADCAST, ZERO

REQUEST: Final = 1
REPLY: Final = 2

_ETHERTYPE: Final = 0x0806
_LLADDR: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_UNSPECIFIED: Final = "0.0.0.0"


@cache
def layers() -> SimpleNamespace:
    """Import scapy's link layer, at the first frame, as `Ether` and `ARP`."""
    # scapy would read the routes of whatever namespace it is imported in; without them it cannot consult any.
    from scapy.config import conf

    conf.route_autoload = conf.route6_autoload = False
    from scapy.layers.l2 import ARP, Ether

    return SimpleNamespace(Ether=Ether, ARP=ARP)


def check_lladdr(lladdr: str) -> str:
    """Return an Ethernet address in lower case, or raise ScenarioError naming it."""
    text = str(lladdr).lower()
    if not _LLADDR.fullmatch(text):
        raise ScenarioError(f"{lladdr!r} is not an Ethernet address (wanted: six hex pairs like 00:00:5e:00:53:01)")
    return text


def check_addr(addr: str) -> str:
    """Return an IPv4 address in its usual spelling, or raise ScenarioError naming it."""
    try:
        return str(IPv4Address(str(addr)))
    except AddressValueError as error:
        raise ScenarioError(f"{addr!r} is not an IPv4 address: {error}") from None


def ethernet(to: str, src: str, ethertype: int) -> Any:
    """Start a frame: scapy's Ethernet header from `src` to `to`, ready to be divided by a payload."""
    return layers().Ether(dst=check_lladdr(to), src=check_lladdr(src), type=ethertype)


def request(
    addr: str,
    *,
    sender: str,
    lladdr: str,
    to: str = BROADCAST,
    src: str | None = None,
    target_lladdr: str = ZERO,
) -> bytes:
    """Ask who has `addr`, in the name of `sender` at `lladdr`; `src` is `lladdr` unless given."""
    return raw(op=REQUEST, sender=sender, lladdr=lladdr, target=addr, target_lladdr=target_lladdr, to=to, src=src)


def reply(
    addr: str,
    *,
    lladdr: str,
    receiver: str,
    receiver_lladdr: str,
    to: str | None = None,
    src: str | None = None,
) -> bytes:
    """Tell `receiver` that `addr` is at `lladdr`; unicast to `receiver_lladdr` unless `to` says otherwise."""
    return raw(
        op=REPLY,
        sender=addr,
        lladdr=lladdr,
        target=receiver,
        target_lladdr=receiver_lladdr,
        to=receiver_lladdr if to is None else to,
        src=src,
    )


def gratuitous(
    addr: str,
    *,
    lladdr: str,
    form: Literal["request", "reply"] = "request",
    to: str = BROADCAST,
    src: str | None = None,
    target_lladdr: str | None = None,
) -> bytes:
    """Claim `addr` for `lladdr` without being asked: sender and target address are the same.

    The target link-layer address is zero in a request and `lladdr` in a reply, because the kernel takes a reply for
    gratuitous only if both link-layer addresses agree (arp_is_garp).
    """
    if form not in ("request", "reply"):
        raise ScenarioError(f"a gratuitous ARP has the form 'request' or 'reply', not {form!r}")
    op, default = (REQUEST, ZERO) if form == "request" else (REPLY, lladdr)
    chosen = default if target_lladdr is None else target_lladdr
    return raw(op=op, sender=addr, lladdr=lladdr, target=addr, target_lladdr=chosen, to=to, src=src)


def probe(addr: str, *, lladdr: str, to: str = BROADCAST, src: str | None = None) -> bytes:
    """Ask who has `addr` in nobody's name (RFC 5227, 1.1): sender 0.0.0.0, so that no receiver learns anything."""
    return raw(op=REQUEST, sender=_UNSPECIFIED, lladdr=lladdr, target=addr, to=to, src=src)


def announcement(addr: str, *, lladdr: str) -> bytes:
    """Claim `addr` after a successful probe (RFC 5227, 2.3): the gratuitous request, broadcast."""
    return gratuitous(addr, lladdr=lladdr)


def raw(
    *,
    op: int,
    sender: str,
    lladdr: str,
    target: str,
    target_lladdr: str = ZERO,
    to: str = BROADCAST,
    src: str | None = None,
    hwtype: int = 1,
    ptype: int = 0x0800,
    hwlen: int = 6,
    plen: int = 4,
) -> bytes:
    """Build any ARP frame, also one whose header lies.

    `hwlen` and `plen` (bytes) are only claimed: the addresses stay where an Ethernet ARP has them. A frame that grew or
    shrank with them could be dropped for its size, and would not show whether the kernel looked at the field.
    """
    try:
        header = struct.pack("!HHBBH", hwtype, ptype, hwlen, plen, op)
    except struct.error as error:
        fields = f"hwtype={hwtype} ptype={ptype} hwlen={hwlen} plen={plen} op={op}"
        raise ScenarioError(f"an ARP header cannot hold {fields}: {error}") from None
    message = layers().ARP(
        hwtype=1,
        ptype=0x0800,
        hwlen=6,
        plen=4,
        op=REQUEST,
        hwsrc=check_lladdr(lladdr),
        psrc=check_addr(sender),
        hwdst=check_lladdr(target_lladdr),
        pdst=check_addr(target),
    )
    return bytes(ethernet(to, lladdr if src is None else src, _ETHERTYPE)) + header + bytes(message)[len(header) :]

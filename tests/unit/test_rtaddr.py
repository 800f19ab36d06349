"""An address on netlink means what pyroute2 and the kernel's header say that it means."""

from __future__ import annotations

import socket
import struct

import pytest
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg

from neighlab.kernel import nlattr, rtaddr
from neighlab.model.ifaddr import DAD, IFA, IfAddr

HEADER = struct.Struct("=BBBBI")


def body(flags: int, *attrs: bytes, family: int = socket.AF_INET6, prefixlen: int = 64) -> bytes:
    return HEADER.pack(family, prefixlen, flags & 0xFF, 0, 7) + b"".join(attrs)


def v6(number: int, addr: str) -> bytes:
    return nlattr.attr(number, socket.inet_pton(socket.AF_INET6, addr))


def test_question_is_what_pyroute2_would_ask() -> None:
    asked = rtaddr.encode_get(7, "2001:db8::1")
    theirs = ifaddrmsg(nlattr.message(rtaddr.RTM_GETADDR, 1, 1, asked))
    theirs.decode()
    assert (theirs["family"], theirs["prefixlen"], theirs["index"]) == (socket.AF_INET6, 128, 7)
    assert theirs.get_attr("IFA_ADDRESS") == "2001:db8::1"


def test_flags_beyond_the_header_are_in_an_attribute() -> None:
    message = body(0, v6(1, "2001:db8::9"), nlattr.u32(8, 0x100 | IFA.TENTATIVE | IFA.DADFAILED))
    found = rtaddr.decode_addr(b"head" + message, 4, 4 + len(message))
    assert found == IfAddr("2001:db8::9", 64, 7, IFA.TENTATIVE | IFA.DADFAILED)


def test_local_address_goes_before_the_peers() -> None:
    message = body(IFA.PERMANENT, v6(1, "2001:db8::2"), v6(2, "2001:db8::1"))
    assert rtaddr.decode_addr(message, 0, len(message)).addr == "2001:db8::1"


@pytest.mark.parametrize("message", [b"\0" * 7, body(0)], ids=["no-header", "no-address"])
def test_half_a_message_is_refused(message: bytes) -> None:
    with pytest.raises(ValueError, match="address message"):
        rtaddr.decode_addr(message, 0, len(message))


@pytest.mark.parametrize(
    ("flags", "state"),
    [
        (IFA.PERMANENT, DAD.DONE),
        (IFA.PERMANENT | IFA.NODAD, DAD.DONE),
        (IFA.PERMANENT | IFA.TENTATIVE, DAD.TENTATIVE),
        (IFA.PERMANENT | IFA.TENTATIVE | IFA.OPTIMISTIC, DAD.OPTIMISTIC),
        (IFA.PERMANENT | IFA.OPTIMISTIC, DAD.OPTIMISTIC),
        (IFA.PERMANENT | IFA.TENTATIVE | IFA.DADFAILED, DAD.FAILED),
        (IFA.DEPRECATED, DAD.DONE),
    ],
)
def test_state_follows_from_the_flags(flags: IFA, state: DAD) -> None:
    assert DAD.of(flags) is state
    assert str(IfAddr("2001:db8::1", 64, 2, flags)) == f"2001:db8::1/64 {state.value}"

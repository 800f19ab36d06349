"""An IPv6 address on an interface is not usable because it is there: duplicate address detection decides."""

from __future__ import annotations

from enum import Enum, IntFlag
from typing import NamedTuple


class IFA(IntFlag):
    """Flags of an address on an interface, with the kernel's values (linux/if_addr.h); those above 8 bits are left
    out.
    """

    NONE = 0x00
    TEMPORARY = 0x01
    NODAD = 0x02
    OPTIMISTIC = 0x04
    DADFAILED = 0x08
    HOMEADDRESS = 0x10
    DEPRECATED = 0x20
    TENTATIVE = 0x40
    PERMANENT = 0x80


class DAD(Enum):
    """How far duplicate address detection has got with an address (RFC 4862; OPTIMISTIC: RFC 4429)."""

    TENTATIVE = "tentative"
    OPTIMISTIC = "optimistic"
    FAILED = "dadfailed"
    DONE = "usable"

    @classmethod
    def of(cls, flags: IFA) -> DAD:
        """What the flags say; an address that failed, or may be used at its own risk, is tentative as well."""
        said = {IFA.DADFAILED: cls.FAILED, IFA.OPTIMISTIC: cls.OPTIMISTIC, IFA.TENTATIVE: cls.TENTATIVE}
        return next((state for flag, state in said.items() if flag in flags), cls.DONE)


class IfAddr(NamedTuple):
    """One address of an interface as RTM_NEWADDR shows it."""

    addr: str
    prefixlen: int
    ifindex: int
    flags: IFA

    @property
    def dad(self) -> DAD:
        """How far duplicate address detection has got with it."""
        return DAD.of(self.flags)

    def __str__(self) -> str:
        return f"{self.addr}/{self.prefixlen} {self.dad.value}"

"""Every address of a lab comes from a range that documentation may use (RFC 5737, RFC 3849, RFC 7042)."""

from __future__ import annotations

from typing import Final

BROADCAST: Final = "ff:ff:ff:ff:ff:ff"
ZERO: Final = "00:00:00:00:00:00"

EVIL: Final = "00:00:5e:00:53:66"
"""The link-layer address that attackers claim."""
OTHER: Final = "00:00:5e:00:53:77"
"""A link-layer address that nobody has."""

ON_LINK: Final = "192.0.2.99"
"""An IPv4 address inside the labs' subnet that no host has."""
OFF_LINK: Final = "198.51.100.99"
"""An IPv4 address outside the labs' subnet that no host has."""
ON_LINK6: Final = "2001:db8::99"
OFF_LINK6: Final = "2001:db8:ffff::99"


def host_lladdr(index: int) -> str:
    """The link-layer address of a lab's interface number `index` (from 1): 00:00:5e:00:53:01, ...; past 0x60 locally
    administered.
    """
    if index < 0x60:
        return f"00:00:5e:00:53:{index:02x}"
    return f"02:00:5e:{index >> 16 & 0xFF:02x}:{index >> 8 & 0xFF:02x}:{index & 0xFF:02x}"

"""A lab speaks IPv4, IPv6 or both: what it does not speak cannot disturb it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

Families: TypeAlias = Literal["ipv4", "ipv6", "dual"]

VERSIONS: Final[Mapping[Families, tuple[int, ...]]] = {"ipv4": (4,), "ipv6": (6,), "dual": (4, 6)}
"""The IP versions of each; the first is the one a story means when it does not say."""

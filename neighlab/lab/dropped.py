"""Packets that a host's kernel gave up are counted by the host, the reason, and where they wanted to go."""

from __future__ import annotations

from typing import NamedTuple


class Dropped(NamedTuple):
    """Which packets: those of one host for one reason, all of them or those to one address."""

    host: str
    reason: str
    to: str | None = None

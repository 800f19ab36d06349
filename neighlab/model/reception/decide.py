"""The same question for every frame: what does it do to this receiver, and if nothing, which check stopped it?"""

from __future__ import annotations

from neighlab.model.reception import arp, nd
from neighlab.model.reception.message import NA, Arp, read
from neighlab.model.reception.outcome import Outcome
from neighlab.model.reception.situation import Situation


def about(frame: bytes) -> str | None:
    """The address whose entry a frame could make or change; None for what is neither ARP nor ND, or names none."""
    message = read(frame)
    if message is None:
        return None
    if isinstance(message, Arp):
        return message.sender or None
    return (message.target if message.kind == NA else message.sender) or None


def decide(frame: bytes, it: Situation) -> Outcome | None:
    """What a frame does to a receiver; None for what is neither ARP nor ND."""
    message = read(frame)
    if message is None:
        return None
    return arp.process(message, it) if isinstance(message, Arp) else nd.process(message, it)

"""The same question for every frame: what does it do to this receiver, and if nothing, which check stopped it?"""

from __future__ import annotations

from neighlab.model.reception import arp, nd
from neighlab.model.reception.message import NA, QUOTED, REDIRECT, Arp, read
from neighlab.model.reception.outcome import Outcome
from neighlab.model.reception.situation import Situation


def about(frame: bytes) -> str | None:
    """The address whose entry a frame could make or change; None for what is neither ARP nor ND, or names none."""
    message = read(frame)
    if message is None:
        return None
    if isinstance(message, Arp):
        return message.sender or None
    return (message.target if message.kind in (NA, REDIRECT) else message.sender) or None


def decide(frame: bytes, it: Situation) -> Outcome | None:
    """What a frame does to a receiver; None for what is neither ARP nor ND, and for a redirect that quotes a packet:
    its effect is up to who has sent that.
    """
    message = read(frame)
    if message is None:
        return None
    if isinstance(message, Arp):
        return arp.process(message, it)
    if message.kind == REDIRECT and message.option(QUOTED) is not None:
        return None
    return nd.process(message, it)

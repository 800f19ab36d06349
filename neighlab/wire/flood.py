"""Thousands of frames differ in a few bytes: a flood is one frame, varied, and sent as fast as the kernel takes it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final

from neighlab.errors import ScenarioError
from neighlab.model import frames as model_frames

if TYPE_CHECKING:
    from neighlab.wire.port import Port
    from neighlab.wire.tap import Tap

_ETHER_SRC, _SHA, _SPA, _TPA = slice(6, 12), slice(22, 28), slice(28, 32), slice(38, 42)
_FIELDS: Final = {"lladdr": (_ETHER_SRC, _SHA), "sender": (_SPA,), "target": (_TPA,)}


def variants(frame: bytes, count: int, *, vary: Sequence[str] = ("sender", "lladdr")) -> list[bytes]:
    """Make `count` ARP frames out of one: the fields named in `vary` count up from what they are.

    `sender` and `target` are the IPv4 addresses, `lladdr` the sender's (in the ARP message and as Ethernet source).
    A gratuitous frame keeps both addresses equal when both are varied.
    """
    if not model_frames.parse(frame).kind.startswith("arp"):
        raise ScenarioError("variants() makes ARP frames: the template is none")
    places: list[tuple[slice, int]] = []
    for name in vary:
        if name not in _FIELDS:
            raise ScenarioError(f"variants(vary={name!r}): it is one of {', '.join(_FIELDS)}")
        places += [(place, int.from_bytes(frame[place], "big")) for place in _FIELDS[name]]
    made = []
    work = bytearray(frame)
    for index in range(count):
        for place, start in places:
            size = place.stop - place.start
            work[place] = (start + index).to_bytes(size, "big")
        made.append(bytes(work))
    return made


def addresses(first: str, count: int) -> list[str]:
    """The addresses that variants() gives to `sender` or `target`, counted up from `first`."""
    start = ip_address(first)
    return [str(start + index) for index in range(count)]


def send(port: Port, frames: Sequence[bytes], taps: Sequence[Tap], room: int, pump: Callable[[], object]) -> None:
    """Send prepared frames; `pump` is called at least once in `room` frames, so that no event finds the buffer full.

    The taps hear nothing meanwhile: a copy of each frame for each port would cost more than the flood itself.
    """
    for tap in taps:
        tap.mute()
    try:
        port.flood(frames, between=pump, batch=room)
    finally:
        for tap in taps:
            tap.unmute()

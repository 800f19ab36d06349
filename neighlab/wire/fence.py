"""When the fence has been answered, the kernel has processed every frame that was sent before it.

Frames between namespaces queue per processor and leave in order, and a sandbox stays on one processor. So an answer to
the last frame says that all earlier ones are done - and that there will be no late answer to them either.
"""

from __future__ import annotations

import functools
import os
import struct
from collections.abc import Callable
from typing import Final

from neighlab.errors import ExpectationFailed
from neighlab.kernel.links import packed_lladdr
from neighlab.model import arp, frames, ndp
from neighlab.model.frame_words import describe
from neighlab.wire.bpf import MARKER_ETHERTYPE
from neighlab.wire.port import Port

PATIENCE_S: Final = 2.0
_DOUBT_S: Final = 0.2
"""Who has waited for so long asks whether there is anything to wait for."""


def _never() -> str:
    return ""


def probe_fence(
    port: Port,
    *,
    addr: str,
    lladdr: str,
    timeout_s: float = PATIENCE_S,
    sending: Callable[[bytes], object] = id,
    hopeless: Callable[[], str] = _never,
) -> None:
    """Send an ARP probe (IPv6: a DAD solicitation) for `addr` and wait for its answer.

    It is answered and never learned (arp_process: sender 0.0.0.0; ndisc_recv_ns: source ::), so it leaves nothing
    behind in either host. IPv6 answers to all nodes, with the override flag: a third host that has an entry for `addr`
    takes it from there, so a story in which that matters (spoofing) wants the marker. `lladdr` is the sender's own;
    `sending` is told the frame before it leaves; `hopeless` says why no answer can come, or nothing.
    ExpectationFailed when there is none.
    """
    v6 = ":" in addr
    question = ndp.dad(addr, lladdr=lladdr) if v6 else arp.probe(addr, lladdr=lladdr)

    def answers(frame: bytes) -> bool:
        parsed = frames.parse(frame)
        return parsed.target == addr if v6 else parsed.sender == addr

    port.drain()
    sending(question)
    port.send(question)
    if (why := _unheard(port, answers, timeout_s, hopeless)) is not None:
        raise ExpectationFailed(
            f"fence: {addr} cannot answer {describe(question)}: {why}"
            if why
            else f"fence: {addr} did not answer {describe(question)} within {timeout_s * 1000:.0f} ms; "
            "a host that may not answer needs fence(..., by='marker')"
        )


def marker_fence(
    near: Port,
    far: Port,
    *,
    lladdr: str,
    far_lladdr: str,
    timeout_s: float = PATIENCE_S,
    sending: Callable[[bytes], object] = id,
    hopeless: Callable[[], str] = _never,
) -> None:
    """Send a frame of an experimental ethertype there and back, past all protocols, knobs and filters.

    For hosts that cannot answer a probe: arp_ignore, arp off, an ARP filter table, no address.
    """
    nonce = os.urandom(8)
    for source, target, own, other in ((near, far, lladdr, far_lladdr), (far, near, far_lladdr, lladdr)):
        frame = packed_lladdr(other) + packed_lladdr(own) + struct.pack("!H", MARKER_ETHERTYPE) + nonce
        target.drain()
        frame = frame.ljust(60, b"\0")
        sending(frame)
        source.send(frame)
        if (why := _unheard(target, functools.partial(_same_marker, frame), timeout_s, hopeless)) is not None:
            raise ExpectationFailed(
                f"fence: a marker frame from {own} cannot reach {other}: {why}"
                if why
                else f"fence: a marker frame from {own} did not reach {other} within {timeout_s * 1000:.0f} ms: "
                "is the link up?"
            )


def _unheard(port: Port, wanted: Callable[[bytes], bool], timeout_s: float, hopeless: Callable[[], str]) -> str | None:
    """Wait for a frame: None when it has come, else why it could not (or nothing)."""
    doubt_s = min(_DOUBT_S, timeout_s)
    if port.wait_for(wanted, doubt_s) is not None:
        return None
    why = hopeless()
    left_s = 0.0 if why else timeout_s - doubt_s  # what has come meanwhile counts all the same
    return None if port.wait_for(wanted, left_s) is not None else why


def _same_marker(sent: bytes, seen: bytes) -> bool:
    return seen[12:22] == sent[12:22]

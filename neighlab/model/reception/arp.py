"""What arp_rcv and arp_process do with a frame, and which of their checks stops it."""

from __future__ import annotations

from typing import Final

from neighlab.model.addresses import BROADCAST
from neighlab.model.nud import NUD
from neighlab.model.reception import arp_checks as checks
from neighlab.model.reception.message import Arp
from neighlab.model.reception.outcome import Explanation, Learned, Outcome
from neighlab.model.reception.routing import Found, addr_type, route_input
from neighlab.model.reception.situation import Situation
from neighlab.model.reception.update import Asked, update

_BEFORE_ANYTHING: Final = (
    checks.arp_off,
    checks.other_host,
    checks.truncated,
    checks.address_lengths,
    checks.hardware_type,
    checks.protocol_type,
    checks.operation,
    checks.group_target,
    checks.loopback_target,
    checks.drop_gratuitous_arp,
)
"""The checks that every frame must pass, in the kernel's order."""


def process(frame: Arp, it: Situation) -> Outcome:
    """Follow a frame through arp_rcv and arp_process."""
    for check in _BEFORE_ANYTHING:
        if (why := check(frame, it)) is not None:
            return _dropped(frame, why)
    if frame.sender == "0.0.0.0":
        silent = checks.unanswered_probe(frame, it) if frame.is_request else None
        answered = frame.is_request and silent is None
        return Outcome(ignored=checks.probe(frame, it), answer="now" if answered else "none", silent=silent)
    found = route_input(it, frame.target, frame.sender) if frame.is_request else None
    if found is not None and found.kind == "local":
        return _for_us(frame, it)
    if found is not None and found.kind == "unicast" and (answer := _proxied(frame, it, found)):
        return _learn(frame, it, Asked(frame.sender, NUD.STALE, frame.lladdr), answer=answer)
    return _overheard(frame, it, found)


def _dropped(frame: Arp, why: Explanation) -> Outcome:
    return Outcome(ignored=why, silent=why if frame.is_request else None)


def _for_us(frame: Arp, it: Situation) -> Outcome:
    """A question for an own address: it is answered, and whoever asks is learned whatever locktime says."""
    for check in (checks.arp_ignore, checks.arp_filter):
        if (why := check(frame, it)) is not None:
            return _dropped(frame, why)
    return _learn(frame, it, Asked(frame.sender, NUD.STALE, frame.lladdr), answer="now")


def _learn(
    frame: Arp, it: Situation, asked: Asked, *, answer: str = "none", silent: Explanation | None = None
) -> Outcome:
    born = Learned(frame.sender, NUD.NONE, None)
    if addr_type(it, frame.sender) == "broadcast":
        born = Learned(frame.sender, NUD.NOARP, BROADCAST)
    result = update(it.entry, asked, born=born)
    if isinstance(result, Learned):
        return Outcome(learned=result, answer=answer, silent=silent)
    return Outcome(ignored=result, answer=answer, silent=silent)


def _proxied(frame: Arp, it: Situation, found: Found) -> str:
    """How a question for somebody else is answered by a proxy: "now", "later", or not at all, ""."""
    same = found.ifname == it.here.ifname
    if same:
        proxied = frame.sender != frame.target and bool(it.value(4, "proxy_arp_pvlan").value)
    else:
        proxied = _by_medium(it, found.ifname) or frame.target in it.here.proxies
    if not proxied:
        return ""
    at_once = frame.to == it.here.lladdr or not it.here.parms.get("proxy_delay_ms", 0)
    return "now" if at_once else "later"


def _by_medium(it: Situation, out: str) -> bool:
    """arp_fwd_proxy: proxy_arp, unless both sides are of one medium."""
    if not it.value(4, "proxy_arp").value:
        return False
    near, far = it.of(4, it.here.ifname, "medium_id"), it.of(4, out, "medium_id")
    return near == 0 or (near != -1 and far not in (near, -1))


def _overheard(frame: Arp, it: Situation, found: Found | None) -> Outcome:
    """A frame that asks us nothing: it changes an entry that is there, and makes one only if arp_accept allows."""
    silent = None
    if frame.is_request and frame.sender != frame.target:  # who announces himself wants no answer
        silent = found.why if found is not None and found.why is not None else checks.not_ours(frame, it)
    gratuitous = checks.is_gratuitous(frame, it)
    if it.entry is None and (why := checks.not_accepted(frame, it, gratuitous, found)) is not None:
        return Outcome(ignored=why, silent=silent)
    proves = not frame.is_request and frame.to == it.here.lladdr
    asked = Asked(
        frame.sender, NUD.REACHABLE if proves else NUD.STALE, frame.lladdr,
        kept_because=None if gratuitous else checks.locktime(frame, it),
    )  # fmt: skip
    return _learn(frame, it, asked, silent=silent)

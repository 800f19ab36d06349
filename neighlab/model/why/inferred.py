"""Without the kernel's own word a cause follows from what a state allows, and from what came last before it.

No frame makes an entry FAILED, no timer gives it a link-layer address, nothing but a request of user space makes it
PERMANENT. Every act of the story takes in what was announced before it, so a frame from before the last act is no cause
of what is heard after it. Where nothing fits, the cause is unknown, and that is said.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from neighlab.model.why.cause import UNKNOWN, Cause, timer
from neighlab.model.why.past import UNRESOLVED, Act, Change, Past

_FLUSHED_BY: Final = (
    (re.compile(r"link \S+ .*lladdr=|link \S+ .*arp=|ip link set \S+ address"), "neigh_changeaddr"),
    (re.compile(r"unplug|plug |links up and down|port of"), "neigh_carrier_down"),
    (re.compile(r"link \S+ .*(up=False|mtu=)|ip link (set \S+ down|del)|remove address|ip addr |disable_ipv6=1"),
     "neigh_ifdown"),
)  # fmt: skip
_DELETES: Final = re.compile(r"ip (-s )*neigh (del|flush)")
_IN_NAMESPACE: Final = re.compile(r"\d+ neighbours|ip (-s )*neigh |arp -|arping|arpd")
_RECEIVED_BY: Final = {
    "arp-request": "arp_process",
    "arp-reply": "arp_process",
    "ns": "ndisc_recv_ns",
    "na": "ndisc_recv_na",
    "rs": "ndisc_recv_rs",
    "ra": "ndisc_router_discovery",
    "redirect": "ndisc_redirect_rcv",
}


class Transition(NamedTuple):
    """A change of one entry as it was announced or seen.

    `old` is how it was last announced or seen, which leaves out what lay between in silence. Frames up to the place
    `used` have been the cause of something already.
    """

    t_ms: float
    host: str
    ifname: str
    addr: str
    old: str
    old_lladdr: str | None
    new: str
    lladdr: str | None
    used: int
    since_ms: float
    announced: bool


def inferred(it: Transition, past: Past) -> Cause:
    """The most that can be said of a transition's cause; UNKNOWN rather than a wild guess."""
    command = _command(it, past)
    if command is not None:
        return command
    match it.new:
        case "ABSENT":
            return _removed(it, past)
        case "NOARP":
            function = "ndisc_constructor" if ":" in it.addr else "arp_constructor"
            return Cause("packet", "to a group, to all, or over a device without ARP", (function,))
        case "INCOMPLETE":
            return _packet(it, past)
        case "DELAY":
            return _timer(it, past) if it.old == "REACHABLE" else _packet(it, past)
        case "FAILED" if not it.announced and it.old in UNRESOLVED:  # a timer would have told
            packet = _packet(it, past)
            return packet._replace(what=f"{packet.what}, for which no question is allowed (mcast_solicit=0)")
        case "PROBE" | "FAILED":
            return _timer(it, past)
        case "STALE" | "REACHABLE":
            return _frame(it, past) or _timer(it, past)
        case "NONE":  # made for a frame that did not say where the neighbour is
            return _frame(it, past) or UNKNOWN
    return UNKNOWN


def _command(it: Transition, past: Past) -> Cause | None:
    """A request of user space that says what the entry has become, and that came after its last transition."""
    act = next((one for one in reversed(past.acts(it.host)) if one.kind != "sent"), None)
    if act is None or not _about(act, it):
        return None
    deletes = _DELETES.search(act.text) is not None
    if deletes:
        fits = it.new in ("ABSENT", "FAILED")
    elif it.new == "NONE":
        fits = True  # asked to use or to manage it, or refused after it was made
    elif {"use", "managed"} & set(act.text.split()):
        fits = False  # neither state nor address is taken from such a request
    elif said := re.search(r"nud (\w+)", act.text):
        fits = said[1].upper() == it.new and act.t_ms > it.since_ms
    else:
        fits = it.new == "PERMANENT" and act.t_ms > it.since_ms
    if not fits:
        return None
    return Cause("command", act.text, ("neigh_delete" if deletes else "neigh_add",))


def _about(act: Act, it: Transition) -> bool:
    if not _IN_NAMESPACE.match(act.text):
        return False
    words = act.text.split()
    return it.addr in words or "neigh" not in words or "flush" in words


def _removed(it: Transition, past: Past) -> Cause:
    """Settings take entries away at once; without one it was a duplicate address, or the garbage collector."""
    if past.duplicate_was_found(it.host):
        return Cause("work", "a duplicate link-local address takes IPv6 away", ("addrconf_dad_work", "neigh_ifdown"))
    for act in (*reversed(past.acts(it.host)), *([past.last_act] if past.last_act is not None else [])):
        for pattern, function in _FLUSHED_BY:
            if pattern.search(act.text):
                return Cause("setting", act.text, (function,))
    return Cause("work", "collected", ("neigh_periodic_work or neigh_forced_gc",))


def _frame(it: Transition, past: Past) -> Cause | None:
    """The frame that says what the entry has become, one that cannot be read, or one of a flood."""
    change = Change(it.old, it.old_lladdr, it.new, it.lladdr)
    if (heard := past.culprit(it.host, it.ifname, it.addr, it.used, change)) is not None:
        return Cause("frame", past.tell(heard), (_RECEIVED_BY[heard.parsed.kind], "neigh_update"), place=heard.place)
    path = ("ndisc_rcv" if ":" in it.addr else "arp_process", "neigh_update")
    last, act = past.last_heard(it.host, it.ifname), past.last_act
    if last is not None and last.parsed.kind == "other" and (act is None or last.t_ms >= act.t_ms):
        return Cause("frame", past.tell(last), path, place=last.place)
    if act is not None and act.kind == "flood":
        return Cause("frame", f"one of {act.text}", path)
    return None


def _packet(it: Transition, past: Past) -> Cause:
    """What left for the address: what the story sent last, or the answer to what was heard from there since."""
    path = ("ip6_finish_output2" if ":" in it.addr else "ip_finish_output2", "__neigh_event_send")
    act = next((one for one in reversed(past.acts(it.host)) if one.kind == "sent"), None)
    last = past.last_about(it.host, it.ifname, it.addr)
    if last is not None and last.parsed.kind == "ns" and (act is None or last.t_ms > act.t_ms):
        return Cause("packet", f"the answer to {past.tell(last)}", path)
    return Cause("packet", act.text if act is not None else "", path)


def _timer(it: Transition, past: Past) -> Cause:
    """What neigh_timer_handler does to an entry; the states before it that are never announced are filled in."""
    asked = past.take_asked(it.host, it.ifname, it.addr)
    match it.old, it.new:
        case "REACHABLE", "STALE" | "DELAY":
            return timer("REACHABLE", it.new, asked=0, inferred=True)
        case "PROBE", "STALE":
            return timer("PROBE", "STALE", asked=asked, inferred=True)
        case _, "PROBE":
            return timer("DELAY", "PROBE", asked=0, inferred=True)
        case "STALE" | "DELAY" | "PROBE" | "REACHABLE", "REACHABLE" if it.lladdr == it.old_lladdr:
            return timer("DELAY", "REACHABLE", asked=0, inferred=True)
        case _, "FAILED":
            return timer("INCOMPLETE" if it.old in UNRESOLVED else "PROBE", "FAILED", asked=asked, inferred=True)
    if it.old in UNRESOLVED and past.user_space_was_asked(it.host, it.addr):
        return Cause("command", "user space answers what it was asked", ("neigh_add",))
    return UNKNOWN

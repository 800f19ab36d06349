"""The kernel's stack says why an entry changed: frames, packets, timers, commands and settings leave different ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from neighlab.model.timeline import Entry
from neighlab.model.why.cause import UNKNOWN, Cause, Kind, timer
from neighlab.model.why.past import Change, Past

_RECEIVING: Final = ("arp_process", "ndisc_recv_", "ndisc_router_discovery", "ndisc_redirect_rcv")
_COMMANDED: Final = ("neigh_add", "neigh_delete", "arp_ioctl", "arp_req_")
_FLUSHING: Final = ("neigh_ifdown", "neigh_carrier_down", "neigh_changeaddr")
_COLLECTING: Final = {"neigh_periodic_work": "collected, long unused", "neigh_forced_gc": "collected, no room was left"}
_LOOKING_UP: Final = (
    "ip_finish_output",
    "ip6_finish_output",
    "ip_neigh_",
    "ip6_neigh_lookup",
    "ip_output",
    "ip6_output",
)
_ANSWERS: Final = {
    "ndisc_send_na": "the answer to",
    "ndisc_send_redirect": "a redirect, because of",
    "icmp_send": "an error report, because of",
    "__icmp_send": "an error report, because of",
    "icmp6_send": "an error report, because of",
    "icmp_reply": "the answer to",
    "icmpv6_echo_reply": "the answer to",
    "ip_send_unicast_reply": "the answer to",
}
_OWN: Final = {
    "mld_sendpack": "a multicast listener report",
    "ndisc_send_rs": "a router solicitation",
    "addrconf_dad_work": "a question of duplicate address detection",
    "neigh_invalidate": "an error report, because nobody answers",
}


def traced(entry: Entry, past: Past, used: int) -> Cause:
    """The cause of a `trace` entry; UNKNOWN where the kernel's tracepoints told no stack.

    Frames up to the place `used` have been the cause of something to this entry already.
    """
    stack: Sequence[str] = entry.fields.get("stack") or ()
    if stack[:2] == ["__neigh_event_send", "neigh_resolve_output"] and "__neigh_update" in stack:
        return _by_story(entry, past, "packet", ("__neigh_update", "__neigh_event_send"))  # it has waited in the queue
    for place, function in enumerate(stack):
        if function.startswith(_RECEIVING) and not _sending(stack[:place]):
            return _frame(entry, past, used, _path(stack, place))
        if function.startswith(_COMMANDED):
            return _by_story(entry, past, "command", _path(stack, place))
        if function.startswith(_FLUSHING):
            return _flushed(entry, past, stack, place)
        if function in _COLLECTING:
            return Cause("work", _COLLECTING[function], (function,), False)
        if function == "neigh_managed_work":
            return Cause("work", "a managed entry is kept resolved", _path(stack, place), False)
        if function.startswith(_LOOKING_UP):
            return _packet(entry, past, stack, place)
        if function == "neigh_timer_handler":
            asked = past.take_asked(entry.host, entry.fields["ifname"], entry.fields["addr"])
            return timer(entry.fields["old"], entry.fields["new"], asked=asked, inferred=False)
    return UNKNOWN._replace(path=tuple(stack[:1]), inferred=False) if stack else UNKNOWN


def _sending(inner: Sequence[str]) -> bool:
    """Was a packet under way when the entry changed? It is what is answered then, not what was learned."""
    return any(function.startswith(_LOOKING_UP) for function in inner)


def _path(stack: Sequence[str], place: int) -> tuple[str, ...]:
    """The functions from the one that decided down to the one that acted, at most three."""
    way = [*reversed(stack[: place + 1])]
    way = [way[0], *(one for one in way[1:] if one.lstrip("_").startswith("neigh_") and one != "neigh_resolve_output")]
    return tuple(way[:1] + way[-2:] if len(way) > 3 else way)


def _frame(entry: Entry, past: Past, used: int, path: tuple[str, ...]) -> Cause:
    """Frames wait for the processor and are dealt with in their order: several may have come by now."""
    fields = entry.fields
    host, ifname, addr = entry.host, fields["ifname"], fields["addr"]
    new = fields["new"] if entry.kind == "transition" else "NONE"  # what it was asked to be is not told
    change = Change(fields["old"], None, new, fields["lladdr"])
    heard = past.culprit(host, ifname, addr, used, change) or past.last_about(host, ifname, addr)
    if heard is not None:
        return Cause("frame", past.tell(heard), path, False, heard.place)
    act, last = past.last_act, past.last_heard(host, ifname)
    if act is not None and act.kind == "flood":
        return Cause("frame", f"one of {act.text}", path, False)
    return Cause("frame", past.tell(last) if last is not None else "", path, False, last.place if last else None)


def _packet(entry: Entry, past: Past, stack: Sequence[str], place: int) -> Cause:
    path = _path(stack, place)
    last = past.last_heard(entry.host, entry.fields["ifname"])
    for function in stack[place:]:
        if function in _ANSWERS and last is not None:
            return Cause("packet", f"{_ANSWERS[function]} {past.tell(last)}", path, False)
        if function in _OWN:
            return Cause("packet", _OWN[function], path, False)
    if str(entry.fields.get("by")).startswith("task"):
        return _by_story(entry, past, "packet", path)
    if last is None:
        return Cause("packet", "", path, False)
    forwards = last.parsed.kind in ("ipv4", "ipv6") and not past.owns(entry.host, last.parsed.target)
    return Cause("packet", f"{'forwards' if forwards else 'because of'} {past.tell(last)}", path, False)


def _by_story(entry: Entry, past: Past, kind: Kind, path: tuple[str, ...]) -> Cause:
    wanted = "sent" if kind == "packet" else "command"
    act = next((one for one in reversed(past.acts(entry.host)) if one.kind in (wanted, "command", "set")), None)
    return Cause(kind, act.text if act is not None else f"by {entry.fields['by']}", path, False)


def _flushed(entry: Entry, past: Past, stack: Sequence[str], place: int) -> Cause:
    if "addrconf_dad_work" in stack:
        return Cause(
            "work", "a duplicate link-local address takes IPv6 away", ("addrconf_dad_work", stack[place]), False
        )
    act = next((one for one in reversed(past.acts(entry.host)) if one.kind in ("set", "command")), past.last_act)
    return Cause("setting", act.text if act is not None else f"by {entry.fields['by']}", (stack[place],), False)

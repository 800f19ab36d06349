"""What stops a frame and is no check of the neighbour code is known from what the story did: filters, ports, links."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Final

from neighlab.model.frame_words import describe
from neighlab.model.reception.decide import about
from neighlab.model.timeline import Entry

_ACTS: Final = (("story", "command"), ("knob", "set"))
_FILTERS: Final = {
    "nft": "nf_hook_slow",
    "arptables": "nf_hook_slow",
    "ebtables": "nf_hook_slow",
    "iptables": "nf_hook_slow",
    "ip6tables": "nf_hook_slow",
    "tc": "tcf_classify",
}
"""Programs that make filters, and the kernel's function that asks such a filter."""
_STOPS: Final = re.compile(r"\b(drop|reject)\b", re.IGNORECASE)
_FULL: Final = "the table is full"
"""What a `no-op` of the trace says that tells of an entry which found no room."""
_OUTWARD: Final = re.compile(r"\b(output|postrouting|egress)\b", re.IGNORECASE)
_PORT: Final = re.compile(r"port of (\S+): (.*=1.*)")
_OPTIONS: Final = {
    "isolated": "should_deliver",
    "locked": "br_handle_frame_finish",
    "neigh_suppress": "br_do_proxy_suppress_arp",
}
"""Options of a bridge's port that keep frames back, and the function that looks at them."""
_LINK: Final = re.compile(r"plug |unplug |link \S+ .*up=|ip link set \S+ (up|down)")
_DOWN: Final = re.compile(r"^unplug |up=False|\bdown\b")


def told(check: str, function: str, text: str, remedy: str = "") -> dict[str, Any]:
    """A reason that is none of the model's, in the form of theirs."""
    return {"check": check, "function": function, "text": text, "remedy": remedy, "change": {}, "values": {}}


class Obstacles:
    """What was put in a frame's way so far: what the story did at hosts and bridges, what the kernel told of drops."""

    def __init__(self, timeline: Iterable[Entry]) -> None:
        self._acts: dict[str, list[Entry]] = defaultdict(list)
        self._drops: dict[str, list[Entry]] = defaultdict(list)
        self._refusals: dict[str, list[Entry]] = defaultdict(list)
        for entry in timeline:
            if (entry.source, entry.kind) in _ACTS:
                self._acts[entry.host].append(entry)
            elif (entry.source, entry.kind) == ("trace", "drop"):
                self._drops[entry.host].append(entry)
            elif (entry.source, entry.kind) == ("trace", "no-op") and _FULL in entry.text:
                self._refusals[entry.host].append(entry)

    def at_host(self, host: str, frame: bytes, t_ms: float) -> dict[str, Any]:
        """Why a frame that reached a host and passes every check had no effect there."""
        if (rule := self._filter(host, t_ms)) is not None:
            return rule
        if (full := self._full(host, t_ms, about(frame))) is not None:
            return full
        what = describe(frame)
        for one in self._drops[host]:
            if one.t_ms >= t_ms and one.text.startswith(what):
                return told("dropped", one.fields.get("function") or "", f"it was dropped: {one.fields['reason']}")
        return told("unknown", "", "nothing that is known of this host stops it")

    def of_an_answer(self, host: str, t_ms: float) -> dict[str, Any]:
        """Why a host that answers a frame, by every check, did not."""
        known = self._full(host, t_ms, None) or self._filter(host, t_ms)
        return known or told("unknown", "", "nothing that is known of this host keeps the answer back")

    def on_the_way(self, bridge: str, sender: str, receiver: str, t_ms: float) -> dict[str, Any] | None:
        """Why a frame did not come from one host to another over a bridge (or a wire, ""); None if nothing is known."""
        for act in reversed(self._before(bridge, t_ms)):
            port = _PORT.match(act.text)
            if port is not None and port[1] in (sender, receiver):
                function = next((one for option, one in _OPTIONS.items() if f"{option}=1" in port[2]), "")
                return told("bridge-port", function, f"{bridge} stops it, {act.text}", "without that")
        if (rule := self._filter(bridge, t_ms)) is not None:
            return rule
        for host in (sender, receiver):
            links = [one for one in self._before(host, t_ms) if _LINK.match(one.text)]
            if links and _DOWN.search(links[-1].text):
                return told("link-down", "", f"{host} has done {links[-1].text}", "with the link up")
        return None

    def _before(self, host: str, t_ms: float) -> list[Entry]:
        return [one for one in self._acts[host] if one.t_ms <= t_ms]

    def _full(self, host: str, t_ms: float, addr: str | None) -> dict[str, Any] | None:
        """An entry for an address (None: any) that found no room from then on."""
        for one in self._refusals[host]:
            if one.t_ms >= t_ms and addr in (None, one.fields["addr"]):
                text = f"no room for {one.fields['addr']}: the table is full"
                return told("table-full", "neigh_alloc", text, "with a higher gc_thresh3")
        return None

    def _filter(self, host: str, t_ms: float) -> dict[str, Any] | None:
        """The last rule that stops what comes in, or else the last word to a filter."""
        words = [one for one in self._before(host, t_ms) if one.text.split(" ", 1)[0] in _FILTERS]
        stops = [one for one in words if _STOPS.search(one.text)]
        rules = [one for one in stops if not _OUTWARD.search(one.text)] or stops or words
        if not rules:
            return None
        rule = rules[-1].text
        text = f"it passes every check, but there is a filter: {rule}"
        return told("filter", _FILTERS[rule.split(" ", 1)[0]], text, "without that")

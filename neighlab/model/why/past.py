"""What a host has heard, sent and been told so far is all that a cause can be taken from."""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from neighlab.model.evidence import CapturedFrame, Interface
from neighlab.model.frame_words import describe
from neighlab.model.frames import Parsed, parse
from neighlab.model.timeline import Entry

_REMEMBERED: Final = 32
_NEIGHBOUR: Final = ("arp-request", "arp-reply", "ns", "na", "rs", "ra", "redirect")
UNRESOLVED: Final = ("ABSENT", "NONE", "INCOMPLETE", "FAILED")
_NEW_ADDR: Final = re.compile(r"add address ([0-9a-f.:]+)")
_NEW_LLADDR: Final = re.compile(r"link (\S+) .*lladdr=([0-9a-f:]{17})")


class Heard(NamedTuple):
    """A frame that an interface received: what it says, and of whom."""

    t_ms: float
    place: int
    parsed: Parsed
    frame: bytes


class Act(NamedTuple):
    """Something that the story did: `kind` is command, set, sent or flood."""

    t_ms: float
    kind: str
    text: str


class Change(NamedTuple):
    """What became of an entry: its states and link-layer addresses before and after.

    An entry that has only been made (NONE) does not yet say what the frame says.
    """

    old: str
    old_lladdr: str | None
    new: str
    lladdr: str | None

    @property
    def is_news(self) -> bool:
        """Does the entry have a link-layer address that it had not before?"""
        return self.old in UNRESOLVED or self.old_lladdr != self.lladdr


@dataclass(slots=True)
class _Interface:
    about: dict[str, deque[Heard]] = field(default_factory=lambda: defaultdict(lambda: deque(maxlen=_REMEMBERED)))
    last: Heard | None = None
    asked: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lladdr: str | None = None


class Past:
    """Grows in the order of time; everything is asked about the moment that it has come to."""

    def __init__(self, frames: Sequence[CapturedFrame], interfaces: Sequence[Interface]) -> None:
        self._frames = frames
        self._interfaces: dict[tuple[str, str], _Interface] = defaultdict(_Interface)
        self._own: dict[str, set[str]] = defaultdict(set)
        self._acts: dict[str, deque[Act]] = defaultdict(lambda: deque(maxlen=_REMEMBERED))
        self._senders: dict[bytes, str] = {}
        self._user_space: set[tuple[str, str]] = set()
        self._duplicates: set[str] = set()
        self.last_act: Act | None = None
        for one in interfaces:
            self._interfaces[one.host, one.ifname].lladdr = one.lladdr
            self._own[one.host].update(one.addrs)

    def pass_frame(self, place: int) -> None:
        """A frame was sent or received; one that is for another station (PACKET_OTHERHOST) nobody heard."""
        frame = self._frames[place]
        parsed = parse(frame.data)
        one = self._interfaces[frame.host, frame.ifname]
        if frame.direction == "sent":
            self._senders[frame.data] = frame.host
            if parsed.is_solicitation and parsed.target is not None:
                one.asked[parsed.target] += 1
            return
        if not parsed.is_broadcast and one.lladdr not in (None, parsed.dst):
            return
        one.last = Heard(frame.t_ms, place, parsed, frame.data)
        speaker = parsed.target if parsed.kind in ("na", "redirect") else parsed.sender
        if speaker is not None and parsed.kind in _NEIGHBOUR:
            one.about[speaker].append(one.last)

    def pass_act(self, entry: Entry) -> None:
        """The story did something at a host."""
        act = Act(entry.t_ms, entry.kind, entry.text)
        self._acts[entry.host].append(act)
        self.last_act = act
        if entry.kind == "set":
            if added := _NEW_ADDR.match(act.text):
                self._own[entry.host].add(added[1])
            elif moved := _NEW_LLADDR.match(act.text):
                self._interfaces[entry.host, moved[1]].lladdr = moved[2]

    def pass_news(self, entry: Entry) -> None:
        """The kernel announced what is no transition of an entry: a question to user space, a duplicate address."""
        if entry.fields.get("event") == "GETNEIGH":
            self._user_space.add((entry.host, entry.fields["addr"]))
        elif entry.fields.get("state") == "dadfailed":
            self._duplicates.add(entry.host)

    def user_space_was_asked(self, host: str, addr: str) -> bool:
        """Has the kernel asked user space for an address? Then a daemon may answer."""
        return (host, addr) in self._user_space

    def duplicate_was_found(self, host: str) -> bool:
        """Has an address of a host failed duplicate address detection?"""
        return host in self._duplicates

    def owns(self, host: str, addr: str | None) -> bool:
        """Is it one of the host's addresses? True when nobody knows what it has."""
        return not self._own[host] or addr in self._own[host]

    def acts(self, host: str) -> Sequence[Act]:
        """What the story did at a host, the latest last."""
        return self._acts[host]

    def culprit(self, host: str, ifname: str, addr: str, used: int, change: Change) -> Heard | None:
        """The first frame in an address' name that could make a change, was no cause yet, and came since the last act.

        Every act of the story takes in what was announced before it, so an earlier frame is no cause of what is heard
        now - but one may have waited (proxy_delay): it comes last.
        """
        since = self.last_act.t_ms if self.last_act is not None else float("-inf")
        fit = [
            one for one in self._interfaces[host, ifname].about[addr] if one.place > used and could(one.parsed, change)
        ]
        fresh = [one for one in fit if one.t_ms >= since]
        for_us = [one for one in fresh if self._is_for(host, one.parsed)]
        if found := for_us or fresh:
            return found[0]
        return fit[-1] if fit and change.is_news else None

    def last_about(self, host: str, ifname: str, addr: str) -> Heard | None:
        """The last frame in an address' name."""
        heard = self._interfaces[host, ifname].about[addr]
        return heard[-1] if heard else None

    def last_heard(self, host: str, ifname: str) -> Heard | None:
        """The last frame that an interface received, whatever it is about."""
        return self._interfaces[host, ifname].last

    def _is_for(self, host: str, frame: Parsed) -> bool:
        """Is a host asked, or spoken to? A router hears answers that it forwards, too."""
        if _asks(frame):
            return self.owns(host, frame.target)
        to = frame.dst_addr if frame.kind == "na" else None
        return to is None or to.startswith(("ff", "fe80")) or self.owns(host, to)

    def take_asked(self, host: str, ifname: str, addr: str) -> int:
        """How often a host has asked for an address since this was last taken."""
        return self._interfaces[host, ifname].asked.pop(addr, 0)

    def tell(self, heard: Heard) -> str:
        """A frame in words, with who sent it."""
        sender = self._senders.get(heard.frame)
        return describe(heard.frame) + (f", from {sender}" if sender else "")


def could(frame: Parsed, change: Change) -> bool:
    """Could this frame make such a change (arp_process, ndisc_recv_ns, ndisc_recv_na)?"""
    if change.new == "NONE":
        return True
    if frame.lladdr not in (None, change.lladdr):  # an advertisement that may not override makes REACHABLE doubtful
        return frame.kind == "na" and not frame.override and (change.old, change.new) == ("REACHABLE", "STALE")
    if frame.lladdr is None and (frame.kind != "na" or change.old in UNRESOLVED):
        return False
    if frame.kind == "na" and frame.solicited and change.old in UNRESOLVED:
        return True  # REACHABLE if it was asked for, STALE if it is from nothing (accept_untracked_na)
    proves = frame.solicited or (frame.kind == "arp-reply" and not frame.is_broadcast)
    return proves == (change.new == "REACHABLE") or (change.old == change.new and not change.is_news)


def _asks(frame: Parsed) -> bool:
    return frame.kind in ("arp-request", "ns") and not frame.is_gratuitous

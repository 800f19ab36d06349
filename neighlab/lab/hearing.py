"""What a lab hears - announcements, frames, the kernel's own word - is taken in here, and told on one timeline."""

from __future__ import annotations

import select
import time
from collections import defaultdict, deque
from typing import TYPE_CHECKING, Final

from neighlab.kernel import rtaddr, rtneigh
from neighlab.kernel.monitor import AddrEvent, Event, Monitor, NeighEvent, describe
from neighlab.lab.history import AddrSighting, Key, Sighting
from neighlab.model.frame_words import describe as describe_frame
from neighlab.model.neigh import Neigh
from neighlab.model.nud import ABSENT, NTF, State, flag_names, state_name
from neighlab.model.timeline import Entry, Timeline
from neighlab.wire.bpf import is_neighbour_frame

if TYPE_CHECKING:
    from neighlab.lab.explainer import Explainer
    from neighlab.lab.host import Host
    from neighlab.lab.recorder import Recorder
    from neighlab.lab.witness import Witness
    from neighlab.wire.tap import Seen, Tap


_ROUNDS: Final = 8


class Hearing:
    """The ears of a lab and what came in by them; Lab connects them and adds the verbs."""

    def __init__(self, monitor: Monitor, timeline: Timeline) -> None:
        self.timeline = timeline
        self.monitor = monitor
        self.witness: Witness | None = None
        """What the kernel itself says, where there is a trace."""
        self.taps: list[Tap] = []
        self.recorder: Recorder | None = None
        """Keeps every frame, where evidence is wanted."""
        self.explainer: Explainer | None = None
        self.hosts: dict[str, Host] = {}
        self.history: dict[Key, list[Sighting]] = defaultdict(list)
        self.addr_history: dict[Key, list[AddrSighting]] = defaultdict(list)
        self.addr_cursor: dict[Key, int] = defaultdict(int)
        """How much of an address' history expectations have used up."""
        self.misses: dict[Key, list[NeighEvent]] = defaultdict(list)
        """The kernel's questions to user space."""
        self.frames: list[Seen] = []
        self._by_nsid: dict[int, str] = {}
        self._expected_copies: defaultdict[bytes, deque[Entry | None]] = defaultdict(deque)
        self._hears_everything = False

    def pump(self) -> None:
        """Take in what has arrived: events of all hosts, records of the trace, captured frames."""
        events, overflow = self.monitor.read()
        for event in events:
            self._take(event)
        if self.witness is not None:
            self.witness.take()
        if overflow:
            self.resynchronise("neighbour events were lost (ENOBUFS): tables are read again")
        for tap in self.taps:
            lost = tap.lost
            for seen in tap.read():
                self._take_frame(seen)
            if tap.lost > lost:
                self.timeline.add("lab", "lab", "lost", f"{tap.lost - lost} captured frames were lost: no room")

    def wait(self, timeout_s: float) -> None:
        """Wait until an event or a frame arrives, at most so long, and take it in."""
        poll = self._arrivals()
        if self.witness is not None:
            poll.register(self.witness.trace.fileno, select.POLLIN)
        poll.poll(max(0.0, timeout_s) * 1000)
        self.pump()

    def catch_up(self) -> float:
        """Take in all that has arrived, and return a moment before which nothing has that was not taken in.

        Where more keeps coming, after a few rounds the moment is just the last one.
        """
        arrivals = self._arrivals()
        for _ in range(_ROUNDS):
            self.pump()
            now = time.monotonic()
            if not arrivals.poll(0):
                break
        return now

    def expect_copy(self, frame: bytes, entry: Entry | None = None) -> None:
        """The story has put this frame on a wire (as `entry` tells): its capture is not news for the timeline."""
        if self.taps:
            self._expected_copies[frame].append(entry)

    def hear_everything(self) -> None:
        """Let the taps hear all traffic, not only ARP and ND."""
        self._hears_everything = True
        for tap in self.taps:
            tap.widen()

    def saw(self, key: Key, at: float, neigh: Neigh | None) -> None:
        """The kernel itself has told what has become of an entry (None: it is gone)."""
        self.history[key].append(Sighting(at, ABSENT if neigh is None else neigh.state, neigh, True))

    def resynchronise(self, why: str) -> None:
        """Something that the kernel said was lost: say so, and take the tables as they are now instead."""
        self.timeline.add("lab", "lab", "lost", why)
        now = time.monotonic()
        for name, host in self.hosts.items():
            present = set()
            for neigh in host.neigh_dump():
                key = (name, neigh.ifindex, neigh.addr)
                present.add(key)
                past, is_now = self.history[key], Sighting(now, neigh.state, neigh, False)
                if not past or (past[-1].state, str(past[-1])) != (is_now.state, str(is_now)):
                    self._found(key, is_now, str(neigh))
            for key, past in self.history.items():
                if key[0] == name and key not in present and past and past[-1].state is not ABSENT:
                    self._found(key, Sighting(now, ABSENT, None, False), f"{key[2]} ABSENT")

    # -- inside

    def _arrivals(self) -> select.poll:
        """Tells whether an event or a frame waits to be taken in."""
        poll = select.poll()
        for sock in (self.monitor.sock, *(tap.sock for tap in self.taps)):
            poll.register(sock, select.POLLIN)
        return poll

    def _found(self, key: Key, sighting: Sighting, text: str) -> None:
        host, _ifindex, addr = key
        self.history[key].append(sighting)
        self.timeline.add(host, "netlink", "resync", text, at=sighting.at, addr=addr, state=state_name(sighting.state))

    def _take(self, event: Event) -> None:
        host = self._by_nsid.get(event.nsid)
        if host is None:
            return
        if isinstance(event, AddrEvent):
            self._take_address(host, event)
        else:
            self._take_neighbour(host, event)

    def _take_address(self, host: str, event: AddrEvent) -> None:
        address = event.address
        now = ABSENT if event.kind == rtaddr.RTM_DELADDR else address.dad
        self.addr_history[host, address.ifindex, address.addr].append(AddrSighting(event.at, now))
        self.timeline.add(host, "netlink", "event", str(event), at=event.at, addr=address.addr, state=address.dad.value)
        if self.explainer is not None:
            self.explainer.acted("address")

    def _take_neighbour(self, host: str, event: NeighEvent) -> None:
        neigh = event.neigh
        key = host, neigh.ifindex, neigh.addr
        if event.kind == rtneigh.RTM_GETNEIGH:
            text = f"GETNEIGH {neigh} (the kernel asks user space)"
            self.misses[key].append(event)
        else:
            text = describe(event)
            if self.witness is None or NTF.PROXY in neigh.flags:
                state: State = ABSENT if event.kind == rtneigh.RTM_DELNEIGH else neigh.state
                self.history[key].append(Sighting(event.at, state, neigh, True))
            else:
                self.witness.announced(key, event)
        self.timeline.add(
            host, "netlink", "event", text, at=event.at, addr=neigh.addr, state=state_name(neigh.state),
            lladdr=neigh.lladdr, ifname=self.hosts[host].ifname_of(neigh.ifindex) if host in self.hosts else "",
            event=text.split(" ", 1)[0], flags=flag_names(neigh.flags),
        )  # fmt: skip

    def _take_frame(self, seen: Seen) -> None:
        """Give a frame to the record, to a story that asked for such, and once, as its sender's, to the timeline."""
        place = self.recorder.add(seen) if self.recorder is not None else None
        if place is None or self._hears_everything or is_neighbour_frame(seen.frame):
            self.frames.append(seen)
        if self.explainer is not None and place is not None:
            self.explainer.heard(seen, place)
        if seen.direction != "sent":
            return
        told: Entry | None
        if self._expected_copies.get(seen.frame):
            told = self._expected_copies[seen.frame].popleft()
        else:
            told = self.timeline.add(
                seen.host, "wire", "frame", describe_frame(seen.frame), at=seen.at, ifname=seen.ifname,
                length=len(seen.frame),
            )  # fmt: skip
        if told is not None and place is not None:
            told.fields["frame"] = place

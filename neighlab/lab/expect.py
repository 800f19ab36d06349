"""An expectation is met by what was announced, by what is, or by what comes before a deadline that the knobs set."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from neighlab.errors import ScenarioError
from neighlab.kernel import nlattr, rtneightbl
from neighlab.lab.history import Key, Sighting
from neighlab.model import knobs
from neighlab.model.deadline import deadline_ms
from neighlab.model.nud import ABSENT, NTF, NUD, SILENT, Absent, State, flag_names, state_name
from neighlab.model.result import Expectation
from neighlab.wire.looks import looks

if TYPE_CHECKING:
    from neighlab.kernel.monitor import NeighEvent
    from neighlab.lab.host import Host
    from neighlab.lab.lab import Lab

_POLL_S = 0.001
"""How often an entry is looked at while a state is awaited that the kernel does not announce."""
_PATIENT_POLL_S = 0.05


class Watcher:
    """Matches one host's neighbour entries against what a story expects of them."""

    def __init__(self, lab: Lab, host: Host) -> None:
        self.lab = lab
        self.host = host
        self._cursor: dict[Key, int] = {}

    def expect(
        self,
        ifindex: int,
        addr: str,
        states: tuple[State, ...],
        lladdr: str | None,
        flags: NTF | None,
        within_ms: float | None,
    ) -> None:
        """Match `states` in their order; `lladdr` and `flags` belong to the last. See Host.expect."""
        if not states:
            raise ScenarioError("expect() wants at least one state")
        key = (self.host.name, ifindex, addr)
        started = looked = time.monotonic()
        deadline: float | None = None
        inferred = False
        met: list[str] = []
        self._look(key)
        cursor = self._begin(key)
        while True:
            past = self.lab.history[key]
            while cursor < len(past) and len(met) < len(states):
                wanted, *later = states[len(met) :]
                sighting = past[cursor]
                if _fits(sighting, wanted, None if later else lladdr, None if later else flags):
                    met.append(str(sighting))
                elif later and _implied(wanted, sighting, later[0]):
                    # the kernel enters this state without a word, and the next can only be reached through it
                    inferred = True
                    met.append(state_name(wanted))
                    continue
                cursor += 1
            if len(met) == len(states):
                self._cursor[key] = cursor
                self._judge(key, _wanted(states, lladdr, flags), " > ".join(met), True, started, inferred)
                return
            if deadline is None:
                current = past[-1].state if past else ABSENT
                allowed = (
                    deadline_ms(current, states[len(met) :], self._parms(ifindex, addr))
                    if within_ms is None
                    else within_ms
                )
                if states[-1] is ABSENT and within_ms is None:
                    allowed = min(allowed, 250.0)  # no timer of an entry removes it
                deadline = started + allowed / 1000 * self.lab.time_scale
            if looked >= deadline:  # and nothing was there then
                self._cursor[key] = len(past)
                seen = " > ".join(str(one) for one in past[-len(states) :])
                self._judge(key, _wanted(states, lladdr, flags), seen, False, started, inferred)
                return
            silent = any(isinstance(one, NUD) and one & SILENT for one in states[len(met) :])
            self.lab.wait(min(deadline - looked, _POLL_S if silent else _PATIENT_POLL_S))
            looked = time.monotonic()
            self._look(key)

    def hold(self, ifindex: int, addr: str, state: State, lladdr: str | None, for_ms: float) -> None:
        """Look at the entry for `for_ms` milliseconds; any other state, announced or seen, is a failure."""
        key = (self.host.name, ifindex, addr)
        started = time.monotonic()
        self._look(key)
        past = self.lab.history[key]
        first = len(past) - 1 if past else 0
        end = started + for_ms / 1000
        while True:
            self._look(key)
            wrong = next((one for one in past[first:] if not _fits(one, state, lladdr, None)), None)
            left = end - time.monotonic()
            if wrong is not None or left <= 0:
                break
            self.lab.wait(min(left, 0.01))
        self._cursor[key] = len(past)
        now = self.lab.timeline.now_ms()
        self.lab.judge(
            Expectation(
                self._subject(ifindex, addr), f"{_wanted((state,), lladdr, None)} for {for_ms:.0f} ms",
                str(wrong or past[-1]), wrong is None, now, (time.monotonic() - started) * 1000,
            )
        )  # fmt: skip

    def expect_miss(self, ifindex: int, addr: str, count: int | range, within_ms: float) -> list[NeighEvent]:
        """Count the kernel's questions to user space for an address. See Host.expect_miss."""
        asked = self.lab.misses[self.host.name, ifindex, addr]
        least, most = (count.start, count.stop - 1) if isinstance(count, range) else (count, count)
        started = time.monotonic()
        for left in looks(within_ms / 1000 * self.lab.time_scale):
            self.lab.pump()
            if len(asked) >= least:
                break
            self.lab.wait(left)
        number = f"{least}..{most}" if isinstance(count, range) else str(count)
        self.lab.judge(
            Expectation(
                f"{self._subject(ifindex, addr)} questions to user space", number, str(len(asked)),
                least <= len(asked) <= most, self.lab.timeline.now_ms(), (time.monotonic() - started) * 1000,
            )
        )  # fmt: skip
        return list(asked)

    def _begin(self, key: Key) -> int:
        """Where in the entry's history an answer may lie: behind the last one used, since the story's last act; or the
        present.
        """
        past = self.lab.history[key]
        used = self._cursor.get(key, 0)
        first = next((i for i, one in enumerate(past) if i >= used and one.at >= self.lab.last_act), len(past))
        return min(first, len(past) - 1) if past else 0

    def _look(self, key: Key) -> None:
        """Read the entry now; what the announcements did not tell is added to its history."""
        self.lab.pump()
        _host, ifindex, addr = key
        asked = time.monotonic()
        neigh = self.host.neigh_get(addr, dev=self.host.ifname_of(ifindex))
        at = time.monotonic()
        self.lab.pump()
        past = self.lab.history[key]
        state: State = ABSENT if neigh is None else neigh.state
        sighting = Sighting(at, state, neigh, False)
        if not past or str(past[-1]) != str(sighting):
            # an announcement is as old as its reading, what a witness tells as the deed itself
            if past and past[-1].at > (at if self.lab.witness is None else asked):
                return  # it overtook the answer, and is the newer news
            past.append(sighting)
            if state is not ABSENT:
                self.lab.timeline.add(
                    self.host.name, "netlink", "poll", f"{addr} {sighting}", at=at, addr=addr, state=state_name(state),
                    lladdr=neigh.lladdr if neigh else None, ifname=self.host.ifname_of(ifindex),
                )  # fmt: skip

    def _parms(self, ifindex: int, addr: str) -> dict[str, int]:
        """The neighbour parameters in force on a device, by knob name."""
        version = 6 if ":" in addr else 4
        by_number = {
            knob.ndta.number: knob.name
            for knob in knobs.knobs()
            if knob.ndta and version in knob.families and not knob.same_as
        }
        parms = self.parms(ifindex, version)
        return knobs.baseline_neigh(version) | {by_number[n]: value for n, value in parms.items() if n in by_number}

    def parms(self, ifindex: int, version: int) -> dict[int, int]:
        """All that the kernel tells about neighbours of one device, by NDTPA number."""
        body = rtneightbl.encode_dump(10 if version == 6 else 2)
        doing, decode = "read the neighbour parameters", rtneightbl.decode_tables
        tables = self.host.node.route.collect(nlattr.RTM_GETNEIGHTBL, body, doing, decode)
        return next((table.parms for table in tables if table.ifindex == ifindex), {})

    def _subject(self, ifindex: int, addr: str) -> str:
        return f"{self.host.name} {self.host.ifname_of(ifindex)} {addr}"

    def _judge(self, key: Key, wanted: str, observed: str, passed: bool, started: float, inferred: bool) -> None:
        now = self.lab.timeline.now_ms()
        took = (time.monotonic() - started) * 1000
        self.lab.judge(Expectation(self._subject(key[1], key[2]), wanted, observed, passed, now, took, inferred))


def _fits(sighting: Sighting, state: State, lladdr: str | None, flags: NTF | None) -> bool:
    seen = sighting.state
    if isinstance(state, Absent) or isinstance(seen, Absent):
        return state is seen
    if not (seen in state if seen and state else seen == state):
        return False
    neigh = sighting.neigh
    if lladdr is not None and (neigh is None or neigh.lladdr != lladdr.lower()):
        return False
    if flags is None or neigh is None:
        return flags is None
    return flags in neigh.flags if flags else not neigh.flags


def _implied(missed: State, seen: Sighting, after: State) -> bool:
    """May `missed` be concluded from `seen`, which is what was expected after it? PROBE is entered from DELAY alone."""
    return missed == NUD.DELAY and after == NUD.PROBE and seen.state == NUD.PROBE


def _wanted(states: tuple[State, ...], lladdr: str | None, flags: NTF | None) -> str:
    text = " > ".join(state_name(one) for one in states)
    if lladdr is not None:
        text += f" lladdr {lladdr}"
    if flags is None:
        return text
    return " ".join([text, *(flag_names(flags) or ["no flags"])])

"""A frame that no transition can be traced to had no effect, and each of its receivers has a reason for that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from neighlab.model.evidence import CapturedFrame, Evidence, Interface
from neighlab.model.frames import parse
from neighlab.model.reception.decide import about, decide
from neighlab.model.reception.memory import Memory
from neighlab.model.reception.message import read
from neighlab.model.reception.obstacles import Obstacles, told
from neighlab.model.reception.outcome import Outcome
from neighlab.model.reception.situation import Situation, Surroundings
from neighlab.model.timeline import Entry
from neighlab.model.why.cause import Cause


def tell_reasons(
    timeline: Sequence[Entry],
    evidence: Evidence,
    causes: Mapping[int, Cause],
    receivers: Mapping[int, Surroundings | Situation],
) -> int:
    """Give the entry of each ARP or ND frame its field `why`: for each receiver in whose tables it changed nothing, the
    check that stopped it, and for each that it should have reached and did not, what was in its way. Return how many
    frames were told of.

    `receivers` tells, by a frame's place in the evidence, what its receiver was like; as a Situation where the entry is
    known as well. Fences are left out, and stations that a frame was not for, unless it was for none.
    """
    fences = _fences(timeline, evidence.frames)
    answers = _answers(evidence.frames, fences)
    teller = _Teller(evidence, Memory(timeline, evidence.frames, causes), Obstacles(timeline), receivers, answers)
    effective = {
        one.place for at, one in causes.items() if one.place is not None and timeline[at].kind != "no-op"
    }  # fmt: skip
    whole = not any(entry.kind == "lost" for entry in timeline)
    reached = dict(evidence.deliveries())
    count = 0
    for entry in timeline:
        sent = entry.fields.get("frame")
        if not isinstance(sent, int) or entry.kind == "fence" or read(evidence.frames[sent].data) is None:
            continue
        if _is_fences(evidence.frames[sent], fences):
            continue
        places = reached.get(sent, [])
        why = [one for place in places if place not in effective for one in teller.received(place)]
        if whole:
            why += teller.missed(sent, places, of_the_story=entry.source == "story")
        if why:
            entry.fields["why"] = why
            count += 1
    return count


@dataclass(slots=True)
class _Teller:
    """Knows what there is to know of a lab's frames."""

    evidence: Evidence
    memory: Memory
    obstacles: Obstacles
    receivers: Mapping[int, Surroundings | Situation]
    answers: Mapping[tuple[str, str | None], Sequence[float]]

    def received(self, place: int) -> Iterator[dict[str, Any]]:
        """Why a frame had no effect on who received it."""
        frame = self.evidence.frames[place]
        receiver = self.receivers.get(place)
        if receiver is None:
            return
        addr = about(frame.data)
        if isinstance(receiver, Surroundings):
            known = addr is not None
            receiver = self.memory.situation(receiver, addr or "", frame.t_ms) if known else Situation(receiver)
        outcome = decide(frame.data, receiver)
        if outcome is None:
            return
        if outcome.ignored is not None:
            reason = self._plain(outcome, frame)
            if reason["check"] == "other-host" and self._is_for_somebody(frame):
                return
        elif outcome.learned is None or self.memory.came_true(receiver.here, outcome.learned, frame.t_ms):
            return
        else:
            reason = self.obstacles.at_host(frame.host, frame.data, frame.t_ms)
        yield {"host": frame.host, "ifname": frame.ifname, **reason}

    def missed(self, sent: int, places: Iterable[int], *, of_the_story: bool) -> Iterator[dict[str, Any]]:
        """Why a frame did not reach whom it was for; of frames that hosts sent by themselves, only what is known."""
        frame = self.evidence.frames[sent]
        parsed = parse(frame.data)
        reached = {(self.evidence.frames[one].host, self.evidence.frames[one].ifname) for one in places}
        bridge, others = self._segment(frame)
        for one in others:
            if (one.host, one.ifname) in reached or not (parsed.is_broadcast or parsed.dst == one.lladdr):
                continue
            reason = self.obstacles.on_the_way(bridge, frame.host, one.host, frame.t_ms)
            if reason is None and of_the_story:
                reason = told("not-delivered", "", "it did not come this far")
            if reason is not None:
                yield {"host": one.host, "ifname": one.ifname, **reason}

    def _plain(self, outcome: Outcome, frame: CapturedFrame) -> dict[str, Any]:
        """The check that stopped a frame; that it is answered all the same is seen, and not only foretold."""
        assert outcome.ignored is not None, "who asks has seen that"
        reason = outcome.ignored.to_plain()
        if outcome.answer == "now":
            spoken = self.answers.get((frame.host, parse(frame.data).target), ())
            if any(at >= frame.t_ms for at in spoken):
                reason["answered"] = True
            else:
                reason["silent"] = self.obstacles.of_an_answer(frame.host, frame.t_ms)
        elif outcome.silent is not None and outcome.silent != outcome.ignored:
            reason["silent"] = outcome.silent.to_plain()
        return reason

    def _segment(self, frame: CapturedFrame) -> tuple[str, list[Interface]]:
        """The bridge ("" for a wire) that a frame was sent to, and the other interfaces there."""
        here = [one for one in self.evidence.interfaces if (one.host, one.ifname) == (frame.host, frame.ifname)]
        if not here:
            return "", []
        peer, me = here[0].peer, f"{frame.host}/{frame.ifname}"
        if "/" in peer:
            return "", [one for one in self.evidence.interfaces if one.peer == me]
        return peer, [one for one in self.evidence.interfaces if one.peer == peer and one is not here[0]]

    def _is_for_somebody(self, frame: CapturedFrame) -> bool:
        to = parse(frame.data).dst
        return any(one.lladdr == to for one in self.evidence.interfaces)


def _answers(
    frames: Sequence[CapturedFrame], fences: Mapping[str | None, Sequence[tuple[float, float]]]
) -> dict[tuple[str, str | None], list[float]]:
    """When each host has spoken for an address, other than to a fence."""
    found: dict[tuple[str, str | None], list[float]] = defaultdict(list)
    for frame in frames:
        parsed = parse(frame.data)
        if frame.direction == "sent" and parsed.kind in ("arp-reply", "na") and not _is_fences(frame, fences):
            found[frame.host, parsed.target if parsed.kind == "na" else parsed.sender].append(frame.t_ms)
    return found


def _fences(timeline: Iterable[Entry], frames: Sequence[CapturedFrame]) -> dict[str | None, list[tuple[float, float]]]:
    """From when to when fences were under way, by the address that they asked for."""
    found: dict[str | None, list[tuple[float, float]]] = defaultdict(list)
    for entry in timeline:
        place = entry.fields.get("frame")
        if entry.kind == "fence" and isinstance(place, int):
            found[parse(frames[place].data).target].append((frames[place].t_ms, entry.t_ms))
    return found


def _is_fences(frame: CapturedFrame, fences: Mapping[str | None, Sequence[tuple[float, float]]]) -> bool:
    """Is a frame the answer to a fence's question?"""
    parsed = parse(frame.data)
    if parsed.kind not in ("arp-reply", "na"):
        return False
    speaker = parsed.target if parsed.kind == "na" else parsed.sender
    return any(since <= frame.t_ms <= until for since, until in fences.get(speaker, ()))

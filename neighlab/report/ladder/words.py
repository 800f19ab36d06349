"""Every event says in a few words what happened, and in its fields all that is known about it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from neighlab.model.evidence import CapturedFrame
from neighlab.model.frames import Parsed, parse
from neighlab.model.result import CaseResult, Expectation
from neighlab.model.timeline import Entry
from neighlab.report.ladder.figure import Fields
from neighlab.report.ladder.folding import is_frame
from neighlab.report.ladder.history import Change

_LONGEST: Final = 400
"""Characters of a field."""
_MOST: Final = 12
"""Receivers of a frame, and reasons of silence, that are named."""
_SHOWN_APART: Final = ("frame", "expectation", "cause", "cause_inferred", "why", "packet", "addr", "ifname", "text")
_OF_A_FRAME: Final = {
    "src": "Ethernet source", "dst": "Ethernet destination", "sender": "sender", "lladdr": "announced lladdr",
    "target": "target", "target_lladdr": "target lladdr", "dst_addr": "to", "hop_limit": "hop limit",
    "unreachable": "unreachable",
}  # fmt: skip
_ANSWERED: Final = "answered by "
"""A fence's text, before the name of who answered."""


def clock(t_ms: float) -> str:
    """`+1.539`: milliseconds since the story began."""
    return f"{t_ms:+.3f}"


def span(ms: float) -> str:
    """`80 µs`, `1.5 ms`, `129 ms`, `2.5 s`: so long that nobody needs more digits."""
    if ms < 1:
        return f"{ms * 1000:.0f} µs"
    if ms < 1000:
        return f"{ms:.1f} ms" if ms < 10 else f"{ms:.0f} ms"
    return f"{ms / 1000:.1f} s"


def fields_of(entry: Entry, case: CaseResult, received: Sequence[CapturedFrame]) -> Fields:
    """All about an entry of the timeline: when, where and what; its cause; its frame's or its own fields."""
    pairs: list[tuple[str, str]] = [
        ("time", f"{clock(entry.t_ms)} ms"),
        ("where", f"{entry.host} {entry.fields.get('ifname') or ''}".rstrip()),
        (f"{entry.source} {entry.kind}", entry.text),
    ]
    if cause := entry.fields.get("cause"):
        pairs.append(("cause", f"{cause}{' (inferred)' if entry.fields.get('cause_inferred') else ''}"))
    pairs += [("why", _why(one)) for one in _reasons(entry)[:_MOST]]
    if (verdict := expectation_of(entry, case)) is not None:
        inferred = " (inferred)" if verdict.inferred else ""
        pairs += [("expected", verdict.expected), ("observed", verdict.observed + inferred)]
        pairs.append(("waited", span(verdict.took_ms)))
    if (frame := _frame_of(entry, case)) is not None:
        pairs += _of_frame(frame)
        for one in received[:_MOST]:
            pairs.append(("received by", f"{one.host} {one.ifname} after {span(max(0.0, one.t_ms - frame.t_ms))}"))
        if len(received) > _MOST:
            pairs.append(("received by", f"{len(received) - _MOST} more"))
        if not received:
            pairs.append(("received by", "nobody"))
    for name, value in entry.fields.items():
        if name not in _SHOWN_APART and value not in (None, "", []):
            pairs.append((name, _said(value)))
    return tuple((name, value[:_LONGEST]) for name, value in pairs)


def data_of(change: Change) -> Fields:
    """A transition as data: which entry, from which state to which, and what made it."""
    _host, ifname, addr = change.key
    data = (("addr", addr), ("ifname", ifname), ("old", change.old), ("new", change.new))
    return (*data, ("cause", change.cause)) if change.cause else data


def expectation_of(entry: Entry, case: CaseResult) -> Expectation | None:
    """The expectation whose verdict an entry tells."""
    place = entry.fields.get("expectation")
    if entry.kind != "expect" or not isinstance(place, int) or not 0 <= place < len(case.expectations):
        return None
    return case.expectations[place]


def says(change: Change, lasted: str) -> tuple[str, str]:
    """A transition in words: the states, and what made it; with a timer, after which time in the old state."""
    moved = f" lladdr {change.moved}" if change.moved else ""
    after = f", after {lasted}" if change.timer and lasted else ""
    return f"{change.old} → {change.new}{moved}", f"{change.cause}{after}"


def of_frame(entry: Entry) -> str:
    """The words at an arrow."""
    return f"fence: {entry.text}" if entry.kind == "fence" else entry.text


def of_mark(entry: Entry, verdict: Expectation | None) -> tuple[str, str]:
    """The words at anything else, the important ones apart: a packet's end comes before what it was, and a verdict that
    is bad says what was seen instead.
    """
    if verdict is not None:
        if verdict.passed:
            return "", entry.text.removesuffix(" met")
        return f"expected {verdict.expected}, observed {verdict.observed}", verdict.subject
    packet, _dropped, reason = entry.text.partition(" dropped: ")
    if entry.kind != "drop" or not reason:
        return "", entry.text
    bridge = entry.fields.get("ifname") if entry.host == "lab" else None
    return f"{f'{bridge} ' if bridge else ''}dropped: {reason}", packet


def reasons_of(entry: Entry) -> dict[str, str]:
    """Why a frame of the story's changed nothing, by its receivers."""
    reasons = _reasons(entry) if (entry.source, entry.kind) == ("story", "sent") else []
    return {str(one.get("host")): f"no effect: {_stopped(one | {'remedy': ''})}" for one in reasons}


def answering(entry: Entry) -> str:
    """The host that answered a fence."""
    return entry.text.removeprefix(_ANSWERED) if entry.kind == "fence" else ""


def unmoved(entry: Entry) -> set[tuple[Any, Any]]:
    """Hosts and interfaces at which a frame is known to have changed nothing."""
    return {(one.get("host"), one.get("ifname")) for one in _reasons(entry)}


def without_address(text: str, addr: str) -> str:
    """The text of an entry whose column names the address already."""
    return re.sub(rf"^((NEW|DEL|GET)NEIGH )?{re.escape(addr)} ", lambda found: found[1] or "", text)


def summary(case: CaseResult, transitions: int) -> str:
    """What there is to be seen, in a sentence."""
    timeline = case.timeline
    hosts = {one.host for one in case.evidence.interfaces} if case.evidence else {one.host for one in timeline}
    frames = sum(is_frame(one) for one in timeline)
    met = sum(one.passed for one in case.expectations)
    lasted = span(timeline[-1].t_ms - timeline[0].t_ms) if timeline else "0 ms"
    return (
        f"{len(hosts):,} hosts, {frames:,} frames, {transitions:,} transitions of neighbour entries, "
        f"{met} of {len(case.expectations)} expectations met, in {lasted}: {case.outcome}."
    )


def _reasons(entry: Entry) -> list[dict[str, Any]]:
    """Why a frame changed nothing, for each of its receivers, where that is told (`run --explain`)."""
    told = entry.fields.get("why")
    return [one for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _why(reason: dict[str, Any]) -> str:
    answered = ", but it is answered" if reason.get("answered") else ""
    where = f"{reason.get('host')} {reason.get('ifname')}"
    told = f"no effect at {where}: {_stopped(reason)}{answered}"
    if isinstance(silent := reason.get("silent"), dict):
        told += f"; no answer: {_stopped(silent)}"
    return told


def _stopped(check: dict[str, Any]) -> str:
    function = f" ({check['function']})" if check.get("function") else ""
    remedy = f"; {check['remedy']} it would pass" if check.get("remedy") else ""
    return f"{check.get('text')}{function}{remedy}"


def _frame_of(entry: Entry, case: CaseResult) -> CapturedFrame | None:
    """The captured frame that an entry tells of, as it was sent."""
    place = entry.fields.get("frame")
    frames = case.evidence.frames if case.evidence is not None else []
    return frames[place] if isinstance(place, int) and 0 <= place < len(frames) else None


def _of_frame(frame: CapturedFrame) -> Fields:
    parsed: Parsed = parse(frame.data)
    pairs = [(said, str(value)) for name, said in _OF_A_FRAME.items() if (value := getattr(parsed, name)) is not None]
    flags = [name for name in ("router", "solicited", "override") if getattr(parsed, name)]
    if flags:
        pairs.append(("flags", ", ".join(flags)))
    return (*pairs, ("bytes", str(len(frame.data))))


def _said(value: Any) -> str:
    if isinstance(value, list | tuple):
        return " ← ".join(map(str, value))
    return str(value)

"""Why a frame changed nothing is one line for each check that stopped it, however many hosts it was stopped at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any


def silences(reasons: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The lines of a frame's `why`: the first host that a check stopped it at with all that decided there, the others
    by name.
    """
    by_check: dict[tuple[Any, ...], list[Mapping[str, Any]]] = {}
    for one in reasons:
        silent = one.get("silent") or {}
        by_check.setdefault((one["check"], one.get("answered"), silent.get("check")), []).append(one)
    for first, *others in by_check.values():
        also = f" (likewise at {', '.join(_place(one, others) for one in others)})" if others else ""
        answered = ", but it is answered" if first.get("answered") else ""
        yield f"why nothing: {_place(first, others)}: {_told(first, answered)}{also}"
        if silent := first.get("silent"):
            yield f"why no answer: {_place(first, others)}: {_told(silent)}{also}"


def _place(reason: Mapping[str, Any], others: Iterable[Mapping[str, Any]]) -> str:
    """The host, with its interface where it is in the list with more than one."""
    several = any(one["host"] == reason["host"] and one["ifname"] != reason["ifname"] for one in others)
    return f"{reason['host']} {reason['ifname']}" if several else str(reason["host"])


def _told(reason: Mapping[str, Any], more: str = "") -> str:
    """What was found, by which function, what the values that decided are made of, and what would let it pass."""
    made_of = [
        (f"{name}: " if len(reason["values"]) > 1 else "")
        + " ".join(f"{source}={one}" for source, one in value.items() if source != "value")
        for name, value in reason["values"].items()
        if len(value) > 2
    ]
    inside = "; ".join([*([reason["function"]] if reason["function"] else []), *made_of])
    remedy = f"; {reason['remedy']} it would pass" if reason["remedy"] else ""
    return f"{reason['text']}{f' ({inside})' if inside else ''}{more}{remedy}"

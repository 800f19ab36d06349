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
    for group in by_check.values():
        first, *others = (_place(one, group) for one in group)
        also = f" (likewise at {', '.join(others)})" if others else ""
        answered = ", but it is answered" if group[0].get("answered") else ""
        yield f"why nothing: {first}: {_told(group[0], answered)}{also}"
        if silent := group[0].get("silent"):
            yield f"why no answer: {first}: {_told(silent)}{also}"


def _place(reason: Mapping[str, Any], group: Iterable[Mapping[str, Any]]) -> str:
    """The host, with its interface where the group has more than one of it."""
    several = sum(one["host"] == reason["host"] for one in group) > 1
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
    remedy = f"; {reason['remedy']} it would pass this check" if reason["remedy"] else ""
    return f"{reason['text']}{f' ({inside})' if inside else ''}{more}{remedy}"

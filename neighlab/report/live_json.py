"""A program that watches a lab reads one JSON object a line, each whole in itself; docs/json.md is the contract."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from neighlab.model.frame_words import describe
from neighlab.model.frames import parse
from neighlab.model.live import EntryNow, FrameNow, LabNow, LossNow, NewsNow, TableNow
from neighlab.model.neigh import Neigh
from neighlab.report.json import as_json

WATCH_SCHEMA: Final = "neighlab.watch/1"


def snapshot(now: LabNow) -> dict[str, Any]:
    """The lab as it is: the first line, and the document of `--once`."""
    return {
        "schema": WATCH_SCHEMA, "type": "snapshot", "t_ms": _ms(now.t_ms), "epoch_s": round(now.epoch_s, 6),
        "lab": now.lab, "title": now.title, "families": now.families, "hosts": list(now.hosts), "hears": now.hears,
        "tables": [_table(one) for one in now.tables], "entries": [_entry(one) for one in now.entries],
    }  # fmt: skip


def news(one: NewsNow | FrameNow | LossNow) -> dict[str, Any]:
    """Something that has happened."""
    if isinstance(one, LossNow):
        return {"type": "lost", "t_ms": _ms(one.t_ms), "what": one.what, "number": one.number}
    where = {"t_ms": _ms(one.t_ms), "host": one.host, "ifname": one.ifname}
    if isinstance(one, FrameNow):
        kind = parse(one.frame).kind
        return {"type": "frame", **where, "kind": kind, "text": describe(one.frame), "frame": one.frame.hex()}
    gone = {"state": "ABSENT", "lladdr": None} if one.event in ("DELNEIGH", "MISSED") else {}
    announced = one.event not in ("FOUND", "MISSED")
    return {"type": "neigh", **where, "event": one.event, "announced": announced, **_neigh(one.neigh), **gone}


def tables(now: LabNow, before: Sequence[TableNow]) -> list[dict[str, Any]]:
    """Those of the kernel's tables that are not as they were before."""
    return [{"type": "table", "t_ms": _ms(now.t_ms), **_table(one)} for one in now.tables if one not in before]


def end(t_ms: float) -> dict[str, Any]:
    """The lab has ended: the last line."""
    return {"type": "end", "t_ms": _ms(t_ms)}


def line(record: dict[str, Any]) -> str:
    """One record as it is written."""
    return json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n"


def _entry(one: EntryNow) -> dict[str, Any]:
    timer = None
    if one.timer is not None:
        most = one.timer.at_most_ms
        timer = {
            "leads_to": as_json(one.timer.leads_to), "probe": one.timer.probe, "due_ms": _ms(one.timer.due_ms),
            "at_most_ms": None if most is None else _ms(most),
        }  # fmt: skip
    return {"host": one.host, "ifname": one.ifname, **_neigh(one.neigh), "timer": timer}


def _neigh(neigh: Neigh) -> dict[str, Any]:
    plain: dict[str, Any] = as_json(neigh)
    return {key: plain[key] for key in plain if key not in ("family", "type", "protocol")}


def _table(table: TableNow) -> dict[str, Any]:
    return table._asdict()


def _ms(value: float) -> float:
    return round(value, 3)

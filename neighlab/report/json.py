"""The JSON report keeps everything that a run knows; docs/json.md is its contract."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping, Set
from enum import Enum
from typing import Any, Final

from neighlab.model.nud import NTF, NUD, Absent, flag_names, state_name
from neighlab.model.result import CaseResult, RunResult
from neighlab.model.timeline import Entry

RUN_SCHEMA: Final = "neighlab.run/1"


def json_report(run: RunResult) -> str:
    """One document of the schema neighlab.run/1, in ASCII."""
    document = {
        "schema": RUN_SCHEMA,
        "kernel": run.kernel,
        "mode": run.mode,
        "time_scale": run.time_scale,
        "duration_ms": _ms(run.duration_ms),
        "interrupted": run.interrupted,
        "totals": run.totals(),
        "cases": [_case(case, run.kernel) for case in run.cases],
    }
    return json_text(document)


def json_text(document: Mapping[str, Any]) -> str:
    """A document of any other schema as it is printed."""
    return json.dumps(as_json(document), indent=2, allow_nan=False) + "\n"


def as_json(value: Any) -> Any:
    """The value in what JSON has: states and flags by name, bytes in hex, records as objects, anything else as text."""
    match value:
        case None | bool() | str():
            return value
        case NUD() | Absent():
            return state_name(value)
        case NTF():
            return flag_names(value)
        case Enum():
            return value.name
        case int():
            return int(value)
        case float():
            return value if math.isfinite(value) else None
        case bytes() | bytearray() | memoryview():
            return bytes(value).hex()
        case Mapping():
            return {key if isinstance(key, str) else str(as_json(key)): as_json(one) for key, one in value.items()}
        case tuple() if hasattr(value, "_asdict"):
            return as_json(value._asdict())
        case list() | tuple():
            return [as_json(one) for one in value]
        case Set():
            return sorted((as_json(one) for one in value), key=str)
        case _:
            return str(value)


def _case(case: CaseResult, kernel: str) -> dict[str, Any]:
    expectations = [dataclasses.asdict(one) for one in case.expectations]
    for one in expectations:
        one["t_ms"], one["took_ms"] = _ms(one["t_ms"]), _ms(one["took_ms"])
    return {
        "scenario": case.scenario,
        "case": case.case,
        "claim": case.claim,
        "kernel": case.kernel or kernel,
        "repetition": case.repetition,
        "outcome": case.outcome,
        "reason": case.reason,
        "epoch_s": round(case.epoch_s, 6),
        "duration_ms": _ms(case.duration_ms),
        "where": case.where,
        "details": case.details,
        "knobs": case.knobs,
        "expectations": expectations,
        "timeline": [_entry(entry) for entry in case.timeline],
    }


def _entry(entry: Entry) -> dict[str, Any]:
    """The entry with its fields beside its own five keys, which no field can replace."""
    own = {
        "t_ms": _ms(entry.t_ms),
        "host": entry.host,
        "source": entry.source,
        "kind": entry.kind,
        "text": entry.text,
    }
    return own | {key: value for key, value in as_json(entry.fields).items() if key not in own}


def _ms(value: float) -> float:
    """Milliseconds to the microsecond: what is beyond is the noise of the measurement."""
    return round(value, 3)

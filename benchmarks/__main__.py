"""The table can be read by people and by programs, and says of every row that is missing what to install."""

from __future__ import annotations

import argparse
import json
import sys
from importlib import import_module
from typing import Any

from benchmarks.outcome import NotMeasured, Outcome
from neighlab.errors import NeighlabError

ROWS = (
    "case", "bridge", "entries", "flooding", "listing", "suite", "events", "capture", "evidence", "explain", "report",
)  # fmt: skip


def main() -> None:
    """Measure the wanted rows, print each as soon as it is there."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=ROWS, action="append", metavar="NAME", help=f"one of {', '.join(ROWS)}")
    parser.add_argument("--runs", type=int, default=5, metavar="N", help="rounds of each comparison (default 5)")
    parser.add_argument("--format", choices=("text", "json"), default="text")
    chosen = parser.parse_args()
    if chosen.runs < 1:
        parser.error("--runs: at least 1")
    plain: list[dict[str, Any]] = []
    for name in chosen.only or ROWS:
        for row in _measure(name, chosen.runs):
            plain.append({"name": name, **row})
            if chosen.format == "text":
                print(_text(plain[-1]), flush=True)
    if chosen.format == "json":
        json.dump({"schema": "neighlab.benchmarks/1", "rows": plain}, sys.stdout, indent=2)
        print()


def _measure(name: str, runs: int) -> list[dict[str, Any]]:
    sys.stdout.flush()
    try:
        found = import_module(f"benchmarks.{name}").measure(runs)
    except (NotMeasured, NeighlabError) as problem:
        return [{"not_measured": str(problem)}]
    outcomes: list[Outcome] = found if isinstance(found, list) else [found]
    return [{**vars(one), "met": one.met} for one in outcomes]


def _text(row: dict[str, Any]) -> str:
    if "not_measured" in row:
        return f"{row['name']:<9} not measured: {row['not_measured']}"
    unit = row["unit"] if row["unit"] == "x" else f" {row['unit']}".rstrip()
    figure = f"{_number(row['figure'])}{unit}"
    wanted = f"wanted {row['relation']} {_number(row['wanted'])}"
    verdict = "met" if row["met"] else "NOT MET"
    details = [f"{side} {_duration(taken)}" for side, taken in row["seconds"].items()]
    details += [row["note"]] if row["note"] else []
    return f"{row['name']:<9} {figure:>10}  {wanted:<15} {verdict:<8} {row['what']}\n{'':11}{', '.join(details)}"


def _number(value: float) -> str:
    return f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _duration(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.1f} ms"


if __name__ == "__main__":
    main()
